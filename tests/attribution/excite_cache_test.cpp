#include "attribution/excite_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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

TEST(ExciteCache, WhatEmptiesTheCacheIsKnownByItsType) {
  EXPECT_EQ(cache_sweep_of(recorded({}).manifest), 2u);
  EXPECT_EQ(cache_sweep_of(Manifest{}), std::nullopt);
}

TEST(ExciteCache, OneKindOfRepeatsAloneIsNotSplit) {
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 0, 0}), window({0, 2, 0, 0})})).any());
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 3, 0}), window({0, 0, 5, 0})})).any());
  EXPECT_FALSE(CacheSplit(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0}, 0)})).any())
      << "before the rounds";
  EXPECT_TRUE(CacheSplit(recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0})})).any());
}

TEST(ExciteCache, AWindowsRepeatsAreOfOneKind) {
  const CacheSplit cache(recorded(
      {window({3, 0, 3, 0}), window({3, 0, 0, 0}), window({0, 0, 8, 0}), window({0, 0, 2, 0})}));
  // a, b, emptying; cold a, b, -; once; outside.
  EXPECT_THAT(cache.split({3, 0, 0, 7}), ElementsAre(3, 0, 0, 0, 0, 0, 0, 7));
  EXPECT_THAT(cache.split({0, 2, 2, 0}), ElementsAre(0, 0, 2, 0, 2, 0, 1, 0));
  EXPECT_THAT(cache.split({0, 0, 8, 0}), ElementsAre(0, 0, 8, 0, 0, 0, 1, 0));
  EXPECT_THAT(cache.split({0, 0, 0, 5}), ElementsAre(0, 0, 0, 0, 0, 0, 0, 5));
  EXPECT_THAT(cache.place_ms(std::vector<double>{1.0, 2.0, 0.0}), ElementsAre(1, 2, 0, 1, 2, 0, 0));
}

TEST(ExciteCache, WhatItCostsOnceNeedsTwoNumbersOfEmptyings) {
  const CacheSplit cache(
      recorded({window({3, 0, 3, 0}), window({3, 0, 0, 0}), window({0, 0, 8, 0})}));
  EXPECT_EQ(cache.split({0, 0, 8, 0})[6], 0.0);
}

TEST(ExciteCache, ALayerIsAsFarFromWarmToColdAsItsTimeIs) {
  EXPECT_NEAR(cache_share(2.3, 2.0, 3.0, 0.05).cold, 0.3, 1e-12);
  EXPECT_NEAR(cache_share(2.3, 2.0, 3.0, 0.05).std, 0.05, 1e-12);
  EXPECT_EQ(cache_share(1.9, 2.0, 3.0, 0.05).cold, 0.0);
  EXPECT_EQ(cache_share(3.1, 2.0, 3.0, 0.05).cold, 1.0);
  EXPECT_NEAR(cache_share(2.0, 2.0, 2.01, 0.05).std, 0.288675, 1e-6) << "anything from 0 to 1";
  EXPECT_EQ(cache_share(2.3, 2.0, 1.9, 0.05).cold, 0.5) << "no slower when cold";
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
  EXPECT_EQ(fit.power_mw(1, 0), 200e3);
  EXPECT_EQ(fit.power_mw(2, 0), 350e3);
  EXPECT_EQ(fit.power_mw(3, 0), 90e3) << "outside layers";
  // (0.5 × 2 ms × 1 W)² + (0.5 × 3 ms × 3 W)², over 2.5 ms; and 1 % of 2.5 ms in the share, which
  // moves 600 mJ less 360 W × 1 ms.
  const double scatter_mw = std::hypot(0.5 * 2.0 * 1e3, 0.5 * 3.0 * 3e3) / 2.5;
  const double share_mw = 0.025 * (600e3 - 360e3) / 2.5;
  EXPECT_NEAR(fit.power_std(0, 0), std::hypot(scatter_mw, share_mw), 1e-3);
  EXPECT_NEAR(fit.covariance(0, 0), std::pow(fit.power_std(0, 0), 2), 1.0);
  EXPECT_EQ(fit.power_std(1, 0), 2e3);
  EXPECT_NEAR(fit.pass_covariance(0), (0.5 * 2.0 * 7.0 + 0.5 * 3.0 * 14.0) / 2.5, 1e-9);
  EXPECT_EQ(fit.windows, (std::vector<std::size_t>{7, 3, 4, 6}));
  EXPECT_EQ(fit.disagreement, (std::vector<double>{3.0, 2.0, 1.0, 1.0}));
}

}  // namespace
}  // namespace layerwatt
