#include "attribution/calibration_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr std::int64_t kMs = 1'000'000;

// Two passes of 3 ms and 2 ms, a hundredth of a millisecond apart, and another 10 ms later.
Iterations passes() {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  const auto add = [&](std::int64_t start_ns) {
    iterations.start_ns.push_back(start_ns);
    iterations.end_ns.push_back(start_ns + 5 * kMs);
    iterations.layer_ms.insert(iterations.layer_ms.end(), {3.0, 2.0});
  };
  add(100 * kMs);
  add(105 * kMs + 10'000);
  add(120 * kMs);
  return iterations;
}

TEST(CalibrationData, AShortGapInABurstIsNotIdle) {
  const CalibrationSegments found = calibration_segments(passes(), 1e4);
  EXPECT_THAT(found.segments.edge_ms,
              ElementsAre(0.0, 3.0, 5.0, DoubleNear(5.01, 1e-9), DoubleNear(8.01, 1e-9),
                          DoubleNear(10.01, 1e-9), 20.0, 23.0, 25.0));
  // a, b, then 2: outside and 3: rest (none here), 4: idle, 5: gaps.
  EXPECT_THAT(found.segments.column, ElementsAre(0, 1, 5, 0, 1, 4, 0, 1));
  EXPECT_THAT(found.on_ms, ElementsAre(0.0, 20.0));
  EXPECT_THAT(found.off_ms, ElementsAre(DoubleNear(10.01, 1e-9), 25.0));
  EXPECT_TRUE(found.idle[4]);
  EXPECT_TRUE(found.idle[found.segments.idle()]) << "around the run";
  EXPECT_FALSE(found.idle[1]);
  EXPECT_FALSE(found.idle[5]);
}

TEST(CalibrationData, EachStretchHasPowersOfItsOwn) {
  const CalibrationSegments found = calibration_segments(passes(), 12.0);
  // Two stretches of 12.5 ms: columns 0 … 5 and 6 … 11.
  EXPECT_THAT(found.segments.column, ElementsAre(0, 1, 5, 0, 1, 4, 6, 7));
}

PowerSamples counter() {
  PowerSamples power;
  power.rails = {{"R", true}};
  power.reading = Reading::energy;
  power.begin_ns = {100 * kMs, 101 * kMs, 102 * kMs};
  power.time_ns = {101 * kMs, 102 * kMs, 103 * kMs};
  power.rail_mw = {0.0, 9000.0, 0.0};
  return power;
}

TEST(CalibrationData, ACounterThatStoodStillIsReadWithTheNextOne) {
  Segments segments;
  segments.origin_ns = 100 * kMs;
  const Readings found = calibration_readings(counter(), segments);
  EXPECT_THAT(found.time_ms, ElementsAre(2.0));
  EXPECT_THAT(found.window_ms, ElementsAre(2.0));
  EXPECT_THAT(found.value, ElementsAre(4500.0)) << "9 mJ in 2 ms";
  const auto changes = changes_of(counter(), segments);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].begin_ms, 1.0);
  EXPECT_EQ(changes[0].end_ms, 2.0);
}

TEST(CalibrationData, AReadingWithoutAllOfItsRailsIsNone) {
  PowerSamples power;
  power.rails = {{"A", true}, {"B", true}, {"C", false}};
  power.time_ns = {1 * kMs, 2 * kMs};
  power.rail_mw = {1.0, 2.0, 4.0, 1.0, std::numeric_limits<double>::quiet_NaN(), 4.0};
  const Readings found = calibration_readings(power, Segments{});
  EXPECT_THAT(found.value, ElementsAre(3.0));
  EXPECT_THAT(found.time_ms, ElementsAre(1.0));
  power.rails = {{"A", false}, {"B", false}, {"C", false}};
  EXPECT_THAT(calibration_readings(power, Segments{}).value, ElementsAre(7.0))
      << "without a total, all that was read";
}

TEST(CalibrationData, OneReadingAnUpdateStampedWithItsMoment) {
  Readings readings;
  readings.time_ms = {10.05, 12.0, 15.0, 19.95, 21.0, 45.0};
  readings.value = {1.0, 1.0, 1.0, 1.0, 2.0, 3.0};
  readings.weight.assign(6, 1.0);
  UpdateGrid grid;
  grid.period_ms = 10.0;
  const Readings found = at_updates(readings, grid, 0.1);
  // 10.05 and 19.95 are too near to an update to say which one they show.
  EXPECT_THAT(found.time_ms, ElementsAre(10.0, 20.0, 40.0));
  EXPECT_THAT(found.value, ElementsAre(1.0, 2.0, 3.0));
}

