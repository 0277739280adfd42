#include "attribution/excite_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

ExcitationWindow window(std::vector<std::uint32_t> extra, std::uint64_t round = 1) {
  ExcitationWindow made;
  made.round = round;
  made.extra = std::move(extra);
  return made;
}

// Layers a and b, then what empties the cache; outside layers is last.
Recording recorded(std::vector<ExcitationWindow> windows) {
  Recording recording;
  recording.manifest.layers = {{"a", std::nullopt, std::nullopt},
                               {"b", std::nullopt, std::nullopt},
                               {"emptying the cache", "beside the pass", std::nullopt}};
  recording.iterations.layers = {"a", "b", "emptying the cache"};
  recording.excitation = std::move(windows);
  return recording;
}

// What empties the cache, then layer a.
Recording sweep_first(std::vector<ExcitationWindow> windows) {
  Recording recording;
  recording.manifest.layers = {{"emptying the cache", "beside the pass", std::nullopt},
                               {"a", std::nullopt, std::nullopt}};
  recording.iterations.layers = {"emptying the cache", "a"};
  recording.excitation = std::move(windows);
  return recording;
}

TEST(ExciteCache, WhatEmptiesTheCacheIsKnownByItsType) {
  EXPECT_EQ(cache_sweep_of(recorded({}).manifest), 2u);
  EXPECT_EQ(cache_sweep_of(Manifest{}), std::nullopt);
  EXPECT_EQ(cache_sweep_of(sweep_first({}).manifest), 0u);
}

TEST(ExciteCache, OneKindOfRepeatsAloneIsNotSplit) {
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 0, 0}), window({0, 2, 0, 0})})).any());
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 3, 0}), window({0, 0, 5, 0})})).any());
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0}, 0)})).any())
      << "before the rounds";
  EXPECT_TRUE(CacheSplit(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})})).any());
  EXPECT_TRUE(
      CacheSplit(recorded({window({0, 0, 0, 0}, 0), window({3, 0, 3, 0}), window({3, 0, 0, 0})}))
          .any());
}

TEST(ExciteCache, OneRepeatOrOneEmptyingIsEnough) {
  EXPECT_TRUE(CacheSplit(recorded({window({3, 0, 1, 0}), window({3, 0, 0, 0})})).any());
  EXPECT_TRUE(CacheSplit(recorded({window({1, 0, 3, 0}), window({3, 0, 0, 0})})).any());
  EXPECT_TRUE(CacheSplit(sweep_first({window({3, 3, 0}), window({0, 3, 0})})).any());
}

// What runs outside the layers has no place behind which it could be repeated.
TEST(ExciteCache, MoreOutsideTheLayersIsNoRepeatOfOne) {
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 0, 0}), window({0, 0, 3, 2})})).any());
  EXPECT_FALSE(CacheSplit(sweep_first({window({0, 3, 0}), window({3, 0, 2})})).any());
}

TEST(ExciteCache, AWindowsRepeatsAreOfOneKind) {
  const CacheSplit cache(recorded(
      {window({3, 0, 3, 0}), window({3, 0, 0, 0}), window({0, 0, 8, 0}), window({0, 0, 2, 0})}));
  // a, b, emptying; cold a, b, -; once; outside.
  EXPECT_THAT(cache.split({3, 0, 0, 7}), ElementsAre(3, 0, 0, 0, 0, 0, 0, 7));
  EXPECT_THAT(cache.split({0, 2, 2, 0}), ElementsAre(0, 0, 2, 0, 2, 0, 1, 0));
  EXPECT_THAT(cache.split({0, 0, 8, 0}), ElementsAre(0, 0, 8, 0, 0, 0, 1, 0));
  EXPECT_THAT(cache.split({3, 0, 1, 0}), ElementsAre(0, 0, 1, 3, 0, 0, 1, 0));
  EXPECT_THAT(cache.split({0, 0, 0, 5}), ElementsAre(0, 0, 0, 0, 0, 0, 0, 5));
  EXPECT_THAT(cache.place_ms(std::vector<double>{1.0, 2.0, 0.0}), ElementsAre(1, 2, 0, 1, 2, 0, 0));
}

