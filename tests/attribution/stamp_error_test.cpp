#include "attribution/stamp_error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

}  // namespace
}  // namespace layerwatt
