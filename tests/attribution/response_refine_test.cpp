#include "attribution/response_refine.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/expected_reading.hpp"
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

// What a response makes of a run, to the last digit, in readings of weights between 0 and 2.
struct Exact {
  Segments segments;
  Readings readings;

  Exact(const Response& truth, std::size_t count, double noise_mw = 0.0) {
    Iterations iterations;
    iterations.layers = {"a", "b", "c"};
    std::mt19937_64 random(6);
    std::uniform_real_distribution<double> uniform;
    double at_ms = 0.0;
    for (int i = 0; i < 60; ++i) {
      iterations.start_ns.push_back(std::llround(at_ms * 1e6));
      for (const double ms : {1.5, 3.5, 2.0}) {
        iterations.layer_ms.push_back(ms + uniform(random));
        at_ms += iterations.layer_ms.back();
      }
      iterations.end_ns.push_back(std::llround(at_ms * 1e6));
      at_ms += 2.0 * uniform(random);
    }
    segments = make_segments(iterations);
    std::vector<double> column_mw = {9000.0, 4000.0, 14000.0};
    column_mw.resize(segments.columns(), 3000.0);
    ExpectedReading expected(segments, truth, column_mw);
    for (std::size_t k = 0; k < count; ++k) {
      const double t = (at_ms + 20.0) * static_cast<double>(k) / static_cast<double>(count) - 5.0;
      readings.time_ms.push_back(t);
      expected.compute(t);
      readings.value.push_back(expected.mw() + noise_mw * (uniform(random) - 0.5));
      readings.weight.push_back(k % 9 == 4 ? 0.0 : 2.0 * uniform(random));
      if (k % 9 == 4) readings.value.back() = 9e9;
    }
  }

  // Σ weight · residual² of the best powers.
  double left(const Response& response) const {
    double weight = 0.0;
    for (const double w : readings.weight) weight += w;
    return refine_response(segments, readings, response, {}, 0).mean_square * weight;
  }
};

// Without noise the residual square is a parabola at the truth; the covariance of white noise of
// 1 mW² is the inverse of half its second derivatives.
TEST(WhiteCovariance, IsTheInverseOfTheResidualsCurvature) {
  const Response truth{2.2, 4.0, 1.0, 0.0};
  const std::vector<Parameter> free = free_parameters({});
  // From 8192 readings on they are summed up in two parts.
  for (const std::size_t count : {700u, 9000u}) {
    const Exact of(truth, count);
    const Eigen::MatrixXd white = white_covariance(of.segments, of.readings, {truth, 3.0}, free);
    ASSERT_EQ(white.rows(), 3);
    const Eigen::MatrixXd curvature = 3.0 * white.inverse();
    const double step = 2e-3;
    const auto moved = [&](Response from, std::size_t i, double by) {
      return with(from, free[i], get(from, free[i]) + by);
    };
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        // A low pass is moved by a hundredth of it, which bends a little. Of pairs: (S(+ +) + S(−
        // −) − S(+ −) − S(− +)) / 8 step².
        double sum = 0.0;
        for (const double a : {-step, step}) {
          for (const double b : {-step, step}) {
            sum += (a * b > 0.0 ? 1.0 : -1.0) * of.left(moved(moved(truth, i, a), j, b));
          }
        }
        const double expected = sum / (8.0 * step * step);
        const auto row = static_cast<Eigen::Index>(i);
        const auto column = static_cast<Eigen::Index>(j);
        const double scale = std::sqrt(std::abs(curvature(row, row) * curvature(column, column)));
        EXPECT_NEAR(curvature(row, column), expected, 0.03 * scale) << i << ' ' << j;
      }
    }
  }
  EXPECT_EQ(white_covariance({}, {}, {}, {}).size(), 0);
}

// One step from nearby goes nearly all the way: damped by a thousandth, and off by the curvature.
TEST(RefineResponse, OneRoundIsAStepOfGaussAndNewton) {
  const Response truth{2.2, 4.0, 1.0, 0.0};
  for (const std::size_t count : {700u, 9000u}) {
    const Exact of(truth, count);
    const Response start{2.24, 3.97, 1.03, 0.0};
    const Refined one = refine_response(of.segments, of.readings, start, free_parameters({}), 1);
    EXPECT_NEAR(one.response.window_ms, 2.2, 0.003);
    EXPECT_NEAR(one.response.latency_ms, 4.0, 0.003);
    EXPECT_NEAR(one.response.time_constant_ms, 1.0, 0.003);
    EXPECT_NE(one.response.window_ms, 2.2);
    const Refined none = refine_response(of.segments, of.readings, start, free_parameters({}), 0);
    EXPECT_EQ(none.response.window_ms, 2.24);
    EXPECT_GT(none.mean_square, 100.0 * one.mean_square);
    const Refined more = refine_response(of.segments, of.readings, start, free_parameters({}), 6);
    EXPECT_NEAR(more.response.window_ms, 2.2, 1e-4);
    EXPECT_NEAR(more.response.latency_ms, 4.0, 1e-4);
    EXPECT_NEAR(more.response.time_constant_ms, 1.0, 1e-4);
  }
}