TEST(ExciteCache, WhatItCostsOnceNeedsTwoNumbersOfEmptyings) {
  const CacheSplit cache(
      recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0}), window({0, 0, 8, 0})}));
  EXPECT_EQ(cache.split({0, 0, 8, 0})[6], 0.0);
  // Not emptied at all is no number, and once is one.
  const auto with = [](std::uint32_t other) {
    return CacheSplit(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0}), window({0, 0, 8, 0}),
                                window({0, 0, other, 0})}));
  };
  EXPECT_EQ(with(0).split({0, 0, 8, 0})[6], 0.0);
  EXPECT_EQ(with(1).split({0, 0, 8, 0})[6], 1.0);
}

TEST(ExciteCache, ALayerIsAsFarFromWarmToColdAsItsTimeIs) {
  EXPECT_NEAR(cache_share(2.3, 2.0, 3.0, 0.05).cold, 0.3, 1e-12);
  EXPECT_NEAR(cache_share(2.3, 2.0, 3.0, 0.05).std, 0.05, 1e-12);
  EXPECT_EQ(cache_share(1.9, 2.0, 3.0, 0.05).cold, 0.0);
  EXPECT_EQ(cache_share(3.1, 2.0, 3.0, 0.05).cold, 1.0);
  EXPECT_NEAR(cache_share(2.0, 2.0, 2.01, 0.05).std, 0.288675, 1e-6) << "anything from 0 to 1";
  EXPECT_EQ(cache_share(2.3, 2.0, 1.9, 0.05).cold, 0.5) << "no slower when cold";
  EXPECT_EQ(cache_share(2.0, 2.0, 2.0, 0.05).cold, 0.5) << "nor when it takes as long";
  EXPECT_NEAR(cache_share(2.0, 2.0, 2.0, 0.05).std, 0.288675, 1e-6);
}

// a: warm 2 ms at 300 W and cold 3 ms at 400 W, in its place 2.5 ms; b: warm alone; what empties
// the cache; outside layers, by the ms.
ExciteFit fitted() {
  ExciteFit fit;
  fit.parts = {0, 1, 2, 3, 7};
  fit.pass_ms = 5.0;
  fit.pass_mj = Eigen::VectorXd::Constant(1, 1500.0);
  fit.pass_mj_std = Eigen::VectorXd::Constant(1, 1.0);
  fit.extra_ms = (Eigen::VectorXd(5) << 2.0, 1.5, 0.5, 3.0, 1.0).finished();
  fit.power_mw.resize(5, 1);
  fit.power_mw << 300e3, 200e3, 350e3, 400e3, 90e3;
  fit.covariance = Eigen::MatrixXd::Zero(5, 5);
  fit.covariance.diagonal() << 1e6, 4e6, 0.0, 9e6, 0.0;
  fit.power_std = fit.covariance.diagonal().cwiseSqrt();
  fit.pass_covariance = (Eigen::VectorXd(5) << 7.0, 5.0, 0.0, 14.0, 0.0).finished();
  fit.windows = {2, 3, 4, 5, 6};
  fit.disagreement = {1.0, 2.0, 1.0, 3.0, 1.0};
  return fit;
}

