#include "layerwatt/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;

// Layers whose energy is known to ±1 % (95 %), and times to ±0.5 %.
Result result_of(const std::vector<std::pair<std::string, double>>& energies) {
  Result result;
  double total = 0.0;
  for (const auto& [name, energy] : energies) {
    LayerResult layer = sample::layer(result.layers.size(), name, "T", energy / 10.0, 10'000.0);
    layer.time_ms.value().ci95 = Interval{energy / 10.0 * 0.995, energy / 10.0 * 1.005};
    layer.energy_mj = sample::estimate(energy, energy * 0.01);
    layer.power_mw = sample::estimate(10'000.0, 100.0);
    result.layers.push_back(std::move(layer));
    total += energy;
  }
  result.total.energy_mj = sample::estimate(total, total * 0.005);
  result.total.power_mw = sample::estimate(10'000.0, 50.0);
  result.total.time_ms = sample::metric(total / 10.0, total / 100.0);
  result.sensor = {"tegrastats", true, "module", {}, ""};
  return result;
}

TEST(Compare, FindsTheLayerThatGotWorseAndLeavesTheOther) {
  const Comparison c =
      compare(result_of({{"a", 10}, {"b", 20}}), result_of({{"a", 10.1}, {"b", 26}}));
  ASSERT_EQ(c.rows.size(), 2u);
  EXPECT_EQ(c.rows[0].changes.energy_mj.verdict, Verdict::no_evidence) << "1 % of ±1.4 %";
  const Change& worse = c.rows[1].changes.energy_mj;
  EXPECT_EQ(worse.verdict, Verdict::worse);
  EXPECT_DOUBLE_EQ(worse.difference->mean, 6.0);
  EXPECT_DOUBLE_EQ(*worse.relative, 0.3);
  // Errors 0.2 and 0.26 (95 %): sqrt(0.2² + 0.26²) = 0.328, a little less for the added degrees.
  EXPECT_NEAR(worse.difference->ci95->hi - 6.0, 0.319, 0.005);
  EXPECT_EQ(c.rows[1].changes.power_mw.verdict, Verdict::no_evidence);
  EXPECT_EQ(c.total.energy_mj.verdict, Verdict::worse);
}

TEST(Compare, LowerIsBetter) {
  const Comparison c = compare(result_of({{"a", 20}}), result_of({{"a", 10}}));
  EXPECT_EQ(c.rows[0].changes.energy_mj.verdict, Verdict::better);
  EXPECT_EQ(c.rows[0].changes.time_ms.verdict, Verdict::better);
}

TEST(Compare, SmallButCertainIsNegligible) {
  Result before = result_of({{"a", 10}});
  Result after = result_of({{"a", 10.05}});
  for (Result* r : {&before, &after})
    r->layers[0].energy_mj = sample::estimate(r->layers[0].energy_mj->mean, 1e-4);
  EXPECT_EQ(compare(before, after).rows[0].changes.energy_mj.verdict, Verdict::negligible);
  EXPECT_EQ(compare(before, after, {0.05, 0.001}).rows[0].changes.energy_mj.verdict,
            Verdict::worse);
}

// Nothing changed in 200 comparisons of 50 layers: without Holm most of them would cry wolf.
TEST(Compare, RarelySeesWhatIsNotThere) {
  std::mt19937 random(4711);
  std::normal_distribution<double> normal;
  std::chi_squared_distribution<double> chi(19.0);
  int false_alarms = 0;
  constexpr int kRuns = 200;
  const auto noisy = [&] {
    Result result;
    for (std::size_t i = 0; i < 50; ++i) {
      LayerResult layer;
      layer.index = i;
      layer.name = std::to_string(i);
      const double error = std::sqrt(chi(random) / 19.0);
      layer.energy_mj = sample::estimate(100.0 + normal(random), 2.093024 * error);
      result.layers.push_back(std::move(layer));
    }
    return result;
  };
  for (int run = 0; run < kRuns; ++run) {
    const Comparison c = compare(noisy(), noisy(), {0.05, 0.0});
    for (const CompareRow& row : c.rows) {
      const Verdict verdict = row.changes.energy_mj.verdict;
      if (verdict == Verdict::better || verdict == Verdict::worse) {
        ++false_alarms;
        break;
      }
    }
  }
  EXPECT_LT(false_alarms, kRuns * 0.10);
  EXPECT_GT(false_alarms, kRuns * 0.015) << "it is not blind either";
}

TEST(Compare, FusedLayersAreSummed) {
  const Comparison c =
      compare(result_of({{"conv + relu", 30}}), result_of({{"conv", 24}, {"relu", 4}}));
  ASSERT_EQ(c.rows.size(), 1u);
  EXPECT_EQ(c.rows[0].kind, MatchKind::nodes);
  EXPECT_THAT(c.rows[0].after, ElementsAre(0, 1));
  const Change& energy = c.rows[0].changes.energy_mj;
  EXPECT_DOUBLE_EQ(energy.after->mean, 28.0);
  EXPECT_NEAR(energy.after->ci95->hi, 28.28, 1e-9) << "errors are added, as if they moved together";
  EXPECT_DOUBLE_EQ(c.rows[0].changes.time_ms.after->mean, 2.8);
  EXPECT_DOUBLE_EQ(c.rows[0].changes.power_mw.after->mean, 10'000.0) << "28 mJ in 2.8 ms";
}

TEST(Compare, ALayerWithoutACounterpartHasNoChange) {
  const Comparison c = compare(result_of({{"a", 10}}), result_of({{"b", 10}}));
  ASSERT_EQ(c.rows.size(), 2u);
  EXPECT_EQ(c.rows[0].kind, MatchKind::only_after) << "it runs first";
  EXPECT_EQ(c.rows[1].kind, MatchKind::only_before);
  for (const CompareRow& row : c.rows) {
    EXPECT_EQ(row.changes.energy_mj.difference.reason(), "no_layer");
    EXPECT_EQ(row.changes.energy_mj.verdict, Verdict::unknown);
  }
}

TEST(Compare, AGroupIsComparedAsAWhole) {
  Result before = result_of({{"a", 10}, {"b", 20}, {"c", 5}});
  before.layers[0].group = before.layers[1].group = 0;
  before.groups = {{{0, 1}, sample::estimate(30, 0.3)}};
  const Comparison c = compare(before, result_of({{"a", 12}, {"b", 28}, {"c", 5}}));
  ASSERT_EQ(c.rows.size(), 4u);
  EXPECT_EQ(c.rows[0].changes.energy_mj.difference.reason(), "not_separable");
  EXPECT_TRUE(c.rows[0].changes.time_ms.difference) << "its time is known";
  EXPECT_EQ(c.rows[3].kind, MatchKind::group);
  EXPECT_DOUBLE_EQ(c.rows[3].changes.energy_mj.difference->mean, 10.0);
  EXPECT_EQ(c.rows[3].changes.energy_mj.verdict, Verdict::worse);
}

TEST(Compare, WithoutIntervalsNothingIsDecided) {
  Result before = result_of({{"a", 10}});
  before.layers[0].energy_mj.value().ci95.reset();
  const Comparison c = compare(before, result_of({{"a", 20}}));
  EXPECT_DOUBLE_EQ(c.rows[0].changes.energy_mj.difference->mean, 10.0) << "the change is shown";
  EXPECT_EQ(c.rows[0].changes.energy_mj.verdict, Verdict::unknown);
}

TEST(Compare, ResultsWithoutPowerCompareByTime) {
  const Comparison c = compare(sample::times_alone(), sample::times_alone());
  EXPECT_EQ(c.total.time_ms.verdict, Verdict::no_evidence);
  EXPECT_EQ(c.total.energy_mj.verdict, Verdict::unknown);
  EXPECT_NO_THROW(compare(sample::nothing(), sample::nothing()));
}

}  // namespace
}  // namespace layerwatt
