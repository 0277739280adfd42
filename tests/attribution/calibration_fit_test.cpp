#include "attribution/calibration_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/calibration_search.hpp"
#include "attribution/fitted_square_wave.hpp"
#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

using synthetic::Fitted;
using synthetic::fitted;

TEST(CalibrationFit, FindsTheResponseAndTheLevels) {
  synthetic::SquareWave wave;
  wave.seconds = 10.0;
  wave.window_ms = 4.4;
  wave.time_constant_ms = 5.0;
  const Fitted found = fitted(wave);
  EXPECT_NEAR(found.fit.response.window_ms, 4.4, 0.15);
  EXPECT_NEAR(found.fit.response.latency_ms, 3.0, 0.1);
  EXPECT_NEAR(found.fit.response.time_constant_ms, 5.0, 0.1);
  EXPECT_NEAR(found.fit.idle_mw, 3000.0, 10.0);
  EXPECT_NEAR(found.fit.busy_mw, 11000.0, 10.0);
  EXPECT_NEAR(found.fit.noise_mw, 32.0, 4.0) << "noise of 30 mW and steps of 40 mW / √12";
  EXPECT_LT(found.fit.misfit_share, 0.01);
}

TEST(CalibrationFit, AnIntervalAtTheBoundBeginsThere) {
  synthetic::SquareWave wave;
  wave.seconds = 10.0;
  const Fitted found = fitted(wave);
  for (std::size_t i = 0; i < found.fit.free.size(); ++i) {
    if (found.fit.free[i] != Parameter::time_constant) continue;
    const Interval interval = profile_interval(found.segments, found.fit, i);
    EXPECT_EQ(interval.lo, 0.0);
    EXPECT_GT(interval.hi, get(found.fit.response, Parameter::time_constant));
    EXPECT_LT(interval.hi, 0.2);
  }
}

TEST(CalibrationFit, AStepThatNoResponseExplainsIsAMisfit) {
  synthetic::SquareWave wave;
  wave.seconds = 10.0;
  Recording recording = synthetic::make(wave);
  // The sensor overshoots for 20 ms after each rise.
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e4);
  for (std::size_t k = 0; k < recording.power.size(); ++k) {
    const double at = segments.segments.ms(recording.power.time_ns[k]) - wave.latency_ms;
    for (const double on : segments.on_ms) {
      if (at > on && at < on + 20.0 && recording.power.rail_mw[k] > 10'000.0) {
        recording.power.rail_mw[k] += 4000.0;
      }
    }
  }
  const auto fit = fit_calibration(
      segments, calibration_readings(recording.power, segments.segments), 0.0, 0.0, 3000.0);
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->misfit_share, 0.05);
  EXPECT_GT(fit->misfit_scale, 4.0);
}

}  // namespace
}  // namespace layerwatt