TEST(ExciteCache, ALayersPowerIsThatAtItsTimeInPlace) {
  const CacheSplit cache(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})}));
  const ExciteFit fit = cache.merge(fitted(), std::vector<double>{2.5, 1.4, 0.0});
  ASSERT_EQ(fit.parts, (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_NEAR(fit.extra_ms(0), 2.5, 1e-9);
  // 600 and 1200 mJ: 900 mJ half way.
  EXPECT_NEAR(fit.power_mw(0, 0), 360e3, 1e-3);
  EXPECT_EQ(fit.extra_ms(1), 1.5);
  EXPECT_EQ(fit.extra_ms(3), 1.0);
  EXPECT_EQ(fit.power_mw(1, 0), 200e3);
  EXPECT_EQ(fit.power_mw(2, 0), 350e3);
  EXPECT_EQ(fit.power_mw(3, 0), 90e3) << "outside layers";
  // (0.5 × 2 ms × 1 W)² + (0.5 × 3 ms × 3 W)², over 2.5 ms; and 1 % of 2.5 ms in the share, which
  // moves 600 mJ less 360 W × 1 ms.
  const double scatter_mw = std::hypot(0.5 * 2.0 * 1e3, 0.5 * 3.0 * 3e3) / 2.5;
  const double share_mw = 0.025 * (600e3 - 360e3) / 2.5;
  EXPECT_NEAR(fit.power_std(0, 0), std::hypot(scatter_mw, share_mw), 1e-3);
  EXPECT_NEAR(fit.covariance(0, 0), std::pow(fit.power_std(0, 0), 2), 1.0);
  EXPECT_EQ(fit.power_std.rows(), 4);
  EXPECT_EQ(fit.power_std(1, 0), 2e3);
  EXPECT_NEAR(fit.pass_covariance(0), (0.5 * 2.0 * 7.0 + 0.5 * 3.0 * 14.0) / 2.5, 1e-9);
  EXPECT_EQ(fit.windows, (std::vector<std::size_t>{7, 3, 4, 6}));
  EXPECT_EQ(fit.disagreement, (std::vector<double>{3.0, 2.0, 1.0, 1.0}));
}

// At its warm time in place a layer is as it is warm, and what its cold repeats disagree by is no
// matter of it.
TEST(ExciteCache, ALayerThatIsWarmInPlaceTakesNothingFromItsColdRepeats) {
  const CacheSplit cache(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})}));
  const ExciteFit fit = cache.merge(fitted(), std::vector<double>{2.0, 1.4, 0.0});
  EXPECT_NEAR(fit.extra_ms(0), 2.0, 1e-12);
  EXPECT_NEAR(fit.power_mw(0, 0), 300e3, 1e-6);
  EXPECT_EQ(fit.disagreement[0], 1.0);
}

// A small device with one rail beside the total, whose errors go together. b: warm 2 ms at 100 mW
// and cold 4 ms at 250 mW, in its place 3 ms: half way, 600 µJ; outside layers, by the ms. Nothing
// of a.
ExciteFit fitted_small() {
  ExciteFit fit;
  fit.parts = {1, 4, 7};
  fit.extra_ms = Eigen::Vector3d(2.0, 4.0, 1.0);
  fit.time_covariance = Eigen::Matrix3d::Zero();
  fit.time_covariance.topLeftCorner(2, 2) << 4e-4, 2e-4, 2e-4, 12e-4;
  fit.time_covariance(2, 2) = 1e-4;
  fit.power_mw.resize(3, 2);
  fit.power_mw << 100.0, 50.0, 250.0, 100.0, 90.0, 30.0;
  fit.covariance = Eigen::Matrix3d::Zero();
  fit.covariance.topLeftCorner(2, 2) << 0.09, -0.06, -0.06, 0.16;
  fit.covariance(2, 2) = 0.04;
  fit.power_std.resize(3, 2);
  fit.power_std << 0.3, 0.6, 0.4, 0.3, 0.2, 0.1;
  fit.pass_covariance = Eigen::Vector3d(3.0, 6.0, 1.0);
  return fit;
}

