#include "attribution/stamp_error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

TEST(FitNoise, TellsTheSensorsNoiseFromTheStampsError) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> residual;
  std::vector<double> scatter;
  // Noise 30 mW; stamps off by 0.1 ms on slopes of 0 … 5 W/ms; tried with 0.05 ms.
  for (int k = 0; k < 20000; ++k) {
    const double slope = 5000.0 * (k % 100) / 100.0;
    scatter.push_back(std::pow(0.05 * slope, 2));
    residual.push_back(30.0 * normal(random) + 0.1 * slope * normal(random));
  }
  const NoiseModel noise =
      fit_noise(residual, scatter, 0.05, std::vector<double>(residual.size(), 1.0));
  EXPECT_NEAR(noise.noise_mw, 30.0, 2.0);
  EXPECT_NEAR(noise.stamp_error_ms, 0.1, 0.003);
}

TEST(FitNoise, NoStampErrorIsFoundWhereThereIsNone) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  std::vector<double> residual;
  std::vector<double> scatter;
  for (int k = 0; k < 5000; ++k) {
    scatter.push_back(1e4 * (k % 10));
    residual.push_back(30.0 * normal(random));
  }
  const NoiseModel noise =
      fit_noise(residual, scatter, 0.05, std::vector<double>(residual.size(), 1.0));
  EXPECT_NEAR(noise.noise_mw, 30.0, 1.0);
  EXPECT_LT(noise.stamp_error_ms, 0.004);
}

TEST(WeightsFor, AreInverseVariancesWithAMedianOfOneAndKeepZeros) {
  const auto weights = weights_for({1.0, 2.0, 4.0, 8.0}, {1.0, 1.0, 1.0, 0.0});
  EXPECT_DOUBLE_EQ(weights[0], 2.0);
  EXPECT_DOUBLE_EQ(weights[1], 1.0);
  EXPECT_DOUBLE_EQ(weights[2], 0.5);
  EXPECT_DOUBLE_EQ(weights[3], 0.0);
}

TEST(ExpectedVariance, ScalesTheScatterByTheStampErrorSquared) {
  const auto variance = expected_variance({3.0, 0.2}, {0.0, 5.0}, 0.1);
  EXPECT_DOUBLE_EQ(variance[0], 9.0);
  EXPECT_DOUBLE_EQ(variance[1], 9.0 + 4.0 * 5.0);
}

NoiseModel noise_of(const std::vector<double>& squared_residual_mw2,
                    const std::vector<double>& scatter_mw2) {
  std::vector<double> residual;
  for (const double square : squared_residual_mw2) residual.push_back(std::sqrt(square));
  return fit_noise(residual, scatter_mw2, 0.5, std::vector<double>(residual.size(), 1.0));
}

// r² = 9 + 4 s, whatever an outlier says.
TEST(FitNoise, IsExactWhereSquaresLieOnALineAndOutliersAreOut) {
  const NoiseModel noise = fit_noise({1e200, 3.0, -std::sqrt(13.0), 1e200, std::sqrt(29.0), -7.0},
                                     {7, 0, 1, 7, 5, 10}, 0.5, {0.0, 1.0, 1.0, 0.0, 1.0, 1.0});
  EXPECT_NEAR(noise.noise_mw, 3.0, 1e-9);
  EXPECT_NEAR(noise.stamp_error_ms, 2.0 * 0.5, 1e-9);
}

// r² = 9e6 + 4e6 s, and 0.25 + 4 s.
TEST(FitNoise, TheSizeOfTheNoiseDoesNotMatter) {
  const NoiseModel large = noise_of({9e6, 13e6, 29e6, 49e6}, {0, 1, 5, 10});
  EXPECT_NEAR(large.noise_mw, 3e3, 1e-6);
  EXPECT_NEAR(large.stamp_error_ms, 2e3 * 0.5, 1e-6);
  const NoiseModel small = noise_of({0.25, 4.25, 20.25, 40.25}, {0, 1, 5, 10});
  EXPECT_NEAR(small.noise_mw, 0.5, 1e-9);
  EXPECT_NEAR(small.stamp_error_ms, 2.0 * 0.5, 1e-9);
}

// 1, 4 and 10 lie on no line: weighted by the square of what is expected, what is left of them has
// neither a mean nor a slope.
TEST(FitNoise, SquaresAreWeightedByTheSquareOfWhatIsExpected) {
  const std::vector<double> square = {1.0, 4.0, 10.0};
  const std::vector<double> scatter = {0.0, 1.0, 10.0};
  const NoiseModel noise = noise_of(square, scatter);
  const double a = noise.noise_mw * noise.noise_mw;
  const double c = std::pow(noise.stamp_error_ms / 0.5, 2);
  double mean = 0.0;
  double slope = 0.0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double expected = a + c * scatter[k];
    mean += (square[k] - expected) / (expected * expected);
    slope += scatter[k] * (square[k] - expected) / (expected * expected);
  }
  EXPECT_NEAR(mean, 0.0, 1e-3);
  EXPECT_NEAR(slope, 0.0, 1e-3);
  EXPECT_GT(c, 0.5);
}

