#include "attribution/deconvolve_estimates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using testing::ElementsAre;

TEST(MergeUntilNarrow, LeavesLayersAloneThatAreKnownWellEnough) {
  const Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(3, 3);  // ±1.96 mJ each
  const auto groups = merge_until_narrow({10.0, 8.0, 6.0}, covariance, {true, true, true});
  EXPECT_THAT(groups, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(MergeUntilNarrow, JoinsTheNeighbourWhoseErrorCancels) {
  // Layer 1 is off by ±200 %; what it gains, layer 2 loses.
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(4, 4);
  covariance(1, 1) = covariance(2, 2) = 100.0;
  covariance(1, 2) = covariance(2, 1) = -99.0;
  const auto groups =
      merge_until_narrow({10.0, 10.0, 30.0, 10.0}, covariance, {true, true, true, true});
  EXPECT_THAT(groups, ElementsAre(ElementsAre(0), ElementsAre(1, 2), ElementsAre(3)));
}

TEST(MergeUntilNarrow, EndsWithOneGroupWhenNothingIsKnown) {
  const Eigen::MatrixXd covariance = 1e6 * Eigen::MatrixXd::Identity(3, 3);
  const auto groups = merge_until_narrow({1.0, 1.0, 1.0}, covariance, {true, true, true});
  EXPECT_THAT(groups, ElementsAre(ElementsAre(0, 1, 2)));
}

TEST(MergeUntilNarrow, AbsentLayersBelongNowhere) {
  const Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(3, 3);
  const auto groups = merge_until_narrow({10.0, 0.0, 9.0}, covariance, {true, false, true});
  EXPECT_THAT(groups, ElementsAre(ElementsAre(0), ElementsAre(2)));
}

TEST(Separates, OneGroupOfEverythingSeparatesNothing) {
  PowerEstimates estimates;
  estimates.layers.resize(2);
  for (LayerPower& layer : estimates.layers) {
    layer.total.energy_mj = Estimate{1.0, std::nullopt};
    layer.group = 0;
  }
  estimates.groups.push_back({{0, 1}, Estimate{2.0, std::nullopt}});
  EXPECT_FALSE(separates(estimates));
  estimates.layers[1].group.reset();
  EXPECT_TRUE(separates(estimates));
}

}  // namespace
}  // namespace layerwatt