TEST(CalibrationData, IntervalsOfACounterBeginAndEndAtUpdates) {
  Readings readings;
  readings.time_ms = {10.5, 30.5};
  readings.window_ms = {1.0, 20.0};
  readings.value = {8.0, 2.0};
  readings.weight.assign(2, 1.0);
  UpdateGrid grid;
  grid.period_ms = 10.0;
  const Readings found = at_updates(readings, grid, 0.1);
  EXPECT_THAT(found.time_ms, ElementsAre(10.0, 30.0));
  EXPECT_THAT(found.window_ms, ElementsAre(10.0, 20.0));
  EXPECT_THAT(found.value, ElementsAre(DoubleNear(0.8, 1e-12), 2.0)) << "8 µJ, in 10 ms now";
}

TEST(CalibrationData, TheUsualGapIsTheMedian) {
  PowerSamples power;
  power.time_ns = {0, 1 * kMs, 2 * kMs, 9 * kMs};
  EXPECT_EQ(usual_gap_ms(power), 1.0);
  power.time_ns = {0, 1 * kMs, 10 * kMs, 11 * kMs};
  EXPECT_EQ(usual_gap_ms(power), 1.0) << "not the gap that came in the middle";
  EXPECT_EQ(usual_gap_ms(PowerSamples{}), 0.0);
}

TEST(CalibrationData, WithoutPassesThereIsNothing) {
  const CalibrationSegments none = calibration_segments(Iterations{}, 1e4);
  EXPECT_TRUE(none.segments.column.empty());
  EXPECT_TRUE(none.on_ms.empty());
  EXPECT_TRUE(none.off_ms.empty());
  Iterations layers_alone;
  layers_alone.layers = {"a", "b"};
  EXPECT_EQ(calibration_segments(layers_alone, 1e4).segments.layers, 2u);
}

TEST(CalibrationData, AGapOfHalfAMillisecondIsIdle) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0, 5 * kMs + kMs / 2};
  iterations.end_ns = {5 * kMs, 10 * kMs + kMs / 2};
  iterations.layer_ms = {3.0, 1.0, 3.0, 1.0};
  const CalibrationSegments found = calibration_segments(iterations, 1e4);
  EXPECT_THAT(found.segments.column, ElementsAre(0, 1, 2, 4, 0, 1, 2)) << "2: outside the layers";
  EXPECT_THAT(found.on_ms, ElementsAre(0.0, 5.5));
  EXPECT_THAT(found.off_ms, ElementsAre(5.0, 10.5));
}

TEST(CalibrationData, AGapOfLessThanHalfAMillisecondIsPartOfItsBurst) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0, 5 * kMs + 2 * kMs / 5};
  iterations.end_ns = {5 * kMs, 10 * kMs};
  iterations.layer_ms = {5.0, 4.6};
  const CalibrationSegments found = calibration_segments(iterations, 1e4);
  EXPECT_THAT(found.on_ms, ElementsAre(0.0));
  EXPECT_THAT(found.off_ms, ElementsAre(10.0));
}

TEST(CalibrationData, PassesWithoutAGapAreOneBurst) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0, 5 * kMs, 20 * kMs};
  iterations.end_ns = {5 * kMs, 10 * kMs, 25 * kMs};
  iterations.layer_ms = {5.0, 5.0, 5.0};
  const CalibrationSegments found = calibration_segments(iterations, 1e4);
  EXPECT_THAT(found.segments.edge_ms, ElementsAre(0.0, 10.0, 20.0, 25.0));
  EXPECT_THAT(found.segments.column, ElementsAre(0, 3, 0));
  EXPECT_THAT(found.on_ms, ElementsAre(0.0, 20.0));
  EXPECT_THAT(found.off_ms, ElementsAre(10.0, 25.0));
}

TEST(CalibrationData, StretchesAreAsLongAsAskedOrLonger) {
  // 25 ms make three of 8.3 ms, but one of 12.6 ms.
  const CalibrationSegments three = calibration_segments(passes(), 8.0);
  EXPECT_THAT(three.segments.column, ElementsAre(0, 1, 5, 0, 1, 10, 12, 13));
  EXPECT_EQ(three.segments.layers, 18u);
  EXPECT_EQ(three.segments.origin_ns, 100 * kMs);
  ASSERT_EQ(three.idle.size(), 21u);
  for (std::size_t i = 0; i < 21; ++i) EXPECT_EQ(three.idle[i], i == 10 || i == 19) << i;
  EXPECT_THAT(calibration_segments(passes(), 12.6).segments.column,
              ElementsAre(0, 1, 5, 0, 1, 4, 0, 1));
}

