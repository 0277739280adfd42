#include "attribution/calibration_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;

TEST(CalibrationSearch, MergingLeavesBurstsAndIdleTimeOfEachStretch) {
  CalibrationSegments full;
  full.segments.layers = 8;  // two stretches of a, b, outside, idle
  full.segments.edge_ms = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
  full.segments.column = {0, 1, 0, 3, 4, 5, 7};
  full.idle = {false, false, false, true, false, false, false, true, false, true};
  const CalibrationSegments found = merged(full);
  EXPECT_THAT(found.segments.column, ElementsAre(0, 3, 4, 7));
  EXPECT_THAT(found.segments.edge_ms, ElementsAre(0.0, 3.0, 4.0, 6.0, 7.0));
}

TEST(CalibrationSearch, LongWindowsOverShortLayersAreTooCostly) {
  EXPECT_DOUBLE_EQ(length_ms({2.0, 50.0, 3.0, 0.0}), 11.0) << "whatever the latency";
  Segments segments;
  segments.edge_ms = {0.0, 0.1, 0.2};
  segments.column = {0, 1};
  Readings readings;
  readings.time_ms.assign(30'000, 0.0);
  EXPECT_FALSE(too_costly(segments, readings, {10.0, 0.0, 500.0, 0.0})) << "a low pass is cheap";
  EXPECT_TRUE(too_costly(segments, readings, {1000.0, 0.0, 0.0, 0.0}));
}

TEST(CalibrationSearch, FindsItFromAfar) {
  for (const double window_ms : {1.1, 6.6, 100.0}) {
    synthetic::SquareWave wave;
    wave.seconds = 10.0;
    wave.window_ms = window_ms;
    wave.latency_ms = 40.0;
    const Recording recording = synthetic::make(wave);
    const CalibrationSegments segments = calibration_segments(recording.iterations, 1e5);
    const Response found = find_calibration(
        segments, calibration_readings(recording.power, segments.segments), 0.0,
        {Parameter::latency, Parameter::window, Parameter::time_constant}, 0.0, 3000.0);
    EXPECT_NEAR(found.window_ms, window_ms, 0.05 * window_ms + 0.1);
    EXPECT_NEAR(found.latency_ms, 40.0, 0.02 * window_ms + 0.3);
  }
}

TEST(CalibrationSearch, ClimbsOverARippleNearby) {
  synthetic::SquareWave wave;
  wave.seconds = 10.0;
  const Recording recording = synthetic::make(wave);
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e5);
  const Readings readings = calibration_readings(recording.power, segments.segments);
  const Response off{1.1, wave.latency_ms - 1.0, 0.3, 0.0};
  const Response found = over_ripples(segments.segments, readings, off, {Parameter::window});
  EXPECT_NEAR(found.latency_ms, wave.latency_ms, 0.06) << "latency is only looked along here";
}

}  // namespace
}  // namespace layerwatt
