#include "attribution/sensor_timing.hpp"

#include <gtest/gtest.h>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using testing::at_ms;
using testing::Builder;

TEST(SensorTiming, AddsUpWhatTheModelKnows) {
  Builder b({});
  b.sample(0, 1).sample(5, 1).sample(10, 1).sample(100, 1).response(8, 3, 2, 0.5);
  const SensorTiming t = sensor_timing(b.get().manifest.sensor.model, b.get().power);
  EXPECT_TRUE(t.known);
  EXPECT_DOUBLE_EQ(t.delay_ms, 3 + 2 + 4);
  EXPECT_DOUBLE_EQ(t.end_delay_ms, 3 + 2);
  EXPECT_DOUBLE_EQ(t.blur_ms, 8 + 6 + 2);
  EXPECT_NEAR(t.smear_ms, 2 + 2 * 0.735759 + 0.5 * 0.797885, 1e-6);
  EXPECT_DOUBLE_EQ(t.spacing_ms, 5.0);  // the gap of 90 ms does not count
}

TEST(SensorTiming, IsUnknownWithOneFigureUnknown) {
  Builder b({});
  b.sample(0, 1).sample(5, 1);
  for (auto field : {&SensorModel::window_ms, &SensorModel::latency_ms,
                     &SensorModel::time_constant_ms, &SensorModel::timestamp_error_ms}) {
    SensorModel model = b.response(8, 3, 2, 0.5).get().manifest.sensor.model;
    (model.*field).reset();
    EXPECT_FALSE(sensor_timing(model, b.get().power).known);
  }
  EXPECT_EQ(sensor_timing({100, {}, 2, 3, 0.5}, b.get().power).unknown, "window");
  EXPECT_EQ(sensor_timing({100, 25, {}, {}, 1.4}, b.get().power).unknown,
            "latency and time constant");
  EXPECT_EQ(sensor_timing({}, b.get().power).unknown,
            "window, latency, time constant and stamp error");
}

TEST(SensorTiming, AnEnergyReadingsWindowIsItsInterval) {
  Builder b({});
  b.energy(0, 10, 1).energy(10, 20, 1);
  const SensorModel model{{}, {}, 1.0, 0.0, 0.0};
  const SensorTiming t = sensor_timing(model, b.get().power);
  EXPECT_TRUE(t.known);
  EXPECT_DOUBLE_EQ(t.blur_ms, 10.0);
  const EffectiveTimes times(b.get().power, t);
  EXPECT_EQ(times(0), at_ms(4));
  EXPECT_EQ(times(1), at_ms(14));
}

// NVML's counter: once its 100 ms stood in the model as well as between the counts, and every
// reading was placed 50 ms early.
TEST(SensorTiming, ACountersOwnWindowComesOnTop) {
  Builder b({});
  b.energy(0, 100, 1).energy(100, 200, 1);
  const auto of = [&](double window_ms) {
    return sensor_timing({100, window_ms, {}, {}, 0.0}, b.get().power);
  };
  EXPECT_DOUBLE_EQ(of(0).blur_ms, 100.0);
  EXPECT_EQ(EffectiveTimes(b.get().power, of(0))(1), at_ms(150));
  EXPECT_DOUBLE_EQ(of(20).blur_ms, 120.0);
  EXPECT_EQ(EffectiveTimes(b.get().power, of(20))(1), at_ms(140));
}

TEST(EffectiveTimes, AreStampsLessTheDelay) {
  Builder b({});
  b.sample(20, 1).response(8, 3, 2, 0.5);
  const SensorTiming t = sensor_timing(b.get().manifest.sensor.model, b.get().power);
  EXPECT_EQ(EffectiveTimes(b.get().power, t)(0), at_ms(11));
}

TEST(EffectiveTimes, AreTheStampsWhereNothingIsKnown) {
  Builder b({});
  b.sample(20, 1);
  EXPECT_EQ(EffectiveTimes(b.get().power, sensor_timing({}, b.get().power))(0), at_ms(20));
}

TEST(SensorTiming, SettlesOnBothSidesOfAReading) {
  Builder b({});
  b.sample(0, 1).sample(5, 1).response(8, 3, 2, 0.5);
  const SensorTiming t = sensor_timing(b.get().manifest.sensor.model, b.get().power);
  EXPECT_DOUBLE_EQ(t.settle_before_ms, 4 + 8 + 2);
  EXPECT_DOUBLE_EQ(t.settle_after_ms, 4 + 2 + 2);
  EXPECT_DOUBLE_EQ(t.spacing_ms, 5.0);
  EXPECT_DOUBLE_EQ(t.update_ms, 5.0);
  EXPECT_DOUBLE_EQ(sensor_timing({100, 8, 3, 2, 0.5}, b.get().power).update_ms, 100.0);
}

TEST(SensorTiming, WhatIsUnknownAddsNothing) {
  Builder b({});
  b.sample(0, 1).sample(0.5, 1);
  const SensorTiming t = sensor_timing({{}, 8.0, 3.0, 2.0, {}}, b.get().power);
  EXPECT_DOUBLE_EQ(t.blur_ms, 8 + 6);
  EXPECT_DOUBLE_EQ(t.settle_before_ms, 4 + 8);
  EXPECT_DOUBLE_EQ(t.settle_after_ms, 4 + 2);
  EXPECT_DOUBLE_EQ(t.update_ms, 0.5) << "the readings' spacing, without a period";
}

TEST(SensorTiming, OfOneReadingOrNoneHasNoSpacing) {
  Builder b({});
  EXPECT_EQ(sensor_timing({}, b.get().power).spacing_ms, 0.0);
  EXPECT_EQ(sensor_timing({}, b.sample(7, 1).get().power).spacing_ms, 0.0);
}

TEST(SensorTiming, ACountersIntervalsAndSpacingsAreMedians) {
  Builder b({});
  b.energy(0, 10, 1).energy(10, 30, 1).energy(30, 70, 1);
  const SensorTiming t = sensor_timing({{}, {}, 1.0, {}, 0.0}, b.get().power);
  EXPECT_DOUBLE_EQ(t.blur_ms, 20.0);
  EXPECT_DOUBLE_EQ(t.settle_before_ms, 10.0);
  EXPECT_DOUBLE_EQ(t.settle_after_ms, 10.0);
  EXPECT_DOUBLE_EQ(t.smear_ms, 5.0);
  EXPECT_DOUBLE_EQ(t.spacing_ms, 30.0);
  EXPECT_EQ(t.unknown, "time constant");
}

TEST(SensorTiming, NamesWhatIsUnknown) {
  Builder b({});
  EXPECT_EQ(sensor_timing({{}, {}, {}, 0.0, {}}, b.get().power).unknown,
            "window, latency and stamp error");
  EXPECT_EQ(sensor_timing({{}, 1.0, 1.0, {}, {}}, b.get().power).unknown,
            "time constant and stamp error");
}

}  // namespace
}  // namespace layerwatt
