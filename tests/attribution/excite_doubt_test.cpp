#include "attribution/excite_doubt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A pass of 10 ms and 5000 mJ: parts 0, 2 and 3 of 4 (the last is what is outside layers).
ExciteFit fit() {
  ExciteFit fit;
  fit.parts = {0, 2, 3};
  fit.windows = {2, 1, 4};
  fit.disagreement = {1.0, 1.5, 3.0};
  fit.pass_ms = 10.0;
  fit.pass_mj = Eigen::VectorXd::Constant(1, 5000.0);
  fit.extra_ms = Eigen::Vector3d(4.0, 2.0, 1.0);
  fit.power_mw = Eigen::Vector3d(600e3, 900e3, 100e3);
  fit.power_std = Eigen::Vector3d(10e3, 20e3, 30e3);
  fit.pass_covariance = Eigen::Vector3d(1.0, 2.0, 3.0);
  fit.covariance.resize(3, 3);
  fit.covariance << 11, 12, 13, 21, 22, 23, 31, 32, 33;
  fit.time_covariance = fit.covariance;
  return fit;
}

const std::vector<double> kPlaceMs = {4.0, 3.0, 2.0, 1.0};

TEST(ExciteDoubt, WhatIsKnownToWithinHalfOfItIsNotDoubtful) {
  EXPECT_THAT(doubtful_parts(fit(), kPlaceMs, std::vector<double>{290e3, 440e3, 49e3}), IsEmpty());
}

TEST(ExciteDoubt, WhatIsNotKnownToWithinHalfOfItIs) {
  EXPECT_THAT(doubtful_parts(fit(), kPlaceMs, std::vector<double>{310e3, 440e3, 49e3}),
              ElementsAre(0u));
}

TEST(ExciteDoubt, UnlessItDoesNotCount) {
  ExciteFit small = fit();
  small.power_mw(2, 0) = 20e3;
  // 20 mJ, give or take 70 and then 90: at 2 % of the pass, 100 mJ, it counts.
  EXPECT_THAT(doubtful_parts(small, kPlaceMs, std::vector<double>{1.0, 1.0, 70e3}), IsEmpty());
  EXPECT_THAT(doubtful_parts(small, kPlaceMs, std::vector<double>{1.0, 1.0, 90e3}),
              ElementsAre(3u));
}

TEST(ExciteDoubt, SoIsWhatIsBelowNothingOrAboveThePass) {
  ExciteFit odd = fit();
  odd.power_mw(0, 0) = -300e3;
  odd.power_mw(1, 0) = 2600e3;  // 5200 mJ
  EXPECT_THAT(doubtful_parts(odd, kPlaceMs, std::vector<double>{60e3, 10.0, 10.0}),
              ElementsAre(0u, 2u));
  odd.power_mw(0, 0) = -60e3;
  EXPECT_THAT(doubtful_parts(odd, kPlaceMs, std::vector<double>{10.0, 10.0, 10.0}),
              ElementsAre(0u, 2u))
      << "below nothing, and known well";
}

TEST(ExciteDoubt, LeavesTheOthersAsTheyAre) {
  const ExciteFit left = without_parts(fit(), {2});
  EXPECT_THAT(left.parts, ElementsAre(0u, 3u));
  EXPECT_THAT(left.windows, ElementsAre(2u, 4u));
  EXPECT_THAT(left.disagreement, ElementsAre(1.0, 3.0));
  EXPECT_EQ(left.pass_ms, 10.0);
  EXPECT_EQ(left.extra_ms, Eigen::Vector2d(4.0, 1.0));
  EXPECT_EQ(left.power_mw, Eigen::Vector2d(600e3, 100e3));
  EXPECT_EQ(left.power_std, Eigen::Vector2d(10e3, 30e3));
  EXPECT_EQ(left.pass_covariance, Eigen::Vector2d(1.0, 3.0));
  Eigen::Matrix2d covariance;
  covariance << 11, 13, 31, 33;
  EXPECT_EQ(left.covariance, covariance);
  EXPECT_EQ(left.time_covariance, covariance);
}

TEST(ExciteDoubt, AtTheVeryBoundsAFigureIsGiven) {
  ExciteFit at = fit();
  EXPECT_THAT(doubtful_parts(at, kPlaceMs, std::vector<double>{300e3, 450e3, 50e3}), IsEmpty());
  at.power_mw(0, 0) = 1250e3;  // all 5000 mJ
  EXPECT_THAT(doubtful_parts(at, kPlaceMs, std::vector<double>{1.0, 1.0, 1.0}), IsEmpty());
  at = fit();
  at.power_mw(2, 0) = 20e3;
  EXPECT_THAT(doubtful_parts(at, kPlaceMs, std::vector<double>{1.0, 1.0, 80e3}), ElementsAre(3u))
      << "20 and 80 mJ are 2 % of the pass, and count";
  at.power_mw(2, 0) = -200e3;
  EXPECT_THAT(doubtful_parts(at, kPlaceMs, std::vector<double>{1.0, 1.0, 0.0}), ElementsAre(3u));
}

TEST(ExciteDoubt, AFitOfWindowsHasLessToLeaveOut) {
  ExciteFit plain = fit();
  plain.windows.clear();
  plain.disagreement.clear();
  plain.time_covariance.resize(0, 0);
  plain.power_mw.resize(3, 2);
  plain.power_mw << 1, 2, 3, 4, 5, 6;
  const ExciteFit left = without_parts(plain, {0, 3});
  EXPECT_THAT(left.parts, ElementsAre(2u));
  EXPECT_THAT(left.windows, IsEmpty());
  EXPECT_THAT(left.disagreement, IsEmpty());
  EXPECT_EQ(left.time_covariance.size(), 0);
  EXPECT_EQ(left.power_mw, Eigen::RowVector2d(3, 4));
  EXPECT_EQ(left.covariance, Eigen::MatrixXd::Constant(1, 1, 22.0));
  EXPECT_THAT(without_parts(plain, {}).parts, ElementsAre(0u, 2u, 3u));
}

TEST(ExciteDoubt, WhatDoesNotCountHidesNoPartBehindIt) {
  ExciteFit odd = fit();
  odd.power_mw(0, 0) = 1e3;     // 4 mJ
  odd.power_mw(1, 0) = 2600e3;  // 5200 mJ
  EXPECT_THAT(doubtful_parts(odd, kPlaceMs, std::vector<double>{1.0, 10.0, 10.0}), ElementsAre(2u));
}

TEST(ExciteDoubt, AFitOfWindowsHasNoWindowsByPart) {
  ExciteFit plain = fit();
  plain.windows.clear();
  plain.disagreement.clear();
  const ExciteFit left = without_parts(plain, {2});
  EXPECT_THAT(left.parts, ElementsAre(0u, 3u));
  EXPECT_THAT(left.windows, IsEmpty());
}

}  // namespace
}  // namespace layerwatt
