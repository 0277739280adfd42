#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "fakes/scratch_directory.hpp"

namespace layerwatt::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kModel = std::string(LAYERWATT_SOURCE) + "/examples/sim/ideal.sim.json";

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string log = (scratch / "log").string();

  Outcome sweep(std::vector<std::string> more) const {
    std::vector<std::string> words{"sweep",
                                   kModel,
                                   "--iterations",
                                   "40",
                                   "--settle",
                                   "0",
                                   "--setting",
                                   "fan",
                                   "10,90",
                                   "echo set {} >> " + log,
                                   "echo back >> " + log};
    words.insert(words.end(), more.begin(), more.end());
    return run_layerwatt(words);
  }
};

TEST(SweepCommand, SetsMeasuresAndPutsBack) {
  const Bench bench;
  const std::string folder = (bench.scratch / "out").string();
  const Outcome outcome = bench.sweep({"--yes", "--json", "-", "-o", folder});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(bench.scratch.read("log"), "set 10\nset 90\nback\n");
  const json root = json::parse(outcome.out);
  EXPECT_EQ(root["schema"], "layerwatt.sweep/1");
  ASSERT_EQ(root["points"].size(), 2u);
  EXPECT_EQ(root["points"][1]["settings"]["fan"], "90");
  EXPECT_GT(root["points"][0]["energy_per_item_mj"]["mean"].get<double>(), 0.0);
  EXPECT_EQ(json::parse(bench.scratch.read("out/01-fan-10.json"))["schema"], "layerwatt.result/1");
  EXPECT_EQ(root["measured"], false);
}

TEST(SweepCommand, ShowsItsCommandsAndAsks) {
  const Bench bench;
  const Outcome outcome = bench.sweep({});
  EXPECT_EQ(outcome.code, 2) << "nobody is there to agree";
  EXPECT_THAT(outcome.err, HasSubstr("echo set '10' >> "));
  EXPECT_THAT(outcome.err, HasSubstr("echo back >> "));
  EXPECT_EQ(bench.scratch.read("log"), "");
}

TEST(SweepCommand, ADryRunChangesNothing) {
  const Bench bench;
  const Outcome outcome = bench.sweep({"--dry-run"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("echo set '90' >> "));
  EXPECT_EQ(bench.scratch.read("log"), "");
}

TEST(SweepCommand, AStepThatFailsLeavesTheOthers) {
  const Bench bench;
  const Outcome outcome = run_layerwatt({"sweep", kModel, "--iterations", "40", "--settle", "0",
                                         "--yes", "--setting", "mode", "good,bad", "test {} = good",
                                         "echo back >> " + bench.log, "--json", "-"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json root = json::parse(outcome.out);
  ASSERT_EQ(root["points"].size(), 2u);
  EXPECT_TRUE(root["points"][0]["failure"].is_null());
  EXPECT_THAT(root["points"][1]["failure"].get<std::string>(), HasSubstr("could not be made"));
  EXPECT_TRUE(root["points"][1]["latency_ms"].is_null());
  EXPECT_EQ(bench.scratch.read("log"), "back\n");
}

TEST(SweepCommand, WhatCannotBeRestoredIsNotChanged) {
  const Outcome outcome = run_layerwatt({"sweep", kModel, "--nvpmodel", "0,2", "--yes"});
  EXPECT_EQ(outcome.code, 1) << "no nvpmodel here";
  EXPECT_THAT(outcome.err, HasSubstr("cannot tell what holds now"));
}

TEST(SweepCommand, SeveralModelsNeedNoAgreement) {
  const Bench bench;
  const std::string page = (bench.scratch / "sweep.html").string();
  const Outcome outcome = run_layerwatt(
      {"sweep", kModel, std::string(LAYERWATT_SOURCE) + "/examples/sim/ideal.sim.json",
       "--iterations", "40", "--html", page});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("front"));
  EXPECT_THAT(bench.scratch.read("sweep.html"), HasSubstr("<!doctype html>"));
}

TEST(SweepCommand, BadInputExitsWithTwo) {
  EXPECT_EQ(run_layerwatt({"sweep", kModel}).code, 2) << "nothing to sweep over";
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--batch", "1,2"}).code, 2) << "no {batch}";
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--batch", "1,x", "--shape", "i:{batch}x3"}).code, 2);
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--threads", "0"}).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