TEST(CalibrationData, ACounterReadInVainIsNotReadAcrossALostReading) {
  PowerSamples power = counter();
  power.begin_ns = {100 * kMs, 101 * kMs, 102 * kMs, 103 * kMs, 104 * kMs, 105 * kMs};
  power.time_ns = {101 * kMs, 102 * kMs, 103 * kMs, 104 * kMs, 105 * kMs, 106 * kMs};
  power.rail_mw = {0.0, 0.0, 9000.0, 0.0, std::numeric_limits<double>::quiet_NaN(), 6000.0};
  Segments segments;
  segments.origin_ns = 99 * kMs;
  const Readings found = calibration_readings(power, segments);
  EXPECT_THAT(found.time_ms, ElementsAre(4.0, 7.0));
  EXPECT_THAT(found.window_ms, ElementsAre(3.0, 1.0));
  EXPECT_THAT(found.value, ElementsAre(3000.0, 6000.0));
  EXPECT_THAT(found.weight, ElementsAre(1.0, 1.0));
}

// 1 W over 2 ms after 2 ms in which it stood still: half of it. Then it moves at every reading.
TEST(CalibrationData, ACounterThatMovesAgainIsReadOneByOne) {
  PowerSamples power = counter();
  power.begin_ns = {100 * kMs, 102 * kMs, 104 * kMs};
  power.time_ns = {102 * kMs, 104 * kMs, 107 * kMs};
  power.rail_mw = {0.0, 1000.0, 6000.0};
  Segments segments;
  segments.origin_ns = 100 * kMs;
  const Readings found = calibration_readings(power, segments);
  EXPECT_THAT(found.time_ms, ElementsAre(4.0, 7.0));
  EXPECT_THAT(found.window_ms, ElementsAre(4.0, 3.0));
  EXPECT_THAT(found.value, ElementsAre(500.0, 6000.0));
}

TEST(CalibrationData, ACountersFirstReadingMayShowAChange) {
  PowerSamples power = counter();
  power.rail_mw = {9000.0, 0.0, 0.0};
  Segments segments;
  segments.origin_ns = 100 * kMs;
  const auto changes = changes_of(power, segments);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].begin_ms, 0.0);
  EXPECT_EQ(changes[0].end_ms, 1.0);
}

TEST(CalibrationData, AChangeOfAnyRailIsAChange) {
  PowerSamples power;
  power.rails = {{"A", true}, {"B", true}};
  power.time_ns = {1 * kMs, 2 * kMs, 4 * kMs, 8 * kMs, 16 * kMs};
  power.rail_mw = {1.0, 2.0, 1.0, 2.0, 1.0, 3.0, 1.0, 3.0, 0.0, 3.0};
  const auto changes = changes_of(power, Segments{});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].begin_ms, 2.0);
  EXPECT_EQ(changes[0].end_ms, 4.0);
  EXPECT_EQ(changes[1].begin_ms, 8.0);
  EXPECT_EQ(changes[1].end_ms, 16.0);
}

TEST(CalibrationData, TheUsualGapOfAnEvenNumberIsTheUpperMiddle) {
  PowerSamples power;
  power.time_ns = {10 * kMs, 11 * kMs, 13 * kMs, 17 * kMs, 25 * kMs};
  EXPECT_EQ(usual_gap_ms(power), 4.0);
  power.time_ns.resize(2);
  EXPECT_EQ(usual_gap_ms(power), 1.0);
}

TEST(CalibrationData, TheMarginItselfIsFarEnoughFromAnUpdate) {
  Readings readings;
  readings.time_ms = {9.25, 16.75, 24.75, 25.125, 32.875, 33.125, 34.0, 39.0};
  readings.value = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
  readings.weight = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
  UpdateGrid grid;
  grid.period_ms = 8.0;
  grid.phase_ms = 1.0;
  const Readings found = at_updates(readings, grid, 0.25);
  EXPECT_THAT(found.time_ms, ElementsAre(9.0, 17.0, 33.0));
  EXPECT_THAT(found.value, ElementsAre(1.0, 3.0, 7.0));
  EXPECT_THAT(found.weight, ElementsAre(0.1, 0.3, 0.7));
  EXPECT_TRUE(found.window_ms.empty());
}

TEST(CalibrationData, AnIntervalBetweenTwoUpdatesHoldsNone) {
  Readings readings;
  readings.time_ms = {10.0, 12.0, 34.0};
  readings.window_ms = {2.0, 2.0, 20.0};
  readings.value = {8.0, 1.0, 6.0};
  readings.weight = {0.1, 0.2, 0.3};
  UpdateGrid grid;
  grid.period_ms = 8.0;
  grid.phase_ms = 1.0;
  const Readings found = at_updates(readings, grid, 0.25);
  EXPECT_THAT(found.time_ms, ElementsAre(9.0, 33.0));
  EXPECT_THAT(found.window_ms, ElementsAre(8.0, 24.0));
  EXPECT_THAT(found.value, ElementsAre(2.0, 5.0));
  EXPECT_THAT(found.weight, ElementsAre(0.1, 0.3));
}

}  // namespace
}  // namespace layerwatt
