#include "attribution/excite_mirrors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "attribution/excite_least_squares.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

BurstWindow half_pass(std::vector<double> extra) {
  BurstWindow window;
  window.extra = std::move(extra);
  window.pass_ms = 2.0;
  window.like_plain = true;
  return window;
}

std::vector<std::optional<std::size_t>> pairs_of(const std::vector<BurstWindow>& windows) {
  std::vector<const BurstWindow*> all;
  for (const BurstWindow& window : windows) all.push_back(&window);
  return mirror_pairs(all);
}

TEST(ExciteMirrors, AHalfPassAndWhatItLacksAreAPair) {
  BurstWindow alone = half_pass({0, 9, 0, 0, 0});
  alone.like_plain = false;
  // The fourth part is in each half pass: no layer.
  const auto pairs = pairs_of({half_pass({1, 1, 0, 1, 0}), half_pass({0, 0, 1, 1, 0}),
                               half_pass({1, 0, 1, 1, 0}), alone, half_pass({1, 1, 0, 1, 0}),
                               half_pass({1, 0, 0, 1, 0}), half_pass({0, 1, 1, 1, 0})});
  EXPECT_EQ(pairs[0], pairs[1]);
  EXPECT_EQ(pairs[4], pairs[1]);
  EXPECT_TRUE(pairs[0]);
  EXPECT_FALSE(pairs[2]) << "its image was not run";
  EXPECT_FALSE(pairs[3]);
  EXPECT_EQ(pairs[5], pairs[6]);
  EXPECT_NE(pairs[5], pairs[0]);
}

TEST(ExciteMirrors, WithoutHalfPassesThereAreNone) {
  BurstWindow plain = half_pass({0, 0, 0});
  plain.like_plain = false;
  EXPECT_THAT(pairs_of({plain, plain}), testing::Each(std::nullopt));
  EXPECT_THAT(pairs_of({}), testing::SizeIs(0));
}

// 14 plain rows, and 20 of each of eight half passes of three parts and their images, where both of
// a pair have 0.5 (one standard deviation) in common and each row 0.1 of its own.
struct Made {
  MatrixXd x;
  VectorXd y;
  MatrixXd pairs;

  explicit Made(std::uint64_t seed, int repeats = 20) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    const double rows[4][3] = {{1, 1, 0}, {1, 0, 1}, {0, 1, 1}, {1, 1, 1}};
    const Index half_passes = 8 * repeats;
    x = MatrixXd::Zero(14 + half_passes, 4);
    y.resize(14 + half_passes);
    pairs = MatrixXd::Zero(14 + half_passes, 4);
    x.col(0).setOnes();
    double common[4];
    for (double& value : common) value = 0.5 * normal(random);
    for (Index i = 0; i < half_passes; ++i) {
      const Index pair = i % 4;
      for (Index j = 0; j < 3; ++j) {
        const double own = rows[pair][j];
        x(14 + i, j + 1) = i % 8 < 4 ? own : 1.0 - own;
      }
      pairs(14 + i, pair) = 1.0;
    }
    for (Index i = 0; i < y.size(); ++i) {
      y(i) = 10.0 + x.row(i).tail(3).sum() + 0.1 * normal(random);
      for (Index p = 0; p < 4; ++p) y(i) += pairs(i, p) * common[p];
    }
  }
};

TEST(ExciteMirrors, WhatAPairHasInCommonIsNoNoise) {
  const Made made(3);
  const LinearFit fit = solve_least_squares(made.x, made.y);
  const Mirrors mirrors(made.x, fit.solve, made.pairs);
  const auto degrees = static_cast<double>(made.x.rows() - made.x.cols());
  const MirrorScatter scatter = mirrors.scatter(fit.residuals.col(0), degrees);
  EXPECT_NEAR(std::sqrt(scatter.noise), 0.1, 0.015);
  EXPECT_GT(fit.residuals.col(0).squaredNorm() / degrees, 4.0 * scatter.noise);
  // The noise is that of a fit that has the pairs as columns.
  MatrixXd both(made.x.rows(), made.x.cols() + made.pairs.cols());
  both << made.x, made.pairs;
  const LinearFit with = solve_least_squares(both, made.y, Wanted::coefficients);
  ASSERT_TRUE(with.full_rank);
  const VectorXd left = with.residuals.col(0);
  EXPECT_NEAR(scatter.noise, left.squaredNorm() / static_cast<double>(both.rows() - both.cols()),
              1e-9);
  EXPECT_NEAR((mirrors.left(made.y) - left).norm(), 0.0, 1e-8);
  const MatrixXd spread = fit.solve * made.pairs;
  const MatrixXd covariance = mirrors.covariance(scatter);
  EXPECT_NEAR((covariance - scatter.noise * fit.solve * fit.solve.transpose() -
               scatter.pair_variance * spread * spread.transpose())
                  .norm(),
              0.0, 1e-12);
}

TEST(ExciteMirrors, HowMuchPairsHaveInCommon) {
  double variance = 0.0;
  constexpr int kDraws = 60;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Made made(static_cast<std::uint64_t>(100 + draw), 6);
    const LinearFit fit = solve_least_squares(made.x, made.y);
    const Mirrors mirrors(made.x, fit.solve, made.pairs);
    const auto degrees = static_cast<double>(made.x.rows() - made.x.cols());
    variance += mirrors.scatter(fit.residuals.col(0), degrees).pair_variance / kDraws;
  }
  EXPECT_NEAR(variance, 0.25, 0.06);
}

TEST(ExciteMirrors, WithoutPairsOrWithFewRowsAllIsNoise) {
  const Made made(3);
  const LinearFit fit = solve_least_squares(made.x, made.y);
  const VectorXd residuals = fit.residuals.col(0);
  const Mirrors none(made.x, fit.solve, MatrixXd(made.x.rows(), 0));
  EXPECT_EQ(none.scatter(residuals, 10.0).noise, residuals.squaredNorm() / 10.0);
  EXPECT_EQ(none.scatter(residuals, 10.0).pair_variance, 0.0);
  EXPECT_EQ(none.left(made.y), made.y - made.x * (fit.solve * made.y));
  const Mirrors some(made.x, fit.solve, made.pairs);
  EXPECT_EQ(some.scatter(residuals, 8.0).noise, residuals.squaredNorm() / 8.0);
  EXPECT_EQ(some.scatter(residuals, 8.0).pair_variance, 0.0);
}

}  // namespace
}  // namespace layerwatt