TEST(RefineResponse, TheMeanSquareIsWeighted) {
  const Response truth{2.2, 4.0, 1.0, 0.0};
  const Exact of(truth, 3000, 60.0);
  // Noise spread evenly over 60 mW has a variance of 60² / 12, less what five powers of 3000 take.
  EXPECT_NEAR(refine_response(of.segments, of.readings, truth, {}, 0).mean_square, 300.0, 15.0);
}

// A bound at 0 that the step would pass is kept, and the others go where they belong.
TEST(RefineResponse, WhatIsNothingStaysNothing) {
  const Response truth{0.0, 4.0, 0.0, 0.0};
  const Exact of(truth, 700);
  for (const Response& start : {Response{0.0, 4.0, 0.3, 0.0}, Response{0.4, 3.9, 0.0, 0.0}}) {
    const Refined refined =
        refine_response(of.segments, of.readings, start, free_parameters({}), 30);
    EXPECT_NEAR(refined.response.latency_ms, 4.0, 0.02);
    EXPECT_GE(refined.response.window_ms, 0.0);
    EXPECT_LT(refined.response.window_ms, 0.1);
    EXPECT_LT(refined.response.time_constant_ms, 0.05);
    EXPECT_LT(refined.mean_square,
              1e-3 * refine_response(of.segments, of.readings, start, {}, 0).mean_square);
  }
  // From later than it is a window and a low pass would have to be less than nothing.
  const Refined late = refine_response(of.segments, of.readings, {0.0, 4.3, 0.0, 0.0},
                                       {Parameter::window, Parameter::time_constant}, 20);
  EXPECT_EQ(late.response.window_ms, 0.0);
  EXPECT_EQ(late.response.time_constant_ms, 0.0);
  EXPECT_EQ(late.response.latency_ms, 4.3);
}

TEST(RefineResponse, OneFreeFigureMovesAlone) {
  const Response truth{2.2, 4.0, 1.0, 0.0};
  const Exact of(truth, 700);
  for (const Parameter free : free_parameters({})) {
    const Response start = with(truth, free, get(truth, free) + 0.3);
    const Refined refined = refine_response(of.segments, of.readings, start, {free}, 10);
    EXPECT_NEAR(get(refined.response, free), get(truth, free), 1e-4);
    const Response back = with(refined.response, free, get(truth, free));
    EXPECT_EQ(back.latency_ms, 4.0);
    EXPECT_EQ(back.window_ms, 2.2);
    EXPECT_EQ(back.time_constant_ms, 1.0);
  }
}

TEST(DifferenceStep, IsAThousandthOfAMillisecondOrAHundredthOfALowPass) {
  const Response response{50.0, 50.0, 0.1, 0.0};
  EXPECT_DOUBLE_EQ(difference_step(response, Parameter::latency), 1e-3);
  EXPECT_DOUBLE_EQ(difference_step(response, Parameter::window), 1e-3);
  EXPECT_DOUBLE_EQ(difference_step(response, Parameter::time_constant), 2e-3);
  EXPECT_DOUBLE_EQ(difference_step({0.0, 0.0, 5.0, 0.0}, Parameter::time_constant), 0.05);
}

// Beside a low pass that is given too long, a window would have to be less than nothing; the
// latency goes to where it fits best without one.
TEST(RefineResponse, BesideWhatIsHeldAtItsBoundTheRestFitsAsIfAlone) {
  const Exact of({0.0, 4.0, 0.8, 0.0}, 700);
  const Response start{0.0, 3.7, 1.0, 0.0};
  const Refined alone = refine_response(of.segments, of.readings, start, {Parameter::latency}, 20);
  const Refined both =
      refine_response(of.segments, of.readings, start, {Parameter::latency, Parameter::window}, 20);
  EXPECT_EQ(both.response.window_ms, 0.0);
  EXPECT_NEAR(both.response.latency_ms, alone.response.latency_ms, 1e-3);
  EXPECT_GT(alone.response.latency_ms, 3.9);
  EXPECT_LT(alone.response.latency_ms, 4.0);
}

}  // namespace
}  // namespace layerwatt
