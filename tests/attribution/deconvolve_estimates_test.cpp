#include "attribution/deconvolve_estimates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>

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

// Three layers of 1, 2 and 1 ms, 1 ms outside, two rails. What layer 0 gains, layer 1 loses.
struct TwoRails {
  Deconvolution fit;
  PowerSamples power;
  SlotTimes times;

  TwoRails() {
    fit.segments.layers = 3;
    fit.power_mw.resize(6, 3);
    fit.power_mw.col(1) << 1000, 2500, 400, 100, 10, 50;
    fit.power_mw.col(2) << 500, 500, 600, 200, 20, 70;
    fit.power_mw.col(0) = fit.power_mw.col(1) + fit.power_mw.col(2);
    fit.covariance = Eigen::MatrixXd::Zero(6, 6);
    fit.covariance.diagonal() << 1000 * 1000, 500 * 500, 50 * 50, 10 * 10, 1, 20 * 20;
    fit.covariance(0, 1) = fit.covariance(1, 0) = -450'000;
    fit.residual_mw = Eigen::Vector3d(100, 50, 25);
    fit.samples.assign(6, 1000);
    power.rails = {{"A", true}, {"B", true}};
    times.mean_ms = {1.0, 2.0, 1.0, 1.0};
    times.reported = {10, 10, 10};
    times.mean_inference_ms = 5.0;
  }
  PowerEstimates estimates() const { return deconvolve_estimates(fit, power, times); }
};

TEST(DeconvolveEstimates, AGroupSharesEachRailByTime) {
  const PowerEstimates out = TwoRails().estimates();
  ASSERT_EQ(out.groups.size(), 1u);
  EXPECT_THAT(out.groups[0].layers, ElementsAre(0, 1));
  ASSERT_TRUE(out.groups[0].energy_mj->ci95);
  EXPECT_NEAR(out.groups[0].energy_mj->mean, 7.5, 1e-9);
  EXPECT_NEAR(out.groups[0].energy_mj->ci95->hi, 7.5 + 1.96 * std::sqrt(1.0 + 1.0 - 2 * 0.9), 1e-3);
  // 7.5 mJ in all, 6 of them on A and 1.5 on B.
  const double share[] = {1.0 / 3.0, 2.0 / 3.0};
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_EQ(out.layers[j].group, std::optional<std::size_t>(0));
    EXPECT_EQ(out.layers[j].reason, "not_separable");
    EXPECT_NEAR(out.layers[j].total.energy_mj->mean, 7.5 * share[j], 1e-9);
    EXPECT_NEAR(out.layers[j].rails[0].energy_mj->mean, 6.0 * share[j], 1e-9);
    EXPECT_NEAR(out.layers[j].rails[1].energy_mj->mean, 1.5 * share[j], 1e-9);
    EXPECT_FALSE(out.layers[j].total.energy_mj->ci95) << "only the group is known";
  }
}

TEST(DeconvolveEstimates, ARailHasTheTotalsGeometryAndItsOwnNoise) {
  const PowerEstimates out = TwoRails().estimates();
  const LayerPower& alone = out.layers[2];
  EXPECT_FALSE(alone.group);
  EXPECT_NEAR(alone.total.power_mw->mean, 1000.0, 1e-9);
  EXPECT_NEAR(alone.total.power_mw->ci95->hi, 1000.0 + 1.96 * 50.0, 0.01);
  EXPECT_NEAR(alone.rails[0].power_mw->ci95->hi, 400.0 + 1.96 * 25.0, 0.01);
  EXPECT_NEAR(alone.rails[1].power_mw->ci95->hi, 600.0 + 1.96 * 12.5, 0.01);
  EXPECT_NEAR(alone.rails[1].energy_mj->mean, 0.6, 1e-9);
  EXPECT_NEAR(out.outside.total.energy_mj->mean, 0.3, 1e-9);
}