TEST(FitNoise, ASlopeBelowNothingIsNoStampError) {
  const NoiseModel noise = noise_of({10, 9, 8, 7, 6}, {0, 1, 2, 3, 4});
  EXPECT_NEAR(noise.noise_mw, std::sqrt(8.0), 1e-9);
  EXPECT_EQ(noise.stamp_error_ms, 0.0);
}

TEST(FitNoise, ReadingsThatAreAllAsSteepTellNoStampError) {
  const NoiseModel noise = noise_of({4, 10, 4}, {5, 5, 5});
  EXPECT_NEAR(noise.noise_mw, std::sqrt(6.0), 1e-9);
  EXPECT_EQ(noise.stamp_error_ms, 0.0);
}

// r² = s − 1: all of it is the stamps', the mean of r² / s; the noise is a thousandth of what is
// left by these weights, 1 / s².
TEST(FitNoise, NoiseBelowNothingIsNextToNone) {
  const NoiseModel noise = noise_of({0, 1, 3}, {1, 2, 4});
  EXPECT_NEAR(std::pow(noise.stamp_error_ms / 0.5, 2), (0.0 + 0.5 + 0.75) / 3.0, 0.005);
  EXPECT_NEAR(noise.noise_mw * noise.noise_mw, 1e-3 * (0.25 + 0.1875) / (1.0 + 0.25 + 0.0625),
              1e-5);
}

TEST(FitNoise, NothingLeftIsNoNoise) {
  const NoiseModel noise = noise_of({0, 0, 0}, {0, 1, 2});
  EXPECT_NEAR(noise.noise_mw, 0.0, 1e-4);
  EXPECT_EQ(noise.stamp_error_ms, 0.0);
  const NoiseModel unread = fit_noise({1.0, 2.0}, {1.0, 2.0}, 0.5, {0.0, 0.0});
  EXPECT_EQ(unread.noise_mw, 0.0);
  EXPECT_EQ(unread.stamp_error_ms, 0.0);
}

TEST(FitNoise, OfOneReadingIsItsResidual) {
  const NoiseModel noise = fit_noise({-3.0, 7.0}, {5.0, 1.0}, 0.5, {1.0, 0.0});
  EXPECT_NEAR(noise.noise_mw, 3.0, 1e-9);
  EXPECT_EQ(noise.stamp_error_ms, 0.0);
}

TEST(FitNoise, WherePowerIsFlatStampsTellNothing) {
  const NoiseModel noise = noise_of({4, 10, 4}, {0, 0, 0});
  EXPECT_NEAR(noise.noise_mw, std::sqrt(6.0), 1e-9);
  EXPECT_EQ(noise.stamp_error_ms, 0.0);
}

// r² = s, exactly: as above, the noise is a thousandth of what is left by 1 / s².
TEST(FitNoise, WhereStampsExplainAllSomeNoiseIsAssumed) {
  const NoiseModel noise = noise_of({1, 4, 16}, {1, 4, 16});
  EXPECT_NEAR(noise.stamp_error_ms, 0.5, 1e-9);
  EXPECT_NEAR(noise.noise_mw * noise.noise_mw,
              1e-3 * (1.0 + 1.0 / 4.0 + 1.0 / 16.0) / (1.0 + 1.0 / 16.0 + 1.0 / 256.0), 1e-5);
}

TEST(LeaveOutOutliers, MoreThanEightDeviationsOnce) {
  std::vector<double> weight = {2, 1, 1, 0, 3, 1, 1};
  const std::vector<double> residual = {8.01, 8, -8.01, 100, 0, 15.9, -16.1};
  const std::vector<double> variance = {1, 1, 1, 1, 1, 4, 4};
  EXPECT_EQ(leave_out_outliers(residual, variance, weight), 3U);
  EXPECT_EQ(weight, (std::vector<double>{0, 1, 0, 0, 3, 1, 0}));
  EXPECT_EQ(leave_out_outliers(residual, variance, weight), 0U);
}

TEST(WeightsFor, TheMedianIsOfTheReadingsThatAreIn) {
  const auto weights = weights_for({16, 1, 1e-9, 8, 4, 2}, {1, 1, 0, 1, 1, 1});
  EXPECT_EQ(weights, (std::vector<double>{0.25, 4.0, 0.0, 0.5, 1.0, 2.0}));
  EXPECT_EQ(weights_for({1, 2}, {0, 0}), (std::vector<double>{0.0, 0.0}));
}

}  // namespace
}  // namespace layerwatt
