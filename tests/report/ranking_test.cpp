#include "report/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

using Kind = RankedRow::Kind;

std::string shape(const Ranking& ranking) {
  std::string text;
  for (const RankedRow& row : ranking.rows) {
    text += row.kind == Kind::layer          ? ' '
            : row.kind == Kind::group        ? 'g'
            : row.kind == Kind::member       ? 'm'
            : row.kind == Kind::more_members ? '+'
                                             : 'l';
    text += std::to_string(row.index);
  }
  return text;
}

TEST(RankLayers, LargestEnergyFirstAndAGroupBesideItsMembers) {
  // board(): layer 2 has 72 mJ, the group of 0 and 1 has 19 mJ, layer 3 no energy.
  const Ranking ranking = rank_layers(sample::board(), 0);
  EXPECT_TRUE(ranking.by_energy);
  EXPECT_EQ(shape(ranking), " 2g0m0l1 3");
  EXPECT_TRUE(ranking.hidden.empty());
  EXPECT_EQ(ranking.whole, 99.75);
}

TEST(RankLayers, AGroupIsWorthItsOwnEnergy) {
  Result result = sample::board();
  result.groups[0].energy_mj = sample::estimate(73.0, 1.0);
  EXPECT_EQ(shape(rank_layers(result, 0)), "g0m0l1 2 3");
}

TEST(RankLayers, ShowsSoManyLayersAndListsTheRest) {
  EXPECT_EQ(shape(rank_layers(sample::board(), 2)), " 2g0m0+0");
  EXPECT_EQ(rank_layers(sample::board(), 2).cut, (std::vector<std::size_t>{1}));
  EXPECT_EQ(rank_layers(sample::board(), 2).hidden, (std::vector<std::size_t>{3}));
  EXPECT_EQ(shape(rank_layers(sample::board(), 1)), " 2");
  EXPECT_EQ(rank_layers(sample::board(), 1).hidden, (std::vector<std::size_t>{0, 1, 3}));
  EXPECT_TRUE(rank_layers(sample::board(), 4).hidden.empty());
}

TEST(RankLayers, WithoutEnergyTimeDecides) {
  const Ranking ranking = rank_layers(sample::times_alone(), 0);
  EXPECT_FALSE(ranking.by_energy);
  EXPECT_EQ(shape(ranking), " 2 0 1 3");
  EXPECT_EQ(ranking.whole, 10.5);
}

TEST(RankLayers, WhatIsNotANumberIsNotKnown) {
  Result result = sample::times_alone();
  result.layers[2].time_ms.value().mean = std::nan("");
  EXPECT_EQ(shape(rank_layers(result, 0)), " 0 1 3 2");
}

TEST(RankLayers, NoShareIsOfAPartOfTheWhole) {
  Result result = sample::board();
  result.total.energy_mj = Missing{"unknown_rail_set"};
  EXPECT_EQ(rank_layers(result, 0).whole, std::nullopt);  // layer 3 has none
  result.layers[3].energy_mj = sample::estimate(1.0, 0.5);
  EXPECT_DOUBLE_EQ(rank_layers(result, 0).whole.value(), 15.2 + 3.8 + 72.0 + 1.0 + 8.75);
  result.outside_layers.energy_mj = Missing{"no_samples"};
  EXPECT_EQ(rank_layers(result, 0).whole, std::nullopt);
}

TEST(RankLayers, AGroupThatIsNotThereIsNone) {
  Result result = sample::board();
  result.groups.clear();
  EXPECT_EQ(shape(rank_layers(result, 0)), " 2 0 1 3");
}

TEST(SumEnergy, CountsWhatIsMissing) {
  const Sum sum = sum_energy(sample::board(), {0, 2, 3});
  EXPECT_DOUBLE_EQ(sum.value, 15.2 + 72.0);
  EXPECT_EQ(sum.unknown, 1u);
}

TEST(SumTime, AddsTheMeans) { EXPECT_DOUBLE_EQ(sum_time(sample::board(), {0, 1}).value, 2.5); }

}  // namespace
}  // namespace layerwatt
