#include "attribution/response_refine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::readings_of;

TEST(RefineResponse, ConvergesFromNearbyAndSaysHowSureItIs) {
  const auto made = synthetic::make({.layers = 8, .window_ms = 2.2, .time_constant_ms = 1.0});
  const Segments segments = make_segments(made.recording.iterations);
  const auto free = free_parameters({});
  const Readings readings = readings_of(made, segments);
  const Refined refined = refine_response(segments, readings, {2.3, 7.2, 0.9, 0.0}, free, 20);
  const Eigen::MatrixXd covariance = white_covariance(segments, readings, refined, free);
  ASSERT_EQ(free.size(), 3u);
  EXPECT_NEAR(refined.response.latency_ms, 7.3, 5.0 * std::sqrt(covariance(0, 0)));
  EXPECT_NEAR(refined.response.window_ms, 2.2, 5.0 * std::sqrt(covariance(1, 1)));
  EXPECT_NEAR(refined.response.time_constant_ms, 1.0, 5.0 * std::sqrt(covariance(2, 2)));
  EXPECT_LT(std::sqrt(covariance(0, 0)), 0.05);
  // 30 mW of noise and steps of 40 mW: √(900 + 1600 / 12) = 32 mW.
  EXPECT_NEAR(std::sqrt(refined.mean_square), 32.1, 1.5);
}

TEST(RefineResponse, WithNothingFreeItOnlyEvaluates) {
  const auto made = synthetic::make({.layers = 4, .seconds = 2.0});
  const Segments segments = make_segments(made.recording.iterations);
  const Response given{1.1, 7.3, 0.0, 0.0};
  const Refined right = refine_response(segments, readings_of(made, segments), given, {}, 5);
  EXPECT_DOUBLE_EQ(right.response.latency_ms, 7.3);
  // The sign of the latency: the other way round fits far worse.
  const Response wrong{1.1, -7.3, 0.0, 0.0};
  EXPECT_GT(refine_response(segments, readings_of(made, segments), wrong, {}, 5).mean_square,
            20.0 * right.mean_square);
}

TEST(FreeParameters, AreTheUnknownOnes) {
  KnownResponse known;
  known.window_ms = 1.0;
  const auto free = free_parameters(known);
  ASSERT_EQ(free.size(), 2u);
  EXPECT_EQ(free[0], Parameter::latency);
  EXPECT_EQ(free[1], Parameter::time_constant);
}

TEST(With, NeverGoesBelowZeroWhereALengthIsMeant) {
  EXPECT_DOUBLE_EQ(with({}, Parameter::window, -1.0).window_ms, 0.0);
  EXPECT_DOUBLE_EQ(with({}, Parameter::time_constant, -1.0).time_constant_ms, 0.0);
  EXPECT_DOUBLE_EQ(with({}, Parameter::latency, -1.0).latency_ms, -1.0);
}

}  // namespace
}  // namespace layerwatt
