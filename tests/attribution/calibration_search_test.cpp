#include "attribution/calibration_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

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

TEST(CalibrationSearch, MergingStartsAnewAfterEachIdleColumn) {
  CalibrationSegments full;
  full.segments.layers = 6;
  full.segments.origin_ns = 7;
  full.segments.edge_ms = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
  full.segments.column = {0, 2, 1, 3, 4, 6, 5};
  full.idle = {true, false, false, true, true, false, false, true, false};
  full.on_ms = {1.0};
  const CalibrationSegments found = merged(full);
  EXPECT_THAT(found.segments.column, ElementsAre(0, 1, 3, 4, 5));
  EXPECT_THAT(found.segments.edge_ms, ElementsAre(0.0, 1.0, 3.0, 4.0, 5.0, 7.0));
  EXPECT_EQ(found.segments.origin_ns, 7);
  EXPECT_THAT(found.on_ms, ElementsAre(1.0));
  CalibrationSegments none;
  none.idle.assign(3, false);
  EXPECT_TRUE(merged(none).segments.edge_ms.empty());
}

TEST(CalibrationSearch, ThirtyMillionSegmentsAreNotYetTooMany) {
  Segments segments;
  segments.edge_ms = {1.0, 1.125, 1.25};
  segments.column = {0, 1};
  Readings readings;
  readings.time_ms.assign(30'000, 0.0);
  EXPECT_FALSE(too_costly(segments, readings, {125.0, 0.0, 0.0, 0.0}));
  EXPECT_TRUE(too_costly(segments, readings, {125.1, 0.0, 0.0, 0.0}));
  EXPECT_FALSE(too_costly(Segments{}, readings, {1e6, 0.0, 0.0, 0.0}));
}

// Bursts of passes of 4 ms, 3 ms of 11 W and one of 5 W, and idle times of 13 to 41 ms between.
struct Passes {
  Iterations iterations;
  std::vector<double> start_ms;

  explicit Passes(std::size_t bursts) {
    iterations.layers = {"a", "b"};
    double at = 0.0;
    for (std::size_t k = 0; k < bursts; ++k) {
      for (std::size_t i = 0; i < 3 + k * k % 7; ++i) {
        start_ms.push_back(at);
        iterations.start_ns.push_back(std::llround(at * 1e6));
        at += 4.0;
        iterations.end_ns.push_back(std::llround(at * 1e6));
        iterations.layer_ms.insert(iterations.layer_ms.end(), {3.0, 1.0});
      }
      at += static_cast<double>(13 + (7 * k * k + 3 * k) % 29);
    }
  }

  double mean_mw(double from_ms, double to_ms) const {
    const auto overlap = [&](double begin, double end) {
      return std::max(0.0, std::min(to_ms, end) - std::max(from_ms, begin));
    };
    double sum = 0.0;
    for (const double at : start_ms) {
      sum += 8000.0 * overlap(at, at + 3.0) + 2000.0 * overlap(at + 3.0, at + 4.0);
    }
    return 3000.0 + sum / (to_ms - from_ms);
  }

  Readings readings(double window_ms, double latency_ms) const {
    Readings out;
    for (double t = -40.0; t < start_ms.back() + 40.0; t += 1.37) {
      out.time_ms.push_back(t);
      out.weight.push_back(1.0);
      const double end = t - latency_ms;
      out.value.push_back(std::round(mean_mw(end - window_ms, end) / 20.0) * 20.0);
    }
    return out;
  }
};

TEST(CalibrationSearch, ALatencyIsRightToMuchLessThanALayer) {
  const Passes passes(25);
  const CalibrationSegments segments = calibration_segments(passes.iterations, 1e9);
  const std::vector<Parameter> free = {Parameter::latency, Parameter::window,
                                       Parameter::time_constant};
  for (const double latency_ms : {3.0, 9.0}) {
    const Response found =
        find_calibration(segments, passes.readings(1.1, latency_ms), 4.0, free, 0.0, 30.0);
    EXPECT_NEAR(found.latency_ms, latency_ms, 0.05);
    EXPECT_NEAR(found.window_ms, 1.1, 0.1);
    EXPECT_NEAR(found.time_constant_ms, 0.0, 0.05);
    EXPECT_EQ(found.blur_ms, 0.0);
  }
}

TEST(CalibrationSearch, ACountersWindowsAreItsOwn) {
  const Passes passes(25);
  const CalibrationSegments segments = calibration_segments(passes.iterations, 1e9);
  Readings readings = passes.readings(1.37, 5.0);
  readings.window_ms.assign(readings.size(), 1.37);
  const Response found = find_calibration(
      segments, readings, 4.0, {Parameter::latency, Parameter::time_constant}, 0.25, 30.0);
  EXPECT_NEAR(found.latency_ms, 5.0, 0.1);
  EXPECT_EQ(found.window_ms, 0.0);
  EXPECT_EQ(found.blur_ms, 0.25) << "as declared";
}

}  // namespace
}  // namespace layerwatt