TEST(DeconvolveEstimates, BetweenInferencesEachRailComesBeforeTheTotal) {
  const PowerEstimates out = TwoRails().estimates();
  ASSERT_EQ(out.between.size(), 3u);
  EXPECT_NEAR(out.between[0].power_mw, 50.0, 1e-9);
  EXPECT_NEAR(out.between[1].power_mw, 70.0, 1e-9);
  EXPECT_NEAR(out.between[2].power_mw, 120.0, 1e-9);
  EXPECT_NEAR(out.between[0].std_mw, 10.0, 1e-9);
  EXPECT_NEAR(out.between[1].std_mw, 5.0, 1e-9);
  EXPECT_NEAR(out.between[2].std_mw, 20.0, 1e-9);
}

TEST(DeconvolveEstimates, WhatWasNotSeenHasAReasonAndNoFigure) {
  TwoRails made;
  made.times.reported[2] = 0;
  made.times.mean_ms[2] = 0.0;
  made.fit.samples[made.fit.segments.between()] = 0;
  const PowerEstimates out = made.estimates();
  EXPECT_FALSE(out.layers[2].total.energy_mj);
  EXPECT_FALSE(out.layers[2].rails[1].energy_mj);
  EXPECT_EQ(out.layers[2].reason, "not_reported");
  EXPECT_TRUE(out.between.empty());
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

constexpr double kZ = 1.959963984540054;

TEST(MergeUntilNarrow, HalfOfTheEnergyIsNarrowEnough) {
  const Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(2, 2);
  EXPECT_EQ(merge_until_narrow({2.0 * kZ, 100.0}, covariance, {true, true}).size(), 2u);
  EXPECT_EQ(merge_until_narrow({1.99 * kZ, 100.0}, covariance, {true, true}).size(), 1u);
  // Less than a mJ is no less known.
  EXPECT_EQ(merge_until_narrow({0.5, 0.5}, 1e-4 * covariance, {true, true}).size(), 2u);
}

// 3 ± 20 mJ each, 6 ± 2.8 mJ together.
TEST(MergeUntilNarrow, AGroupsVarianceHasBothCovariances) {
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(3, 3);
  covariance(0, 0) = covariance(1, 1) = 100.0;
  covariance(0, 1) = covariance(1, 0) = -99.0;
  EXPECT_THAT(merge_until_narrow({3.0, 3.0, 100.0}, covariance, {true, true, true}),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(MergeUntilNarrow, TheFirstAndTheLastHaveOneNeighbour) {
  Eigen::MatrixXd first = Eigen::MatrixXd::Identity(3, 3);
  first(0, 0) = 100.0;
  EXPECT_THAT(merge_until_narrow({1.0, 100.0, 100.0}, first, {true, true, true}),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
  Eigen::MatrixXd last = Eigen::MatrixXd::Identity(3, 3);
  last(2, 2) = 100.0;
  EXPECT_THAT(merge_until_narrow({100.0, 100.0, 1.0}, last, {true, true, true}),
              ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
}

TEST(MergeUntilNarrow, TheRightNeighbourIsTakenOnlyWhereItIsTheBetterOne) {
  Eigen::MatrixXd covariance = 100.0 * Eigen::MatrixXd::Identity(3, 3);
  EXPECT_THAT(merge_until_narrow({100.0, 1.0, 100.0}, covariance, {true, true, true}),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
  covariance(1, 2) = covariance(2, 1) = -90.0;
  EXPECT_THAT(merge_until_narrow({100.0, 1.0, 100.0}, covariance, {true, true, true}),
              ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
}

TEST(MergeUntilNarrow, ALayerWithoutEnergyIsTheWidest) {
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(3, 3);
  covariance(1, 1) = 0.0;
  EXPECT_THAT(merge_until_narrow({10.0, 0.0, 10.0}, covariance, {true, true, true}),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(DeconvolveEstimates, AnIntervalReachesAsFarDownAsUpButNotBelowNothing) {
  TwoRails made;
  made.fit.covariance(3, 3) = 400.0 * 400.0;
  const PowerEstimates out = made.estimates();
  EXPECT_NEAR(out.layers[2].total.power_mw->ci95->lo, 1000.0 - kZ * 50.0, 1e-9);
  EXPECT_NEAR(out.layers[2].total.energy_mj->ci95->lo, 1.0 - kZ * 0.05, 1e-9);
  EXPECT_EQ(out.outside.total.power_mw->ci95->lo, 0.0);
  EXPECT_NEAR(out.outside.total.power_mw->ci95->hi, 300.0 + kZ * 400.0, 1e-9);
  EXPECT_NEAR(out.outside.rails[1].power_mw->ci95->hi, 200.0 + kZ * 100.0, 1e-9);
  EXPECT_EQ(out.layers[2].samples, 1000u);
  EXPECT_FALSE(out.layers[2].reason);
}

TEST(DeconvolveEstimates, WithoutResidualsRailsAreAsUncertainAsTheTotal) {
  TwoRails made;
  made.fit.residual_mw.setZero();
  EXPECT_NEAR(made.estimates().layers[2].rails[0].power_mw->ci95->hi, 400.0 + kZ * 50.0, 1e-9);
  made.fit.residual_mw = Eigen::Vector3d(0.5, 0.25, 0.125);
  EXPECT_NEAR(made.estimates().layers[2].rails[0].power_mw->ci95->hi, 400.0 + kZ * 25.0, 1e-9);
}

TEST(DeconvolveEstimates, OfNoTimeOutsideTheEnergyIsKnown) {
  TwoRails made;
  made.times.mean_ms[3] = 0.0;
  const PowerEstimates out = made.estimates();
  EXPECT_EQ(out.outside.reason, "no_time");
  EXPECT_EQ(out.outside.total.power_mw.reason(), "no_time");
  EXPECT_EQ(out.outside.total.energy_mj->mean, 0.0);
  ASSERT_EQ(out.outside.rails.size(), 2u);
  EXPECT_EQ(out.outside.rails[1].power_mw.reason(), "no_time");
  EXPECT_EQ(out.outside.rails[1].energy_mj->mean, 0.0);
}

TEST(DeconvolveEstimates, OneReadingIsEnoughAndNoneIsNoFigure) {
  TwoRails made;
  const std::size_t outside = made.fit.segments.outside();
  const std::size_t between = made.fit.segments.between();
  made.fit.samples[2] = made.fit.samples[outside] = made.fit.samples[between] = 1;
  const PowerEstimates one = made.estimates();
  EXPECT_TRUE(one.layers[2].total.energy_mj);
  EXPECT_TRUE(one.outside.total.energy_mj);
  EXPECT_EQ(one.between.size(), 3u);
  made.fit.samples[2] = made.fit.samples[outside] = made.fit.samples[between] = 0;
  const PowerEstimates none = made.estimates();
  EXPECT_EQ(none.layers[2].reason, "no_samples");
  EXPECT_FALSE(none.layers[2].total.energy_mj);
  EXPECT_EQ(none.outside.reason, "no_samples");
  EXPECT_FALSE(none.outside.total.energy_mj);
  EXPECT_TRUE(none.between.empty());
}

TEST(DeconvolveEstimates, ALayerAloneDoesNotHideTheGroupAfterIt) {
  TwoRails made;
  made.fit.covariance.diagonal() << 50 * 50, 500 * 500, 1000 * 1000, 10 * 10, 1, 20 * 20;
  made.fit.covariance(0, 1) = made.fit.covariance(1, 0) = 0.0;
  made.fit.covariance(1, 2) = made.fit.covariance(2, 1) = -450'000;
  const PowerEstimates out = made.estimates();
  ASSERT_EQ(out.groups.size(), 1u);
  EXPECT_THAT(out.groups[0].layers, ElementsAre(1, 2));
  // 6 + 1 mJ of 2 + 1 ms.
  EXPECT_NEAR(out.groups[0].energy_mj->mean, 7.0, 1e-9);
  EXPECT_NEAR(out.groups[0].energy_mj->ci95->lo, 7.0 - kZ * std::sqrt(0.2), 1e-9);
  EXPECT_NEAR(out.layers[2].total.energy_mj->mean, 7.0 / 3.0, 1e-9);
  EXPECT_NEAR(out.layers[2].total.power_mw->mean, 7000.0 / 3.0, 1e-9);
  EXPECT_FALSE(out.layers[0].group);
}

TEST(DeconvolveEstimates, SaysWhatIsSharedAndWhatWasLeftOut) {
  TwoRails made;
  const PowerEstimates shared = made.estimates();
  ASSERT_EQ(shared.warnings.size(), 1u);
  EXPECT_EQ(shared.warnings[0].code, "not_separable");
  EXPECT_EQ(shared.warnings[0].message,
            "2 of 3 layers share 1 group: their own intervals would be wider than ±50 %");
  made.fit.covariance(0, 0) = made.fit.covariance(1, 1) = 100.0;
  made.fit.covariance(0, 1) = made.fit.covariance(1, 0) = 0.0;
  EXPECT_TRUE(made.estimates().warnings.empty());
  EXPECT_TRUE(made.estimates().groups.empty());
  made.fit.outliers = 1;
  made.fit.readings = 500;
  const PowerEstimates one = made.estimates();
  ASSERT_EQ(one.warnings.size(), 1u);
  EXPECT_EQ(one.warnings[0].code, "outliers");
  EXPECT_EQ(one.warnings[0].message,
            "1 of 500 power readings are far off the fit and were left out");
}

TEST(DeconvolveEstimates, SaysWhatWasFoundOfTheResponse) {
  TwoRails made;
  made.fit.response = {1.5, 7.0, 0.0, 0.25};
  EXPECT_EQ(made.estimates().model_notes, "");
  made.fit.window_std_ms = 0.1;
  made.fit.latency_std_ms = 0.2;
  made.fit.grid_ms = 6.6;
  const PowerEstimates out = made.estimates();
  EXPECT_EQ(out.model_notes,
            "Response found from the data: window 1.5 ± 0.2 ms, latency 7 ± 0.39 ms, "
            "conversions every 6.6 ms.");
  ASSERT_TRUE(out.model);
  EXPECT_EQ(out.model->window_ms, 1.5);
  EXPECT_EQ(out.model->latency_ms, 7.0);
  EXPECT_EQ(out.model->time_constant_ms, 0.0);
  EXPECT_EQ(out.model->timestamp_error_ms, 0.25);
}

TEST(Separates, CountsLayersWithAFigureOfTheirOwn) {
  PowerEstimates one;
  one.layers.resize(1);
  EXPECT_TRUE(separates(one));
  PowerEstimates two;
  two.layers.resize(2);
  for (LayerPower& layer : two.layers) layer.total.energy_mj = Missing{"no_samples"};
  EXPECT_FALSE(separates(two));
  two.layers[0].total.energy_mj = Estimate{1.0, std::nullopt};
  EXPECT_FALSE(separates(two));
  two.layers[1].total.energy_mj = Estimate{1.0, std::nullopt};
  EXPECT_TRUE(separates(two));
}

TEST(DeconvolveEstimates, LessThanAMilliwattMayBeKnown) {
  TwoRails made;
  made.fit.covariance(2, 2) = 0.25;
  EXPECT_NEAR(made.estimates().layers[2].total.power_mw->ci95->hi, 1000.0 + kZ * 0.5, 1e-9);
}

TEST(DeconvolveEstimates, ARailThatNeverScattersIsKnown) {
  TwoRails made;
  made.fit.residual_mw = Eigen::Vector3d(100, 0, 100);
  const LayerPower alone = made.estimates().layers[2];
  EXPECT_NEAR(alone.rails[0].power_mw->ci95->hi, 400.0, 1e-9);
  EXPECT_NEAR(alone.rails[1].power_mw->ci95->hi, 600.0 + kZ * 50.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
