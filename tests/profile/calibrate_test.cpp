#include "layerwatt/calibrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/profile.hpp"
#include "profile/calibration_store.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

// A board of two layers, and the sensor that the test says.
std::string model(const std::string& sensor) {
  return R"({"format": "layerwatt-sim", "version": 1, "name": "board", "seed": 5,
 "rails": [{"name": "VDD_IN", "idle_mw": 4000, "step_mw": 40}],
 "engine": {"layers": [
   {"name": "conv", "time_ms": 3.0, "jitter": 0.02, "power_mw": 14000},
   {"name": "pool", "time_ms": 2.0, "jitter": 0.02, "power_mw": 9000}]},
 "sensor": {"declare": "none", "noise_mw": 30, "scope": "board", )" +
         sensor + "}}";
}

struct Truth {
  double window_ms = 0.0;
  double latency_ms = 0.0;
  double time_constant_ms = 0.0;
};

struct Bench {
  fakes::ScratchDirectory scratch;
  CalibrateOptions options;
  explicit Bench(const std::string& sensor) {
    options.model = scratch.write("board.sim.json", model(sensor));
    options.sensor_options.interval_ms = 1.0;
  }
  StoredCalibration run() { return calibrate(Host{}, options); }
};

void expect_holds(const CalibratedFigure& figure, double truth, const char* what) {
  ASSERT_TRUE(figure.ci95_ms) << what << ": " << figure.reason;
  ASSERT_TRUE(figure.value_ms) << what << ": " << figure.reason;
  EXPECT_LE(figure.ci95_ms->lo, truth) << what;
  EXPECT_GE(figure.ci95_ms->hi, truth) << what;
}

StoredCalibration expect_truth(const std::string& sensor, const Truth& truth) {
  StoredCalibration found = Bench(sensor).run();
  expect_holds(found.figures.window, truth.window_ms, "window");
  expect_holds(found.figures.latency, truth.latency_ms, "latency");
  expect_holds(found.figures.time_constant, truth.time_constant_ms, "time constant");
  return found;
}

TEST(Calibrate, AShortWindowAndALatency) {
  const StoredCalibration found =
      expect_truth(R"("window_ms": 1.1, "latency_ms": 7.3)", {1.1, 7.3, 0.0});
  EXPECT_NEAR(*found.figures.window.value_ms, 1.1, 0.05);
  EXPECT_NEAR(*found.figures.latency.value_ms, 7.3, 0.05);
  EXPECT_EQ(found.kind, "simulated");
  EXPECT_EQ(found.identity, "board");
  EXPECT_EQ(found.rails, std::vector<std::string>{"VDD_IN"});
}

TEST(Calibrate, AWindowAndALowPass) {
  const StoredCalibration found = expect_truth(
      R"("window_ms": 4.4, "time_constant_ms": 5.0, "latency_ms": 3.0)", {4.4, 3.0, 5.0});
  EXPECT_NEAR(*found.figures.time_constant.value_ms, 5.0, 0.1);
}

TEST(Calibrate, ASlowWindow) {
  const StoredCalibration found =
      expect_truth(R"("window_ms": 100.0, "latency_ms": 20.0)", {100.0, 20.0, 0.0});
  EXPECT_NEAR(*found.figures.window.value_ms, 100.0, 1.0);
}

TEST(Calibrate, ALowPassOfHalfASecond) {
  const StoredCalibration found = Bench(R"("time_constant_ms": 500.0, "period_ms": 20.0)").run();
  expect_holds(found.figures.time_constant, 500.0, "time constant");
  EXPECT_NEAR(*found.figures.time_constant.value_ms, 500.0, 5.0);
  EXPECT_NEAR(*found.figures.period.value_ms, 20.0, 0.1) << "slower than was asked: its own pace";
}

TEST(Calibrate, ConversionsOnAGrid) {
  const StoredCalibration found = expect_truth(
      R"("window_ms": 1.1, "latency_ms": 2.0, "grid": {"period_ms": 6.6})", {1.1, 2.0, 0.0});
  expect_holds(found.figures.grid, 6.6, "grid");
  EXPECT_NEAR(*found.figures.grid.value_ms, 6.6, 1e-3);
}

TEST(Calibrate, AProfileUsesTheFiguresAndSaysSo) {
  Bench bench(R"("window_ms": 1.1, "latency_ms": 7.3)");
  const auto file = bench.scratch / "calibration.json";
  const StoredCalibration stored = bench.run();
  store_calibration(file, stored);
  ProfileOptions options;
  options.engine_options.model = bench.options.model;
  options.iterations = 300;
  options.sensor_options.interval_ms = 5.0;
  options.sensor_options.calibration = file;
  const Profile used = profile(Host{}, options);
  EXPECT_EQ(used.recording.manifest.sensor.model.latency_ms, stored.figures.latency.value_ms);
  EXPECT_EQ(used.result.sensor.calibrated, stored.date.substr(0, 10));
  EXPECT_THAT(used.result.sensor.notes, HasSubstr("Calibrated on " + stored.date.substr(0, 10)));

  options.sensor_options.response.latency_ms = 6.0;
  EXPECT_EQ(profile(Host{}, options).recording.manifest.sensor.model.latency_ms, 6.0);

  options.sensor_options.response = {};
  options.sensor_options.calibration = "none";
  EXPECT_FALSE(profile(Host{}, options).recording.manifest.sensor.model.latency_ms);
}

TEST(Calibrate, KeepsTheRecordingWhereAskedTo) {
  Bench bench(R"("window_ms": 1.1)");
  bench.options.save = bench.scratch / "kept";
  bench.options.max_time_s = 3.0;
  bench.run();
  EXPECT_GT(load_recording(bench.scratch / "kept").iterations.size(), 10u);
}

TEST(Calibrate, APlanRunsNothing) {
  Bench bench(R"("window_ms": 1.1)");
  bench.options.save = bench.scratch / "kept";
  const CalibrationPlan plan = plan_calibration(Host{}, bench.options);
  EXPECT_EQ(plan.load, "the simulated network");
  EXPECT_EQ(plan.sensor.kind, "simulated");
  EXPECT_EQ(plan.seconds, 30.0);
  EXPECT_FALSE(std::filesystem::exists(bench.scratch / "kept"));
}

TEST(Calibrate, RefusesWhatCannotBe) {
  Bench bench(R"("window_ms": 1.1)");
  bench.options.sensor = "none";
  EXPECT_THROW(bench.run(), Error);
  bench.options.sensor = "auto";
  bench.options.load = CalibrationLoad::cpu;
  EXPECT_THROW(bench.run(), Error) << "the simulated board does not see this machine's CPUs";
  bench.options.load = CalibrationLoad::automatic;
  bench.options.model = bench.scratch.write("net.onnx", "x");
  EXPECT_THROW(bench.run(), Error);
}

TEST(Calibrate, InterruptedItTellsNothing) {
  Bench bench(R"("window_ms": 1.1)");
  const std::atomic<bool> stop{true};
  bench.options.stop = &stop;
  try {
    bench.run();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
}

}  // namespace
}  // namespace layerwatt