TEST(ExciteCache, ErrorsOfBothKindsAndOfTheTimesAreOneError) {
  const CacheSplit cache(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})}));
  const ExciteFit fit = cache.merge(fitted_small(), std::vector<double>{1.0, 3.0, 0.0});
  ASSERT_EQ(fit.parts, (std::vector<std::size_t>{1, 3}));
  EXPECT_NEAR(fit.extra_ms(0), 3.0, 1e-12);
  EXPECT_NEAR(fit.power_mw(0, 0), 200.0, 1e-9);
  EXPECT_NEAR(fit.power_mw(0, 1), 250.0 / 3.0, 1e-9);
  // Half of either time, with what they have in common.
  EXPECT_NEAR(fit.time_covariance(0, 0), 0.25 * (4e-4 + 12e-4 + 2.0 * 2e-4), 1e-15);
  EXPECT_NEAR(fit.time_covariance(1, 1), 1e-4, 1e-15);
  EXPECT_NEAR(fit.pass_covariance(0), 5.0, 1e-12);
  // Of the energy a third is of the warm power and two thirds are of the cold one; they are
  // correlated by −0.06 / (0.3 × 0.4) = −0.5, and so are the rail's.
  const double of_total = 0.09 / 9.0 + 0.16 * 4.0 / 9.0 - 2.0 * 0.06 * 2.0 / 9.0;
  const double of_rail = 0.36 / 9.0 + 0.09 * 4.0 / 9.0 - 2.0 * 0.5 * 0.6 * 0.3 * 2.0 / 9.0;
  // The share is known as well as 0.03 ms (1 % of 3 ms) and 0.04 ms (√(4 + 12) · 0.01 ms) are of
  // the 2 ms between the two times.
  const double share_std = 0.05 / 2.0;
  const double total_by_share = share_std * (800.0 - 200.0 * 2.0) / 3.0;
  const double rail_by_share = share_std * (300.0 - 250.0 / 3.0 * 2.0) / 3.0;
  EXPECT_NEAR(fit.power_std(0, 0), std::hypot(std::sqrt(of_total), total_by_share), 1e-9);
  EXPECT_NEAR(fit.power_std(0, 1), std::hypot(std::sqrt(of_rail), rail_by_share), 1e-9);
  EXPECT_NEAR(fit.covariance(0, 0), of_total + total_by_share * total_by_share, 1e-9);
  EXPECT_NEAR(fit.power_std(1, 0), 0.2, 1e-12);
  EXPECT_NEAR(fit.power_std(1, 1), 0.1, 1e-12);
  EXPECT_NEAR(fit.covariance(1, 1), 0.04, 1e-12);
  EXPECT_TRUE(fit.windows.empty());
  EXPECT_TRUE(fit.disagreement.empty());
}

// Exactly known powers of a and b: 300 mW over 2 ms to 400 mW over 3 ms, and 100 mW over 2 ms to
// 250 mW over 4 ms. The share is what is left to be off by: 1 % of 2.5 ms in 1 ms, and of 3 ms
// in 2.
TEST(ExciteCache, EachLayersShareMovesItBetweenItsOwnTwoKinds) {
  const CacheSplit cache(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})}));
  ExciteFit exact;
  exact.parts = {0, 1, 3, 4};
  exact.extra_ms = Eigen::Vector4d(2.0, 2.0, 3.0, 4.0);
  exact.power_mw = Eigen::Vector4d(300.0, 100.0, 400.0, 250.0);
  exact.covariance = Eigen::Matrix4d::Zero();
  exact.power_std = Eigen::Vector4d::Zero();
  exact.pass_covariance = Eigen::Vector4d::Zero();
  const ExciteFit fit = cache.merge(exact, std::vector<double>{2.5, 3.0, 0.0});
  EXPECT_NEAR(fit.power_mw(0, 0), 360.0, 1e-9);
  EXPECT_NEAR(fit.power_mw(1, 0), 200.0, 1e-9);
  EXPECT_NEAR(fit.power_std(0, 0), 0.025 * (600.0 - 360.0) / 2.5, 1e-9);
  EXPECT_NEAR(fit.power_std(1, 0), 0.03 / 2.0 * (800.0 - 200.0 * 2.0) / 3.0, 1e-9);
}

// A total that is exactly known tells nothing of how the rails' errors go together.
TEST(ExciteCache, RailsBesideAnExactTotalAreIndependent) {
  const CacheSplit cache(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})}));
  ExciteFit exact = fitted_small();
  exact.covariance.setZero();
  exact.power_std.col(0).setZero();
  const ExciteFit fit = cache.merge(exact, std::vector<double>{1.0, 3.0, 0.0});
  const double total_by_share = 0.025 * (800.0 - 200.0 * 2.0) / 3.0;
  const double rail_by_share = 0.025 * (300.0 - 250.0 / 3.0 * 2.0) / 3.0;
  EXPECT_NEAR(fit.power_std(0, 0), total_by_share, 1e-9);
  EXPECT_NEAR(fit.power_std(0, 1),
              std::hypot(std::sqrt(0.36 / 9.0 + 0.09 * 4.0 / 9.0), rail_by_share), 1e-9);
}

}  // namespace
}  // namespace layerwatt
