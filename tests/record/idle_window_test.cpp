#include "record/idle_window.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_engine.hpp"
#include "fakes/fake_sensor.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/ticking_clock.hpp"
#include "record/recorder.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

TEST(IdleWindow, WaitsForAKnownSensorAndLongerForAnUnknownOne) {
  SensorModel model;
  EXPECT_DOUBLE_EQ(idle_settle_ms(model, 5.0), 1500.0);
  model.latency_ms = 10.0;
  model.window_ms = 20.0;
  model.time_constant_ms = 500.0;
  EXPECT_DOUBLE_EQ(idle_settle_ms(model, 5.0), 10.0 + 20.0 + 3500.0 + 10.0);
}

struct Bench {
  fakes::ScratchDirectory scratch;
  std::filesystem::path directory = scratch / "recording";
  fakes::TickingClock clock{kStart};
  fakes::FakeEngine engine{clock, {2.0, 1.0}, 0.5};
  bool busy = false;
  fakes::FakeSensor sensor{clock, [](std::size_t) { return std::vector<double>{5000.0}; }};
  RunOptions options;
  RunOutcome run() { return record_run(clock, engine, &sensor, directory, options); }
};

TEST(IdleWindow, StandsBeforeAndAfterTheInferences) {
  Bench bench;
  bench.options.iterations = 40;
  bench.options.idle_baseline = true;
  EXPECT_FALSE(bench.run().failure);
  const Recording recording = load_recording(bench.directory);
  ASSERT_EQ(recording.idle.size(), 2u);
  const auto& iterations = recording.iterations;
  EXPECT_LE(recording.idle[0].end_ns, iterations.start_ns.front());
  EXPECT_LT(iterations.start_ns.front() - recording.idle[0].end_ns, 1'000'000)
      << "what ran unrecorded in between would pass for idle power";
  EXPECT_GE(recording.idle[1].start_ns, iterations.end_ns.back());
  for (const IdleWindow& window : recording.idle) {
    EXPECT_EQ(window.end_ns - window.settled_ns, 3'000'000'000);
    EXPECT_GT(window.settled_ns, window.start_ns);
  }
  EXPECT_GE(recording.power.time_ns.back(), recording.idle[1].end_ns - 10'000'000);
  EXPECT_EQ(bench.engine.inferences, 50u) << "10 to warm up, and none while the sensor starts";
}

TEST(IdleWindow, WithoutASensorThereIsNone) {
  Bench bench;
  bench.options.iterations = 4;
  bench.options.idle_baseline = true;
  record_run(bench.clock, bench.engine, nullptr, bench.directory, bench.options);
  EXPECT_TRUE(load_recording(bench.directory).idle.empty());
  EXPECT_LT(bench.clock.now_ns() - kStart, 1'000'000'000);
}

TEST(IdleWindow, AStopInTheMeasurementLeavesOutTheSecondOne) {
  Bench bench;
  std::atomic<bool> stop{false};
  bench.options.stop = &stop;
  bench.options.iterations = 1000;
  bench.options.idle_baseline = true;
  bench.engine.before_infer = [&](std::size_t done) { stop = done == 60; };
  EXPECT_TRUE(bench.run().interrupted);
  EXPECT_EQ(load_recording(bench.directory).idle.size(), 1u);
}

}  // namespace
}  // namespace layerwatt
