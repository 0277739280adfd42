#include "sensor/polled_sensor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>

#include "layerwatt/error.hpp"
#include "sensor/fake_sink.hpp"

namespace layerwatt {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Runs `script` for the n-th reading.
class ScriptedReader final : public PowerReader {
 public:
  using Script =
      std::function<std::optional<std::int64_t>(int n, std::span<double> values, Problems&)>;
  ScriptedReader(std::size_t rails, Script script) : rails_(rails), script_(std::move(script)) {}
  SensorInfo open() override {
    SensorInfo info;
    info.kind = "scripted";
    for (std::size_t i = 0; i < rails_; ++i) info.rails.push_back({"R" + std::to_string(i), true});
    return info;
  }
  std::optional<std::int64_t> read(std::span<double> values, Problems& problems) override {
    return script_(n_++, values, problems);
  }

 private:
  std::size_t rails_;
  Script script_;
  int n_ = -5;  // open() takes five for itself
};

std::unique_ptr<PolledSensor> scripted(std::size_t rails, double interval_ms,
                                       ScriptedReader::Script script,
                                       std::shared_ptr<Clock> clock = nullptr) {
  if (!clock) clock = std::make_shared<SteadyClock>();
  auto sensor = std::make_unique<PolledSensor>(
      std::make_unique<ScriptedReader>(rails, std::move(script)), clock, interval_ms);
  sensor->open();
  return sensor;
}

TEST(NextDeadline, StaysOnTheGridAndCountsWhatWasPassedOver) {
  EXPECT_EQ(next_deadline(1000, 1001, 50).time_ns, 1050);
  EXPECT_EQ(next_deadline(1000, 1001, 50).missed, 0);
  EXPECT_EQ(next_deadline(1000, 1049, 50).missed, 0);
  // Served at 1000, done at 1170: 1050, 1100 and 1150 have passed.
  EXPECT_EQ(next_deadline(1000, 1170, 50).time_ns, 1200);
  EXPECT_EQ(next_deadline(1000, 1170, 50).missed, 3);
  EXPECT_EQ(next_deadline(1000, 900, 50).time_ns, 1050) << "a clock read before the deadline";
}

TEST(StampError, IsThatOfAUniformBracketPlusTheSourcesOwn) {
  EXPECT_DOUBLE_EQ(stamp_error_ms(std::sqrt(3.0) * 0.3, 0.0), 0.3);
  EXPECT_DOUBLE_EQ(stamp_error_ms(std::sqrt(3.0) * 0.3, 0.4), 0.5);
}

TEST(PolledSensor, GivesOneValueARailStampedInTheMiddleOfTheRead) {
  const auto clock = std::make_shared<VirtualClock>(1'000'000'000);
  // Every read takes 2 ms of virtual time.
  auto sensor = scripted(
      2, 1,
      [clock](int n, std::span<double> values, Problems&) -> std::optional<std::int64_t> {
        clock->sleep_until_ns(clock->now_ns() + 2'000'000);
        values[0] = n;
        values[1] = kNan;
        return std::nullopt;
      },
      clock);
  ASSERT_TRUE(sensor->info().model.timestamp_error_ms);
  EXPECT_NEAR(*sensor->info().model.timestamp_error_ms, 1.0 / std::sqrt(3.0), 1e-12);
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  const auto samples = sink.samples();
  EXPECT_EQ(samples[0].time_ns, 1'000'000'000 + 5 * 2'000'000 + 1'000'000);
  EXPECT_EQ(samples[1].time_ns, samples[0].time_ns + 2'000'000);
  EXPECT_EQ(samples[0].values[0], 0.0);
  EXPECT_TRUE(std::isnan(samples[0].values[1]));
}

TEST(PolledSensor, ASourcesOwnStampWins) {
  auto sensor =
      scripted(1, 0.5, [](int n, std::span<double> values, Problems&) -> std::optional<int64_t> {
        values[0] = 7;
        return 100 + n;
      });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(3));
  sensor->stop();
  EXPECT_EQ(sink.samples()[0].time_ns, 100);
  EXPECT_EQ(sink.samples()[2].time_ns, 102);
}

TEST(PolledSensor, StopsAtOnceWhateverTheInterval) {
  auto sensor = scripted(1, 3.6e6, [](int, std::span<double> values, Problems&) {
    values[0] = 1;
    return std::optional<std::int64_t>();
  });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(1));
  // A stop that waited for the next deadline would take an hour, and the test's time limit.
  sensor->stop();
  sensor->stop();
  EXPECT_EQ(sink.samples().size(), 1u);
}

TEST(PolledSensor, IsSafeToStopWithoutAStartAndToDestroyWhileRunning) {
  auto idle = scripted(1, 1, [](int, std::span<double>, Problems&) -> std::optional<int64_t> {
    return std::nullopt;
  });
  idle->stop();
  FakeSink sink;
  {
    auto running = scripted(1, 1, [](int, std::span<double> values, Problems&) {
      values[0] = 1;
      return std::optional<std::int64_t>();
    });
    running->start(sink);
    ASSERT_TRUE(sink.wait_for_samples(1));
  }
}

TEST(PolledSensor, ReadErrorsAreToldOnceAKindWithTheirCount) {
  std::atomic<int> reads{0};
  auto sensor = scripted(
      2, 0.2,
      [&reads](int n, std::span<double> values, Problems& problems) -> std::optional<int64_t> {
        if (n >= 0) reads = n + 1;
        if (n == 2) throw Error(ErrorKind::sensor, "the bus is gone");
        values[0] = 5;
        if (n >= 0) problems.report("read_error", "R1: no data");
        return std::nullopt;
      });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(9));
  sensor->stop();
  const auto told = sink.incidents("read_error");
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0], "R1: no data");
  EXPECT_EQ(told[1], "the bus is gone");
  // All but the first, and but the one that threw.
  EXPECT_EQ(told[2], "R1: no data (" + std::to_string(reads - 2) + " times more)");
  EXPECT_EQ(sink.samples().size(), static_cast<std::size_t>(reads - 1));
}

