#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "report/golden.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;
constexpr std::int64_t kUs = 1'000;

// Two inferences of the board's four layers, 12 ms apart, and six readings from 1 ms before on.
Recording two_inferences() {
  Recording r;
  r.manifest.created = "2024-05-01T12:00:00.000Z";
  r.iterations.layers = {"conv1 + relu", "pool", "fc", "softmax"};
  for (const std::int64_t at : {0, 12'000}) {
    r.iterations.start_ns.push_back(kStart + at * kUs);
    r.iterations.end_ns.push_back(kStart + (at + 10'500) * kUs);
    for (const double ms : {2.0, 0.5, 6.0, 0.25}) r.iterations.layer_ms.push_back(ms);
  }
  r.iterations.layer_ms[5] = std::numeric_limits<double>::quiet_NaN();
  r.power.rails = {{"VDD_GPU_SOC", true}, {"VDD_CPU_CV", true}};
  for (int i = 0; i < 6; ++i) {
    r.power.time_ns.push_back(kStart + (i * 5'000 - 1'000) * kUs);
    r.power.rail_mw.push_back(7000.0 + 100 * i);
    r.power.rail_mw.push_back(2000.0);
  }
  r.power.signals = {{"GR3D_FREQ clock", "MHz", {kStart}, {918}}};
  return r;
}

std::vector<json> of_kind(const json& trace, const std::string& kind) {
  std::vector<json> found;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] == kind) found.push_back(event);
  }
  return found;
}

TEST(TraceReport, Golden) {
  expect_golden("board.trace.json", written("trace", sample::board(), {}, two_inferences()));
}

TEST(TraceReport, LayersFollowEachOtherFromTheStart) {
  const json trace = json::parse(written("trace", sample::board(), {}, two_inferences()));
  std::vector<json> layers;
  for (const json& slice : of_kind(trace, "X")) {
    if (slice["tid"] == 2) layers.push_back(slice);
  }
  ASSERT_EQ(layers.size(), 7u) << "one was not reported in the second inference";
  EXPECT_DOUBLE_EQ(layers[0]["ts"], 1000.0) << "µs since the first reading";
  EXPECT_DOUBLE_EQ(layers[1]["ts"], 3000.0);
  EXPECT_DOUBLE_EQ(layers[2]["ts"], 3500.0);
  EXPECT_DOUBLE_EQ(layers[2]["dur"], 6000.0);
  EXPECT_EQ(layers[2]["name"], "fc");
  EXPECT_DOUBLE_EQ(layers[2]["args"]["mean_energy_mj"], 72.0);
  EXPECT_FALSE(layers[3]["args"].contains("mean_energy_mj")) << "missing is not zero";
  EXPECT_EQ(layers[3]["args"]["reason"], "no_samples");
}

TEST(TraceReport, PowerAndClocksAreCounters) {
  const json trace = json::parse(written("trace", sample::board(), {}, two_inferences()));
  std::map<std::string, std::vector<json>> counters;
  for (const json& point : of_kind(trace, "C")) counters[point["name"]].push_back(point);
  ASSERT_EQ(counters.size(), 4u);
  EXPECT_DOUBLE_EQ(counters["power: total"][1]["args"]["W"], 9.1);
  EXPECT_DOUBLE_EQ(counters["power: total"][1]["ts"], 5000.0);
  EXPECT_DOUBLE_EQ(counters["GR3D_FREQ clock"][0]["args"]["MHz"], 918.0);
}

// Overlapping slices on a track are refused by the viewers, or drawn wrong.
TEST(TraceReport, LayersThatExceedTheInferenceAreCut) {
  Recording recording = two_inferences();
  for (double& ms : recording.iterations.layer_ms) ms = 5.0;
  const json trace = json::parse(written("trace", sample::board(), {}, recording));
  double before = 0.0;
  for (const json& slice : of_kind(trace, "X")) {
    if (slice["tid"] != 2) continue;
    EXPECT_GE(slice["ts"].get<double>(), before - 1e-6);
    EXPECT_GE(slice["dur"].get<double>(), 0.0);
    before = slice["ts"].get<double>() + slice["dur"].get<double>();
  }
  EXPECT_LE(before, 23'500.0) << "the end of the second inference";
}

TEST(TraceReport, SaysThatNothingWasMeasured) {
  const json trace = json::parse(written("trace", sample::simulated(), {}, two_inferences()));
  EXPECT_EQ(trace["otherData"]["measured"], false);
  EXPECT_THAT(trace["otherData"]["power"].get<std::string>(), HasSubstr("NOT MEASURED"));
  EXPECT_THAT(of_kind(trace, "M").at(1)["args"]["labels"].get<std::string>(),
              HasSubstr("NOT MEASURED"));
}

TEST(TraceReport, ALongRunIsSampledAndSaysSo) {
  Recording recording;
  recording.iterations.layers.assign(60, std::string(120, 'x'));
  for (std::int64_t i = 0; i < 25'000; ++i) {
    recording.iterations.start_ns.push_back(kStart + i * 1'000 * kUs);
    recording.iterations.end_ns.push_back(recording.iterations.start_ns.back() + 900 * kUs);
    recording.iterations.layer_ms.insert(recording.iterations.layer_ms.end(), 60, 0.01);
  }
  recording.power.rails = {{"a", true}, {"b", true}, {"c", true}};
  for (std::int64_t i = 0; i < 200'000; ++i) {
    recording.power.time_ns.push_back(kStart + i * 100 * kUs);
    for (int rail = 0; rail < 3; ++rail) {
      recording.power.rail_mw.push_back(static_cast<double>(i * 7919 % 5000));
    }
  }
  const std::string text = written("trace", sample::board(), {}, recording);
  EXPECT_LT(text.size(), 40'000'000u);
  const json trace = json::parse(text);
  EXPECT_THAT(trace["otherData"]["sampling"].get<std::string>(), HasSubstr("inferences one in 2"));
  std::size_t layers = 0;
  for (const json& slice : of_kind(trace, "X")) layers += slice["tid"] == 2 ? 1 : 0;
  EXPECT_EQ(layers % 60, 0u) << "an inference has all its layers or none";
  EXPECT_GT(layers, 1000u);
}

TEST(TraceReport, NamesAreTextAndNothingIsNothing) {
  for (const Result& result : {sample::nasty_names(), sample::nothing()}) {
    Recording recording = two_inferences();
    for (std::size_t i = 0; i < 4 && i < result.layers.size(); ++i) {
      recording.iterations.layers[i] = result.layers[i].name;
    }
    EXPECT_TRUE(json::accept(written("trace", result, {}, recording)));
  }
  EXPECT_TRUE(json::accept(written("trace", sample::nothing())));
}

TEST(TraceReport, AFullDiskIsAnError) { expect_io_error_on_full_disk("trace"); }

}  // namespace
}  // namespace layerwatt
