#include "record/stop_rule.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Estimate with_ci(double mean, double half) { return {mean, Interval{mean - half, mean + half}}; }

Metric time(double mean_ms, std::optional<Interval> ci95 = {}) {
  Metric metric;
  metric.mean = mean_ms;
  metric.ci95 = ci95;
  return metric;
}

TEST(StopRule, LooksAtLayersOfOnePercentAndMoreOnly) {
  const StopRule rule{5.0, 0.01};
  const std::vector<LayerPrecision> layers{{0.60, 4.0}, {0.391, 4.9}, {0.009, 80.0}};
  EXPECT_DOUBLE_EQ(worst_ci_pct(rule, layers).value(), 4.9);
  EXPECT_TRUE(precise_enough(rule, layers));
  EXPECT_FALSE(precise_enough(StopRule{4.8, 0.01}, layers));
}

TEST(StopRule, ALayerWithoutAnIntervalIsNotPrecise) {
  const StopRule rule{5.0, 0.01};
  EXPECT_FALSE(precise_enough(rule, std::vector<LayerPrecision>{{0.6, 1.0}, {0.4, {}}}));
  EXPECT_TRUE(precise_enough(rule, std::vector<LayerPrecision>{{0.995, 1.0}, {0.005, {}}}));
  EXPECT_FALSE(precise_enough(rule, {}));
}

TEST(RunningEstimate, CombinesTimeAndPowerInSquares) {
  RunningEstimate estimate(2);
  for (int i = 0; i < 16; ++i) {
    // Layer 0: 3 ± t·s/4 with s² = 16/15·0.09; layer 1 constant.
    estimate.add_inference(std::vector<double>{i % 2 == 0 ? 2.7 : 3.3, 1.0});
  }
  const double t_s_4 = 2.13145 * 1.0327956 / 4.0;  // of a ±1 alternation
  std::vector<LayerPrecision> layers = estimate.layers(false);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_DOUBLE_EQ(layers[0].share, 0.75);
  EXPECT_NEAR(layers[0].ci_pct.value(), 100.0 * 0.3 * t_s_4 / 3.0, 1e-3);
  EXPECT_NEAR(layers[1].ci_pct.value(), 0.0, 1e-9);

  EXPECT_EQ(estimate.layers(true)[0].ci_pct, std::nullopt) << "no power yet";
  for (int i = 0; i < 16; ++i) estimate.add_power(i % 2 == 0 ? 4500.0 : 5500.0);
  layers = estimate.layers(true);
  EXPECT_NEAR(layers[0].ci_pct.value(), 100.0 * 0.1 * t_s_4 * 1.41421356, 1e-3);
  EXPECT_NEAR(layers[1].ci_pct.value(), 100.0 * 0.1 * t_s_4, 1e-3);
  EXPECT_DOUBLE_EQ(estimate.latest_mw().value(), 5500.0);
}

TEST(RunningEstimate, AnUnreportedLayerCountsWhereItRan) {
  RunningEstimate estimate(2);
  for (int i = 0; i < 32; ++i) {
    estimate.add_inference(std::vector<double>{3.0, i % 2 == 0 ? kNan : 2.0});
  }
  const auto layers = estimate.layers(false);
  EXPECT_DOUBLE_EQ(layers[0].share, 0.75);
  EXPECT_DOUBLE_EQ(layers[1].share, 0.25) << "2 ms in every second inference, beside 3 ms";
}

TEST(PrecisionOf, TakesEnergiesAndCountsAGroupOnce) {
  Result result;
  result.layers.resize(3);
  result.layers[0].energy_mj = with_ci(60.0, 3.0);
  result.layers[1].energy_mj = with_ci(30.0, 30.0);
  result.layers[1].group = 0;
  result.layers[2].energy_mj = with_ci(10.0, 10.0);
  result.layers[2].group = 0;
  result.groups.push_back({{1, 2}, with_ci(40.0, 1.0)});
  const auto found = precision_of(result);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_DOUBLE_EQ(found[0].share, 0.6);
  EXPECT_DOUBLE_EQ(found[0].ci_pct.value(), 5.0);
  EXPECT_DOUBLE_EQ(found[1].share, 0.4);
  EXPECT_DOUBLE_EQ(found[1].ci_pct.value(), 2.5);
}

TEST(PrecisionOf, ALayerThatNoReadingTouchedCountsByItsTime) {
  Result result;
  result.layers.resize(2);
  result.layers[0].energy_mj = with_ci(60.0, 3.0);
  result.layers[0].time_ms = time(8.0);
  result.layers[1].energy_mj = Missing{"no_samples"};
  result.layers[1].time_ms = time(2.0);
  const auto found = precision_of(result);
  EXPECT_DOUBLE_EQ(found[1].share, 0.2);
  EXPECT_EQ(found[1].ci_pct, std::nullopt);
}

TEST(PrecisionOf, WithoutAnyEnergyTimesDecide) {
  Result result;
  result.layers.resize(2);
  result.layers[0].time_ms = time(9.0, Interval{8.91, 9.09});
  result.layers[1].time_ms = time(1.0, Interval{0.97, 1.03});
  auto found = precision_of(result);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_DOUBLE_EQ(found[0].share, 0.9);
  EXPECT_NEAR(found[0].ci_pct.value(), 1.0, 1e-9);
  EXPECT_NEAR(found[1].ci_pct.value(), 3.0, 1e-9);
  // A total that is known holds the run up although its split never will be.
  result.total.energy_mj = with_ci(50.0, 10.0);
  found = precision_of(result);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_DOUBLE_EQ(found[2].ci_pct.value(), 20.0);
}

TEST(RunningEstimate, NamesTheLongestLayers) {
  RunningEstimate estimate(3);
  EXPECT_TRUE(estimate.longest(2).empty());
  for (int i = 0; i < 4; ++i) estimate.add_inference(std::vector<double>{1.0, 5.0, 2.0});
  const auto longest = estimate.longest(2);
  ASSERT_EQ(longest.size(), 2u);
  EXPECT_EQ(longest[0].index, 1u);
  EXPECT_DOUBLE_EQ(longest[0].time_ms, 5.0);
  EXPECT_DOUBLE_EQ(longest[0].share, 0.625);
  EXPECT_EQ(longest[1].index, 2u);
  EXPECT_EQ(estimate.longest(9).size(), 3u);
}

TEST(RunningEstimate, KeepsTheLatestRails) {
  RunningEstimate estimate(1);
  EXPECT_TRUE(estimate.latest_rails_mw().empty());
  estimate.add_rails(std::vector<double>{1.0, 2.0});
  estimate.add_rails(std::vector<double>{3.0, 4.0});
  EXPECT_EQ(estimate.latest_rails_mw(), (std::vector<double>{3.0, 4.0}));
}

}  // namespace
}  // namespace layerwatt
