#include "attribution/shrinkage.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <initializer_list>

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

}  // namespace
}  // namespace layerwatt
