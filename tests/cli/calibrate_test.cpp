#include "layerwatt/calibrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "cli/sensor_flags.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kModel = R"({"format": "layerwatt-sim", "version": 1, "name": "board",
 "rails": [{"name": "VDD_IN", "idle_mw": 4000, "step_mw": 40}],
 "engine": {"layers": [{"name": "conv", "time_ms": 3.0, "jitter": 0.02, "power_mw": 14000}]},
 "sensor": {"declare": "none", "noise_mw": 30, "scope": "board", "window_ms": 1.1,
            "latency_ms": 7.3}})";

struct Bench {
  fakes::ScratchDirectory scratch;
  std::string spec = scratch.write("board.sim.json", kModel);
  std::string file = scratch / "calibration.json";
  Outcome run(std::vector<std::string> more) const {
    std::vector<std::string> words = {"calibrate", spec, "--output", file};
    words.insert(words.end(), more.begin(), more.end());
    return run_layerwatt(words);
  }
};

TEST(CalibrateCommand, PrintsAndStoresAndProfileUsesIt) {
  const Bench bench;
  const Outcome outcome = bench.run({"--max-time", "15"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("latency"));
  EXPECT_THAT(outcome.out, HasSubstr("every reading was new"));
  EXPECT_THAT(outcome.err, HasSubstr("stored in " + bench.file));
  const auto json = nlohmann::json::parse(bench.scratch.read("calibration.json"));
  EXPECT_EQ(json["schema"], "layerwatt.calibration/1");
  const auto& entry = json["calibrations"][0];
  EXPECT_NEAR(entry["latency_ms"]["value"].get<double>(), 7.3, 0.1);
  EXPECT_TRUE(entry["period_ms"]["value"].is_null());
  EXPECT_EQ(entry["period_ms"]["reason"], "every_reading_is_new");

  const Outcome used = run_layerwatt({"profile", bench.spec, "--iterations", "300", "--calibration",
                                      bench.file, "--json", bench.scratch / "result.json"});
  EXPECT_EQ(used.code, 0) << used.err;
  EXPECT_THAT(used.out, HasSubstr(", calibrated on 20"));
  const auto result = nlohmann::json::parse(bench.scratch.read("result.json"));
  EXPECT_EQ(result["sensor"]["calibrated"], entry["date"].get<std::string>().substr(0, 10));
}

TEST(CalibrateCommand, JsonOnStdoutIsOnlyJson) {
  const Bench bench;
  const Outcome outcome = bench.run({"--max-time", "5", "--json", "-"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["sensor"]["kind"], "simulated");
}

TEST(CalibrateCommand, ADryRunWritesNothing) {
  const Bench bench;
  const Outcome outcome = bench.run({"--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("load: the simulated network"));
  EXPECT_THAT(outcome.out, HasSubstr(bench.file));
  EXPECT_FALSE(std::filesystem::exists(bench.file));
}

TEST(CalibrateCommand, WhatCannotBeIsToldBeforeTheLoad) {
  const Bench bench;
  EXPECT_EQ(bench.run({"--max-time", "0"}).code, 2);
  EXPECT_EQ(bench.run({"--load", "oven"}).code, 2);
  EXPECT_EQ(bench.run({"--sensor", "none"}).code, 2);
  EXPECT_EQ(bench.run({"--sensor", "thermometer"}).code, 2);
  const Outcome unwritable = run_layerwatt({"calibrate", bench.spec, "-o", bench.scratch.path()});
  EXPECT_EQ(unwritable.code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("cannot be written"));
  EXPECT_THAT(unwritable.err, Not(HasSubstr("load:")));
  EXPECT_EQ(run_layerwatt({"calibrate", bench.scratch / "none.sim.json"}).code, 2);
}

TEST(CalibrateCommand, ASensorThatCannotBeUsedSaysWhy) {
  const fakes::ScratchDirectory scratch;
  const Outcome outcome = run_layerwatt(
      {"calibrate", "--sensor", "file:" + (scratch / "nothing.csv").string(), "-o", scratch / "c"});
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("nothing.csv"));
}

TEST(CalibrateCommand, ALoadThatTheSensorDoesNotSeeStoresNothing) {
  const fakes::ScratchDirectory scratch;
  std::string blind = kModel;
  blind.replace(blind.find("14000"), 5, "4000");
  const std::string spec = scratch.write("blind.sim.json", blind);
  const std::string file = scratch / "calibration.json";
  const Outcome outcome = run_layerwatt({"calibrate", spec, "-o", file, "--max-time", "5"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("do not follow the load"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ResponseFlag, ReadsNamedFigures) {
  const SensorModel model = parse_response("window=1.1,latency=7.3,time-constant=0");
  EXPECT_EQ(model.window_ms, 1.1);
  EXPECT_EQ(model.latency_ms, 7.3);
  EXPECT_EQ(model.time_constant_ms, 0.0);
  EXPECT_FALSE(model.period_ms);
  EXPECT_FALSE(model.timestamp_error_ms);
  EXPECT_EQ(parse_response("period=6.6,stamp-error=0.02").timestamp_error_ms, 0.02);
}

TEST(ResponseFlag, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"", "window", "window=", "window=-1", "window=1ms", "window=nan",
                           "width=3", "window=1,,latency=2"}) {
    EXPECT_THROW(parse_response(text), Error) << text;
  }
}

}  // namespace
}  // namespace layerwatt::cli
