#include "attribution/covariance.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

TEST(UncertaintyOf, AMeanOfIndependentReadingsHasItsTextbookError) {
  // One layer for ever and a sensor without memory: the fit is the mean, its variance σ²/n.
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000'000};
  iterations.layer_ms = {1e6};
  const Segments segments = make_segments(iterations);
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  Readings readings;
  for (int k = 0; k < 10000; ++k) {
    readings.time_ms.push_back(10.0 + k);
    readings.weight.push_back(1.0);
    readings.value.push_back(100.0 + 30.0 * normal(random));
  }
  const Response response{1.0, 0.0, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty u = uncertainty_of(segments, readings, response, {}, equations, p);
  EXPECT_NEAR(p(0, 0), 100.0, 1.5);
  EXPECT_NEAR(u.residual_mw(0), 30.0, 1.0);
  EXPECT_NEAR(std::sqrt(u.powers(0, 0)), 0.3, 0.03);
  EXPECT_EQ(u.samples[0], 10000u);
}

// 0.02 of 6 ms: with a share of 1 % as what counts, no reading had seen such a layer, and its
// energy was missing from the sum.
TEST(UncertaintyOf, AVeryShortLayerIsSeenToo) {
  Iterations iterations;
  iterations.layers = {"long", "short"};
  for (int i = 0; i < 1000; ++i) {
    iterations.start_ns.push_back(i * 7'000'000LL);
    iterations.end_ns.push_back((i + 1) * 7'000'000LL);
    iterations.layer_ms.insert(iterations.layer_ms.end(), {6.98, 0.02});
  }
  const Segments segments = make_segments(iterations);
  Readings readings;
  for (int k = 0; k < 1000; ++k) {
    readings.time_ms.push_back(10.0 + 5.003 * k);
    readings.weight.push_back(1.0);
    readings.value.push_back(100.0 + k % 2);
  }
  const Response response{6.0, 0.0, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty u = uncertainty_of(segments, readings, response, {}, equations, p);
  EXPECT_NEAR(static_cast<double>(u.samples[1]), 1000.0 * 6.0 / 7.0, 20.0);
  EXPECT_NEAR(static_cast<double>(u.samples[0]), 1000.0, 20.0);
  EXPECT_EQ(u.samples[segments.idle()], 0u);
}

TEST(UncertaintyOf, AnUnknownResponseWidensTheIntervals) {
  const auto made = synthetic::make({.layers = 8, .window_ms = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  const Response response{3.0, 7.3, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty known = uncertainty_of(segments, readings, response, {}, equations, p);
  const Uncertainty unknown = uncertainty_of(segments, readings, response,
                                             {Parameter::latency, Parameter::window}, equations, p);
  double narrow = 0.0;
  double wide = 0.0;
  for (Eigen::Index j = 0; j < 8; ++j) {
    narrow += known.powers(j, j);
    wide += unknown.powers(j, j);
  }
  EXPECT_GT(wide, 1.05 * narrow);
  ASSERT_EQ(unknown.parameter_std.size(), 2u);
  EXPECT_GT(unknown.parameter_std[0], 0.0);
}

// One layer for ever and a sensor without memory: the fit is the mean, which is not fitted here but
// given as 100 mW. `error_mw`: of each reading; 0 takes a reading out, wherever it lies.
Uncertainty of_mean(const std::vector<double>& error_mw, double weight) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000};
  iterations.layer_ms = {1000.0};
  const Segments segments = make_segments(iterations);
  Readings readings;
  for (const double error : error_mw) {
    readings.time_ms.push_back(10.0 + 0.5 * static_cast<double>(readings.size()));
    readings.weight.push_back(error != 0.0 ? weight : 0.0);
    readings.value.push_back(error != 0.0 ? 100.0 + error : 1e6);
  }
  const Response response{1.0, 0.0, 0.0, 0.0};
  Eigen::MatrixXd p = Eigen::MatrixXd::Zero(4, 1);
  p(0, 0) = 100.0;
  return uncertainty_of(segments, readings, response, {}, accumulate(segments, readings, response),
                        p);
}

std::vector<double> repeated(const std::vector<double>& pattern, std::size_t count) {
  std::vector<double> all;
  for (std::size_t k = 0; k < count; ++k) all.push_back(pattern[k % pattern.size()]);
  return all;
}

// 48 readings for 4 unknowns are judged by 24 blocks of two, whose errors of ±1 mW add up to ±2.
TEST(UncertaintyOf, NeighboursThatErrTogetherCountInBlocks) {
  for (const double weight : {1.0, 4.0}) {
    const Uncertainty u = of_mean(repeated({1, 1, -1, -1}, 48), weight);
    const double correction = 48.0 / 44.0 * 24.0 / 20.0;
    EXPECT_NEAR(u.powers(0, 0), correction * 24.0 * 4.0 / (48.0 * 48.0), 1e-9) << weight;
    EXPECT_NEAR(u.residual_mw(0), std::sqrt(weight * 48.0 / 44.0), 1e-9);
    EXPECT_EQ(u.samples[0], 48u);
  }
}

TEST(UncertaintyOf, AreNeverNarrowerThanWhiteNoiseMakesThem) {
  const Uncertainty u = of_mean(repeated({1, -1}, 48), 1.0);
  EXPECT_NEAR(u.powers(0, 0), 48.0 / 44.0 / 48.0, 1e-9);
}

// Readings that are out belong to no block; the last block is one reading short.
TEST(UncertaintyOf, OutliersAreNotThereAndTheLastBlockCounts) {
  std::vector<double> errors = repeated({1, 1, -1, -1}, 47);
  errors.insert(errors.begin() + 10, 0.0);
  errors.insert(errors.begin(), 0.0);
  errors.push_back(0.0);
  const Uncertainty u = of_mean(errors, 1.0);
  const double correction = 47.0 / 43.0 * 24.0 / 20.0;
  EXPECT_NEAR(u.powers(0, 0), correction * (23.0 * 4.0 + 1.0) / (47.0 * 47.0), 1e-9);
  EXPECT_NEAR(u.residual_mw(0), std::sqrt(47.0 / 43.0), 1e-9);
  EXPECT_EQ(u.samples[0], 47u);
}

TEST(UncertaintyOf, FewerReadingsThanUnknownsWidenByTheirNumber) {
  const Uncertainty u = of_mean({1.0, 1.0, 1.0}, 1.0);
  EXPECT_NEAR(u.powers(0, 0), 3.0 * 3.0 * 3.0 / 9.0, 1e-9);
  EXPECT_NEAR(u.residual_mw(0), std::sqrt(3.0), 1e-9);
  // Each is a block of its own: errors of neighbours do not cancel.
  EXPECT_NEAR(of_mean({1.0, -1.0, 1.0}, 1.0).powers(0, 0), 3.0, 1e-9);
}

// Blocks are of 40 readings at most: 1200 readings for 4 unknowns would make them 50 long.
TEST(UncertaintyOf, BlocksHaveFortyReadingsAtMost) {
  std::vector<double> errors(1200, 1.0);
  for (std::size_t k = 0; k < errors.size(); ++k) errors[k] = k / 40 % 2 == 0 ? 1.0 : -1.0;
  const Uncertainty u = of_mean(errors, 1.0);
  const double correction = 1200.0 / 1196.0 * 30.0 / 26.0;
  EXPECT_NEAR(u.powers(0, 0), correction * 30.0 * 1600.0 / (1200.0 * 1200.0), 1e-9);
}

struct Piece {
  double begin_ms;
  double end_ms;
  Eigen::Index column;
};

// Shares of a box of `window_ms` that ended `latency_ms` before `time_ms`.
Eigen::VectorXd shares(double time_ms, double window_ms, double latency_ms) {
  const Piece pieces[] = {{-1e3, 0, 2}, {0, 20, 0},  {20, 30, 1}, {30, 40, 3},
                          {40, 60, 0},  {60, 75, 1}, {75, 1e3, 2}};
  const double to = time_ms - latency_ms;
  Eigen::VectorXd out = Eigen::VectorXd::Zero(4);
  for (const Piece& piece : pieces) {
    const double inside = std::min(to, piece.end_ms) - std::max(to - window_ms, piece.begin_ms);
    out(piece.column) += std::max(0.0, inside) / window_ms;
  }
  return out;
}

// The sandwich of the textbook, with every matrix written out in full.
TEST(UncertaintyOf, IsTheSandwichWithTheResponsesSlopesAsColumns) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0, 40'000'000};
  iterations.end_ns = {30'000'000, 75'000'000};
  iterations.layer_ms = {20.0, 20.0};
  const Segments segments = make_segments(iterations);
  const Response response{10.0, 2.0, 0.0, 0.0};
  Eigen::MatrixXd p(4, 2);
  p.col(0) << 900, 500, 100, 300;
  p.col(1) << 90, 50, 10, 30;

  Readings readings;
  readings.channels = 2;
  constexpr Eigen::Index kReadings = 150;
  constexpr double kStep = 1e-3;
  Eigen::MatrixXd rows(kReadings, 6);
  Eigen::VectorXd weight(kReadings);
  Eigen::MatrixXd error(kReadings, 2);
  for (Eigen::Index k = 0; k < kReadings; ++k) {
    const double t = -5.0 + 0.637 * static_cast<double>(k);
    const Eigen::VectorXd share = shares(t, 10.0, 2.0);
    rows.row(k).head(4) = share.transpose();
    rows(k, 4) = (shares(t, 10.0, 2.0 + kStep) - share).dot(p.col(0)) / kStep;
    rows(k, 5) = (shares(t, 10.0 + kStep, 2.0) - share).dot(p.col(0)) / kStep;
    weight(k) = static_cast<double>(k % 3) + 0.5;
    error(k, 0) = static_cast<double>(k * 7 % 5) - 1.5;
    error(k, 1) = static_cast<double>(k * 3 % 4) - 1.0;
    readings.time_ms.push_back(t);
    readings.weight.push_back(weight(k));
    for (Eigen::Index c = 0; c < 2; ++c)
      readings.value.push_back(share.dot(p.col(c)) + error(k, c));
  }
  constexpr Eigen::Index kBlock = 4;  // 150 / (6 · 6)
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(6, 6);
  double blocks = 0.0;
  for (Eigen::Index k = 0; k < kReadings; k += kBlock) {
    Eigen::VectorXd score = Eigen::VectorXd::Zero(6);
    for (Eigen::Index i = k; i < std::min(k + kBlock, kReadings); ++i) {
      score += weight(i) * error(i, 0) * rows.row(i).transpose();
    }
    meat += score * score.transpose();
    blocks += 1.0;
  }
  const Eigen::MatrixXd bread = (rows.transpose() * weight.asDiagonal() * rows).inverse();
  const double correction = 150.0 / 144.0 * blocks / (blocks - 6.0);
  Eigen::MatrixXd covariance = correction * bread * meat * bread;
  const Eigen::VectorXd squares = error.cwiseAbs2().transpose() * weight;
  const Eigen::VectorXd white = squares(0) / 144.0 * bread.diagonal();

  const Uncertainty u =
      uncertainty_of(segments, readings, response, {Parameter::latency, Parameter::window},
                     accumulate(segments, readings, response), p);
  for (Eigen::Index i = 0; i < 4; ++i) {
    covariance(i, i) = std::max(covariance(i, i), white(i));
    for (Eigen::Index j = 0; j < 4; ++j) {
      EXPECT_NEAR(u.powers(i, j), covariance(i, j), 1e-5 * covariance.diagonal().maxCoeff())
          << i << ", " << j;
    }
  }
  ASSERT_EQ(u.parameter_std.size(), 2u);
  EXPECT_NEAR(u.parameter_std[0] / std::sqrt(covariance(4, 4)), 1.0, 1e-5);
  EXPECT_NEAR(u.parameter_std[1] / std::sqrt(covariance(5, 5)), 1.0, 1e-5);
  EXPECT_NEAR(u.residual_mw(0), std::sqrt(squares(0) / 144.0), 1e-9);
  EXPECT_NEAR(u.residual_mw(1), std::sqrt(squares(1) / 144.0), 1e-9);
  const Eigen::VectorXd seen = rows.leftCols(4).colwise().sum();
  EXPECT_EQ(u.samples[0], static_cast<std::uint64_t>(std::llround(seen(0))));
  EXPECT_EQ(u.samples[2], static_cast<std::uint64_t>(std::llround(seen(2))));
}

// Each reading is a mean over five inferences of 1 ms and 1 ms: their layers are the same to it.
TEST(UncertaintyOf, WhatReadingsCannotTellApartIsOpenByManyOrders) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  for (int i = 0; i < 200; ++i) {
    iterations.start_ns.push_back(i * 2'000'000LL);
    iterations.end_ns.push_back((i + 1) * 2'000'000LL);
    iterations.layer_ms.insert(iterations.layer_ms.end(), {1.0, 1.0});
  }
  const Segments segments = make_segments(iterations);
  ASSERT_EQ(segments.columns(), 5u);
  for (const int count : {5, 50}) {
    Readings readings;
    for (int k = 0; k < count; ++k) {
      readings.time_ms.push_back(20.0 + 7.0 * k);
      readings.weight.push_back(1.0);
      readings.value.push_back(100.0 + (k % 2 == 0 ? 1.0 : -1.0));
    }
    const Response response{10.0, 0.0, 0.0, 0.0};
    Eigen::MatrixXd p = Eigen::MatrixXd::Zero(5, 1);
    p(0, 0) = p(1, 0) = 100.0;
    const Uncertainty u = uncertainty_of(segments, readings, response, {},
                                         accumulate(segments, readings, response), p);
    // Squares of n readings over n/4 times ((1, 1), (1, 1)), which brought to a diagonal of 1 has 2
    // and 0 as eigenvalues; 0 counts as 1e-11 of 2.
    const double variance = count / std::max(count - 5.0, 1.0);
    const double inverse = 4.0 / count * (0.5 / 2.0 + 0.5 / 2e-11);
    EXPECT_NEAR(u.powers(0, 0) / (variance * inverse), 1.0, 1e-6) << count;
    EXPECT_NEAR(u.powers(1, 1) / (variance * inverse), 1.0, 1e-6) << count;
  }
}

}  // namespace
}  // namespace layerwatt
