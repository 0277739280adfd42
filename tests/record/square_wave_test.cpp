#include "record/square_wave.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_sensor.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/ticking_clock.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

struct Bench {
  fakes::ScratchDirectory scratch;
  std::filesystem::path directory = scratch / "recording";
  fakes::TickingClock clock{kStart};
  bool busy = false;
  fakes::FakeSensor sensor{
      clock, [this](std::size_t) { return std::vector<double>{busy ? 9000.0 : 3000.0}; }};
  SquareLoad load;
  SquareWaveOptions options;

  Bench() {
    load.layers = {{"busy", {}, {}}};
    load.burst = [this](std::int64_t duration_ns, const auto& ran) {
      Inference inference;
      inference.start_ns = clock.now_ns();
      busy = true;
      clock.sleep_until_ns(inference.start_ns + duration_ns);
      busy = false;
      inference.end_ns = clock.now_ns();
      inference.layer_ms = {static_cast<double>(inference.end_ns - inference.start_ns) / 1e6};
      ran(inference);
    };
    options.seconds = 20.0;
  }
  RunOutcome run() { return record_square_wave(clock, load, sensor, directory, options); }
};

TEST(SquareWave, RecordsBurstsWithIdleTimeAroundThem) {
  Bench bench;
  const RunOutcome outcome = bench.run();
  EXPECT_FALSE(outcome.failure);
  EXPECT_FALSE(outcome.interrupted);
  const Recording recording = load_recording(bench.directory);
  EXPECT_EQ(recording.iterations.size(), outcome.iterations);
  EXPECT_GT(outcome.iterations, 50u);
  EXPECT_EQ(recording.manifest.stopped, "done");
  EXPECT_LE(recording.power.time_ns.front() + 400'000'000, recording.iterations.start_ns.front());
  EXPECT_GT(recording.power.time_ns.back(), recording.iterations.end_ns.back());
  double on_ms = 0.0;
  for (const double ms : recording.iterations.layer_ms) on_ms += ms;
  EXPECT_GT(on_ms, 4'000.0);
  EXPECT_LT(on_ms, 16'000.0);
}

TEST(SquareWave, DwellsSpreadFromTheShortestToThreeHundredTimesThat) {
  std::mt19937_64 random(3);
  std::size_t brief = 0;
  double least = 1e9;
  double most = 0.0;
  for (int i = 0; i < 10'000; ++i) {
    const double ms = draw_dwell_ms(random, 5.0);
    least = std::min(least, ms);
    most = std::max(most, ms);
    if (ms < 100.0) ++brief;
  }
  EXPECT_NEAR(least, 5.0, 0.05);
  EXPECT_NEAR(most, 1500.0, 15.0);
  EXPECT_NEAR(static_cast<double>(brief), 8000.0, 150.0);
}

TEST(SquareWave, TheSameSeedSwitchesAtTheSameTimes) {
  Bench one;
  one.run();
  Bench two;
  two.run();
  EXPECT_EQ(load_recording(one.directory).iterations.start_ns,
            load_recording(two.directory).iterations.start_ns);
  Bench other;
  other.options.seed = 2;
  other.run();
  EXPECT_NE(load_recording(one.directory).iterations.start_ns,
            load_recording(other.directory).iterations.start_ns);
}

TEST(SquareWave, StopEndsItWithWhatThereIs) {
  Bench bench;
  std::atomic<bool> stop{false};
  bench.options.stop = &stop;
  bench.options.on_progress = [&](double elapsed_s) { stop = elapsed_s > 2.0; };
  const RunOutcome outcome = bench.run();
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(load_recording(bench.directory).manifest.stopped, "interrupted");
  EXPECT_LT(bench.clock.now_ns() - kStart, 8'000'000'000);
}

TEST(SquareWave, ALoadThatFailsIsToldAndTheSensorStopped) {
  Bench bench;
  const auto burst = bench.load.burst;
  int count = 0;
  bench.load.burst = [&](std::int64_t duration_ns, const auto& ran) {
    if (++count == 5) throw Error(ErrorKind::engine, "the GPU fell off the bus");
    burst(duration_ns, ran);
  };
  const RunOutcome outcome = bench.run();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->problem(), "the GPU fell off the bus");
  EXPECT_EQ(outcome.iterations, 4u);
  EXPECT_EQ(bench.sensor.stops, 1u);
}

}  // namespace
}  // namespace layerwatt
