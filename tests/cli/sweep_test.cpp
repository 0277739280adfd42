#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

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
  std::string state = (scratch / "state").string();

  // With a state folder of its own: the user's may hold a sweep that waits to be restored.
  Outcome run(const std::vector<std::string>& words) const {
    Host host;
    host.sys = SysRoot("/", [state = state](const std::string& name) -> std::optional<std::string> {
      if (name == "XDG_STATE_HOME") return state;
      const char* value = std::getenv(name.c_str());
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    });
    return run_layerwatt(words, std::move(host));
  }

  // As a sweep leaves it whose machine lost power.
  void leave_unfinished(const std::string& command) const {
    const nlohmann::json journal{{"format", "layerwatt-restore"},
                                 {"started", "2026-11-23T18:00:00Z"},
                                 {"process", 1},
                                 {"start", "0"},
                                 {"boot", "another"},
                                 {"commands", {command}}};
    std::filesystem::create_directories(state + "/layerwatt");
    scratch.write("state/layerwatt/restore-1.json", journal.dump());
  }

  bool nothing_left() const {
    return !std::filesystem::exists(state + "/layerwatt") ||
           std::filesystem::is_empty(state + "/layerwatt");
  }

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
    return run(words);
  }
};

TEST(SweepCommand, SetsMeasuresAndPutsBack) {
  const Bench bench;
  const std::string folder = (bench.scratch / "out").string();
  const Outcome outcome = bench.sweep({"--yes", "--json", "-", "-o", folder});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(bench.scratch.read("log"), "set 10\nset 90\nback\n");
  EXPECT_TRUE(bench.nothing_left());
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

// While it runs, how to restore stands on the disk; it stays there where restoring failed.
TEST(SweepCommand, NotesHowToRestoreBeforeItChangesAnything) {
  const Bench bench;
  const std::string seen = bench.scratch.path().string() + "/seen";
  const std::vector<std::string> words{"sweep",
                                       kModel,
                                       "--iterations",
                                       "40",
                                       "--yes",
                                       "--settle",
                                       "0",
                                       "--setting",
                                       "fan",
                                       "10",
                                       "cat " + bench.state + "/layerwatt/* > " + seen,
                                       "exit 3"};
  const Outcome outcome = bench.run(words);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the machine is not as it was"));
  EXPECT_EQ(json::parse(bench.scratch.read("seen"))["commands"], json({"exit 3"}));
  EXPECT_FALSE(bench.nothing_left());
}

TEST(SweepCommand, RestoresWhatAnEarlierOneLeftBeforeItsOwn) {
  const Bench bench;
  bench.leave_unfinished("echo earlier >> " + bench.log);
  const Outcome outcome = bench.sweep({"--yes"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(bench.scratch.read("log"), "earlier\nset 10\nset 90\nback\n");
  EXPECT_THAT(outcome.err, HasSubstr("the sweep of 2026-11-23T18:00:00Z ended before"));
  EXPECT_TRUE(bench.nothing_left());
}

TEST(SweepCommand, RestoreAloneAsksAndRuns) {
  const Bench bench;
  EXPECT_THAT(bench.run({"sweep", "--restore"}).err, HasSubstr("no sweep is left"));
  bench.leave_unfinished("echo earlier >> " + bench.log);
  EXPECT_EQ(bench.run({"sweep", "--restore"}).code, 2) << "nobody is there to agree";
  EXPECT_EQ(bench.scratch.read("log"), "");
  EXPECT_EQ(bench.run({"sweep", "--restore", "--yes"}).code, 0);
  EXPECT_EQ(bench.scratch.read("log"), "earlier\n");
  EXPECT_TRUE(bench.nothing_left());
}

TEST(SweepCommand, OneThatChangesNothingOnlyTellsOfIt) {
  const Bench bench;
  bench.leave_unfinished("echo earlier >> " + bench.log);
  const Outcome outcome = bench.run({"sweep", kModel, kModel, "--iterations", "40"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("sweep --restore"));
  EXPECT_EQ(bench.scratch.read("log"), "");
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
  EXPECT_EQ(run_layerwatt({"sweep"}).code, 2) << "no model";
  EXPECT_EQ(run_layerwatt({"sweep", kModel}).code, 2) << "nothing to sweep over";
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--batch", "1,2"}).code, 2) << "no {batch}";
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--batch", "1,x", "--shape", "i:{batch}x3"}).code, 2);
  EXPECT_EQ(run_layerwatt({"sweep", kModel, "--threads", "0"}).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