TEST(PolledSensor, AReadingWithNoRailAtAllIsNoSampleAndLeavesAGap) {
  const auto clock = std::make_shared<VirtualClock>(0);
  auto sensor = scripted(
      1, 1,
      [clock](int n, std::span<double> values, Problems&) -> std::optional<std::int64_t> {
        clock->sleep_until_ns(clock->now_ns() + 1'000'000);
        if (n < 3 || n > 6) values[0] = n;
        return std::nullopt;
      },
      clock);
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(5));
  sensor->stop();
  EXPECT_EQ(sink.samples()[2].values[0], 2.0);
  EXPECT_EQ(sink.samples()[3].values[0], 7.0);
  EXPECT_EQ(sink.incidents("gap"), std::vector<std::string>{"no reading for 5.0 ms"});
}

TEST(PolledSensor, ManyGapsAreCountedAfterTheFirstTwenty) {
  auto sensor =
      scripted(1, 0.1, [](int n, std::span<double> values, Problems&) -> std::optional<int64_t> {
        values[0] = 7;
        // The 10th reading comes 5 ms after the one before, all others 1 ms.
        return 1'000'000 * (n < 10 ? n : n + 4);
      });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(30));
  sensor->stop();
  const auto samples = sink.samples().size();
  const auto gaps = sink.incidents("gap");
  ASSERT_EQ(gaps.size(), 21u);
  EXPECT_EQ(gaps[9], "no reading for 5.0 ms");
  EXPECT_EQ(gaps[20], std::to_string(samples - 1 - 20) + " gaps more, the longest of all 5.0 ms");
}

TEST(PolledSensor, AStampThatDoesNotAdvanceIsLeftOut) {
  auto sensor =
      scripted(1, 0.2, [](int n, std::span<double> values, Problems&) -> std::optional<int64_t> {
        values[0] = 7;
        return 100 + n / 2;
      });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(4));
  sensor->stop();
  for (std::size_t i = 1; i < sink.samples().size(); ++i) {
    EXPECT_GT(sink.samples()[i].time_ns, sink.samples()[i - 1].time_ns);
  }
}

TEST(PolledSensor, DeadlinesThatPassDuringAReadAreCounted) {
  auto sensor = scripted(1, 0.1, [](int n, std::span<double> values, Problems&) {
    // Busy for three intervals, whatever the machine's load.
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(350);
    while (n >= 0 && std::chrono::steady_clock::now() < until) {
    }
    values[0] = 1;
    return std::optional<std::int64_t>();
  });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(2));
  sensor->stop();
  const auto late = sink.incidents("late");
  ASSERT_EQ(late.size(), 1u);
  EXPECT_GE(std::stoi(late[0]), 6) << late[0];
}

TEST(PolledSensor, DeadlinesThatPassBetweenUpdatesOfTheSourceAreNoLoss) {
  auto sensor = scripted(1, 0.1, [](int n, std::span<double> values, Problems&) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(350);
    while (n >= 0 && std::chrono::steady_clock::now() < until) {
    }
    // Something new at every second of asking alone, an hour later by its own stamp.
    if (n % 2 == 0) values[0] = 1;
    return std::optional<std::int64_t>(n * 3'600'000'000'000);
  });
  FakeSink sink;
  sensor->start(sink);
  ASSERT_TRUE(sink.wait_for_samples(3));
  sensor->stop();
  EXPECT_TRUE(sink.incidents("late").empty()) << sink.incidents("late")[0];
}

TEST(PolledSensor, IntervalsThatMakeNoSenseAreAMistakeOfUsage) {
  for (const double interval : {0.0, -5.0, kNan, 1e300}) {
    try {
      scripted(1, interval, [](int, std::span<double>, Problems&) -> std::optional<int64_t> {
        return std::nullopt;
      });
      ADD_FAILURE() << interval;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
  }
}

}  // namespace
}  // namespace layerwatt
