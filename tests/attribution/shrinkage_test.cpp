#include "attribution/shrinkage.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace layerwatt {
namespace {

Eigen::VectorXd vector(std::initializer_list<double> values) {
  Eigen::VectorXd out(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

TEST(ScatterOf, IsWhatTheErrorsDoNotExplain) {
  // Mean 10, squares 16 + 16 + 16 + 16 = 64 = 3 × (errors' 1 + 20.33…).
  const Scatter scatter = scatter_of(vector({6.0, 14.0, 6.0, 14.0}), vector({1.0, 1.0, 1.0, 1.0}));
  EXPECT_NEAR(scatter.mean_mw, 10.0, 1e-9);
  EXPECT_NEAR(scatter.std_mw, std::sqrt(64.0 / 3.0 - 1.0), 1e-6);
}

TEST(ScatterOf, ABadlyKnownLayerHardlyCounts) {
  const Scatter scatter =
      scatter_of(vector({6.0, 14.0, 6.0, 14.0, 900.0}), vector({1.0, 1.0, 1.0, 1.0, 1e6}));
  EXPECT_NEAR(scatter.mean_mw, 10.0, 0.1);
  EXPECT_NEAR(scatter.std_mw, 4.3, 0.5);
}

TEST(ScatterOf, NeverTakesLayersForEqual) {
  // All alike to within their errors; a quarter of the mean is left.
  const Scatter scatter = scatter_of(vector({8.0, 8.0, 8.0}), vector({4.0, 4.0, 4.0}));
  EXPECT_NEAR(scatter.std_mw, 2.0, 1e-6);
}

// 0.1 and 0.3 mW, known exactly: 2 × 0.1² over one degree of freedom. Of a device of milliwatts as
// of one of kilowatts.
TEST(ScatterOf, IsTheSameInAnyUnit) {
  for (const double unit : {1.0, 1e3, 1e6}) {
    const Scatter scatter =
        scatter_of(unit * vector({0.1, 0.3}), unit * unit * vector({1e-9, 1e-9}));
    EXPECT_NEAR(scatter.mean_mw / unit, 0.2, 1e-9);
    EXPECT_NEAR(scatter.std_mw / unit, std::sqrt(0.02), 1e-6);
  }
}

// Of two that are as far apart as their errors say: a quarter of their mean by weights of 100 and
// 25, 8.02.
TEST(ScatterOf, TheLeastIsAQuarterOfTheMeanByWeight) {
  const Scatter scatter = scatter_of(vector({8.0, 8.1}), vector({0.01, 0.04}));
  EXPECT_NEAR(scatter.std_mw, 0.25 * 8.02, 1e-6);
}

TEST(Shrink, OneLayerIsTheWeightedMeanOfItsEstimateAndTheOthers) {
  Eigen::MatrixXd covariance(1, 1);
  covariance << 9.0;
  const Shrunk shrunk = shrink(covariance, 1, 3.0);  // as well known as layers scatter: half way
  EXPECT_DOUBLE_EQ(shrunk.gain(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(shrunk.covariance(0, 0), 4.5);
}

TEST(Shrink, LeavesWhatIsKnownAlone) {
  // Two layers of which the readings know the sum, and hardly the difference, and a third that
  // they know. Sum 0 and 1: variance 2 (1 − 0.9999) 100 = 0.02.
  Eigen::MatrixXd covariance(3, 3);
  covariance << 100.0, -99.99, 0.0, -99.99, 100.0, 0.0, 0.0, 0.0, 1e-4;
  const Eigen::VectorXd p = vector({40.0, -20.0, 30.0});
  const Shrunk shrunk = shrink(covariance, 3, 5.0);
  const Eigen::VectorXd moved = p - shrunk.gain * (p.array() - 10.0).matrix();
  EXPECT_NEAR(moved(2), 30.0, 1e-3);
  EXPECT_NEAR(moved(0) + moved(1), 20.0, 0.02);
  // Their difference goes from 60 towards 0: by 25 / (25 + 199.99 / 2…).
  EXPECT_NEAR(moved(0) - moved(1), 60.0 * 25.0 / (25.0 + 199.99), 0.01);
  EXPECT_LT(shrunk.covariance(0, 0), 25.0);
  EXPECT_NEAR(shrunk.covariance(2, 2), 1e-4, 1e-8);
}

TEST(Shrink, AColumnThatIsNoLayerFollowsByItsCovariance) {
  // Time outside layers: anticorrelated with the layer, and with no scatter of its own to go by.
  Eigen::MatrixXd covariance(2, 2);
  covariance << 9.0, -9.0, -9.0, 9.0;
  const Shrunk shrunk = shrink(covariance, 1, 3.0);
  EXPECT_DOUBLE_EQ(shrunk.gain(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(shrunk.gain(1, 0), -0.5);
  EXPECT_DOUBLE_EQ(shrunk.covariance(1, 1), 4.5);
}

// Seven layers, the third of which no reading touched, and what is outside them; a total and a
// rail. The six draw 4 and 16 mW in turn, give or take 3: their squares, 216, are 5 times 9 + 34.2,
// so that a layer keeps 34.2 / 43.2 = 19/24 of its distance from the mean.
class ShrinkLayers : public testing::Test {
 protected:
  ShrinkLayers() : power(8, 2), covariance(Eigen::MatrixXd::Identity(8, 8) * 9.0) {
    power.col(0) = vector({4.0, 16.0, 99.0, 4.0, 16.0, 4.0, 16.0, 20.0});
    power.col(1) = vector({1.0, 5.0, 98.0, 1.0, 5.0, 1.0, 5.0, 7.0});
    covariance(2, 2) = 1e30;
  }

  std::vector<std::uint64_t> samples = {5, 1, 0, 5, 5, 5, 5, 5};
  Eigen::MatrixXd power;
  Eigen::MatrixXd covariance;
};

TEST_F(ShrinkLayers, DrawsEachChannelTowardsItsMean) {
  shrink_layers(7, samples, power, covariance);
  for (const Eigen::Index j : {0, 3, 5}) {
    EXPECT_NEAR(power(j, 0), 10.0 - 4.75, 1e-6) << j;
    EXPECT_NEAR(power(j, 1), 3.0 - 2.0 * 19.0 / 24.0, 1e-6) << j;
    EXPECT_NEAR(covariance(j, j), 9.0 * 19.0 / 24.0, 1e-6) << j;
  }
  for (const Eigen::Index j : {1, 4, 6}) {
    EXPECT_NEAR(power(j, 0), 10.0 + 4.75, 1e-6) << j;
    EXPECT_NEAR(power(j, 1), 3.0 + 2.0 * 19.0 / 24.0, 1e-6) << j;
  }
}

// A layer that is known to within 20 mW says less of the mean, and keeps less of its own.
TEST_F(ShrinkLayers, WhatIsBadlyKnownIsDrawnFarther) {
  covariance(1, 1) = 400.0;
  const Scatter of_total =
      scatter_of(vector({4.0, 16.0, 4.0, 16.0, 4.0, 16.0}), vector({9, 400, 9, 9, 9, 9}));
  const double more = of_total.std_mw * of_total.std_mw;
  const double known = 1.0 / (9.0 + more);
  const double badly = 1.0 / (400.0 + more);
  shrink_layers(7, samples, power, covariance);
  for (const Eigen::Index channel : {0, 1}) {
    const double low = channel == 0 ? 4.0 : 1.0;
    const double high = channel == 0 ? 16.0 : 5.0;
    const double mean = (known * (3.0 * low + 2.0 * high) + badly * high) / (5.0 * known + badly);
    EXPECT_NEAR(power(1, channel), mean + (high - mean) * more * badly, 1e-6);
    EXPECT_NEAR(power(4, channel), mean + (high - mean) * more * known, 1e-6);
  }
}

TEST_F(ShrinkLayers, AnUntouchedLayerStaysAndSaysNothing) {
  shrink_layers(7, samples, power, covariance);
  EXPECT_EQ(power(2, 0), 99.0);
  EXPECT_EQ(power(2, 1), 98.0);
  EXPECT_EQ(covariance(2, 2), 1e30);
}

TEST_F(ShrinkLayers, WhatIsOutsideFollowsByItsCovarianceAndIsNeverNegative) {
  shrink_layers(7, samples, power, covariance);
  EXPECT_NEAR(power(7, 0), 20.0, 1e-9);
  EXPECT_NEAR(covariance(7, 7), 9.0, 1e-9);

  power.col(0) = vector({4.0, 16.0, 99.0, 4.0, 16.0, 4.0, 16.0, 1.5});
  covariance = Eigen::MatrixXd::Identity(8, 8) * 9.0;
  covariance(7, 0) = covariance(0, 7) = -9.0;
  Eigen::MatrixXd lower_power = power;
  lower_power(7, 0) = 1.0;
  Eigen::MatrixXd same_covariance = covariance;
  shrink_layers(7, samples, power, covariance);
  // The first layer goes up by 1.25, this goes down by as much.
  EXPECT_NEAR(power(7, 0), 0.25, 1e-6);
  EXPECT_NEAR(covariance(7, 7), 9.0 - 81.0 / 43.2, 1e-6);
  shrink_layers(7, samples, lower_power, same_covariance);
  EXPECT_EQ(lower_power(7, 0), 0.0);
}

TEST_F(ShrinkLayers, FiveLayersStay) {
  samples[6] = 0;
  const Eigen::MatrixXd before = power;
  const Eigen::MatrixXd covariance_before = covariance;
  shrink_layers(7, samples, power, covariance);
  EXPECT_EQ(power, before);
  EXPECT_EQ(covariance, covariance_before);
  samples[6] = 1;
  shrink_layers(7, samples, power, covariance);
  EXPECT_NE(power, before);
}

}  // namespace
}  // namespace layerwatt
