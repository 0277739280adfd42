#include "record/excitation_design.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(ExcitationDesign, ExtraRunsDoubleThePass) {
  const std::vector<ExcitablePart> parts{{5.0, 100}, {2.0, 100}, {0.1, 40},
                                         {8.0, 0},   {0.0, 9},   {50.0, 9}};
  EXPECT_THAT(extra_runs(parts, 10.0), ElementsAre(2, 5, 40, 0, 0, 1));
  EXPECT_THAT(extra_runs(parts, 10.0, 0.5), ElementsAre(1, 3, 40, 0, 0, 1));
}

TEST(ExcitationDesign, PartsThatReachTheirShareGetARowOfTheirOwn) {
  const std::vector<ExcitablePart> parts{{5.0, 100}, {2.0, 100}, {3.0, 0}};
  EXPECT_THAT(excitation_rows(parts, 10.0),
              ElementsAre(ElementsAre(2, 0, 0), ElementsAre(0, 5, 0)));
}

TEST(ExcitationDesign, ACoolerRowRunsLessAndIdlesAsLong) {
  const std::vector<ExcitablePart> parts{{2.0, 100}, {1.0, 100}, {0.5, 100}};
  EXPECT_THAT(cooler_row({5, 0, 0}, parts), ElementsAre(3, 0, 12)) << "6 ms of each";
  EXPECT_THAT(cooler_row({3, 0, 12}, parts), ElementsAre(2, 0, 8));
  EXPECT_THAT(cooler_row({1, 0, 4}, parts), ElementsAre(1, 0, 4)) << "as cool as it gets";
  const std::vector<ExcitablePart> busy{{2.0, 100}, {1.0, 100}, {0.5, 0}};
  EXPECT_THAT(cooler_row({5, 2, 0}, busy), ElementsAre(3, 1, 0));
}

TEST(ExcitationDesign, TheSMatrixIsBalanced) {
  for (const std::size_t size : {3u, 7u, 15u}) {
    for (std::size_t a = 0; a < size; ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        std::size_t both = 0;
        for (std::size_t c = 0; c < size; ++c) both += s_matrix(a, c) && s_matrix(b, c) ? 1 : 0;
        EXPECT_EQ(both, a == b ? (size + 1) / 2 : (size + 1) / 4);
      }
    }
  }
}

// Variance of the coefficients, with one plain window, in units of a window's own.
double mean_variance(std::vector<ExtraRuns> rows, std::size_t parts) {
  rows.emplace_back(parts, 0);
  Eigen::MatrixXd x(rows.size(), parts + 1);
  for (std::size_t w = 0; w < rows.size(); ++w) {
    x(static_cast<Eigen::Index>(w), 0) = 1.0;
    for (std::size_t j = 0; j < parts; ++j) {
      x(static_cast<Eigen::Index>(w), static_cast<Eigen::Index>(j + 1)) = rows[w][j];
    }
  }
  const Eigen::MatrixXd inverse = (x.transpose() * x).inverse();
  return inverse.diagonal().tail(static_cast<Eigen::Index>(parts)).mean();
}

TEST(ExcitationDesign, WeakPartsShareWindowsAndAreKnownBetterForIt) {
  // Seven layers of 0.5 % of a pass that can be repeated 40 times: 20 % longer each, 80 % together.
  const std::vector<ExcitablePart> parts(7, ExcitablePart{0.05, 40});
  const auto rows = excitation_rows(parts, 10.0);
  ASSERT_THAT(rows, SizeIs(7));
  for (const ExtraRuns& row : rows) {
    EXPECT_EQ(std::accumulate(row.begin(), row.end(), 0u), 160u) << "four of them in each";
  }
  std::vector<ExtraRuns> alone;
  for (std::size_t j = 0; j < 7; ++j) alone.emplace_back(7, 0)[j] = 40;
  EXPECT_LT(mean_variance(rows, 7), 0.6 * mean_variance(alone, 7));
}

TEST(ExcitationDesign, NoRowOfABlockGoesFarBeyondItsBoost) {
  std::vector<ExcitablePart> parts;
  for (int j = 0; j < 23; ++j) parts.push_back({0.01 + 0.01 * j, 15});
  for (const ExtraRuns& row : excitation_rows(parts, 10.0)) {
    double longer = 0.0;
    for (std::size_t j = 0; j < parts.size(); ++j) longer += row[j] * parts[j].time_ms / 10.0;
    EXPECT_LE(longer, 1.05);
    EXPECT_GT(longer, 0.0);
  }
}

TEST(ExcitationDesign, FewerIsTwoFifthsAndNeverNone) {
  EXPECT_EQ(fewer_row({0, 1, 2, 5, 10, 100}), (ExtraRuns{0, 1, 1, 2, 4, 40}));
}

TEST(ExcitationDesign, ACoolerRowIsRunMoreOften) {
  EXPECT_EQ(windows_of_cooler({0, 11, 0, 0}, {0, 11, 0, 0}), 1u);
  EXPECT_EQ(windows_of_cooler({0, 11, 0, 0}, {0, 5, 0, 0}), 2u);
  EXPECT_EQ(windows_of_cooler({0, 11, 0, 0}, {0, 2, 0, 0}), 3u) << "and no more";
  EXPECT_EQ(windows_of_cooler({5, 0, 0, 0}, {4, 0, 0, 700}), 1u);
  EXPECT_EQ(windows_of_cooler({0, 0, 0, 600}, {0, 0, 0, 200}), 1u) << "what is outside is not hot";
}

TEST(ExcitationDesign, WhatRunsBesideRepeatsHasRowsOfItsOwn) {
  // Two parts of 0.1 ms, what empties the cache (0.1 ms a run), and outside; a pass of 0.4 ms.
  const std::vector<ExcitablePart> parts = {{0.1, 100}, {0.1, 100}, {0.0, 100}, {0.2, 0}};
  const std::vector<ExtraRuns> rows = rows_with_beside(parts, 0.4, 1.0, 2, 0.1);
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0], (ExtraRuns{2, 0, 2, 0})) << "a repeat takes 0.2 ms with it";
  EXPECT_EQ(rows[1], (ExtraRuns{0, 2, 2, 0}));
  EXPECT_EQ(rows[2], (ExtraRuns{0, 0, 4, 0}));
  EXPECT_EQ(rows[3], (ExtraRuns{0, 0, 1, 0})) << "a quarter as often";
  EXPECT_EQ(with_beside({3, 1, 2, 0}, 2), (ExtraRuns{3, 1, 4, 0}));
  EXPECT_EQ(with_beside({1, 0, 5, 0}, 2), (ExtraRuns{1, 0, 5, 0})) << "more often is left alone";
}

TEST(ExcitationDesign, WhichRepeatsAreWorthARow) {
  const auto kinds = [](double place_ms, double warm_ms, double cold_ms) {
    const CacheKinds found = cache_kinds({place_ms, warm_ms, cold_ms}, 100.0);
    return std::vector<bool>{found.warm, found.cold};
  };
  EXPECT_EQ(kinds(10.0, 9.0, 9.1), (std::vector<bool>{1, 0})) << "the cache makes no difference";
  EXPECT_EQ(kinds(3.0, 2.0, 4.0), (std::vector<bool>{1, 1})) << "between the two";
  EXPECT_EQ(kinds(3.0, 2.9, 4.0), (std::vector<bool>{1, 0}));
  EXPECT_EQ(kinds(3.0, 2.0, 3.1), (std::vector<bool>{0, 1}));
  EXPECT_EQ(kinds(1.0, 0.9, 1.2), (std::vector<bool>{1, 0})) << "small: the nearer kind";
  EXPECT_EQ(kinds(1.1, 0.9, 1.2), (std::vector<bool>{0, 1}));
}

TEST(ExcitationDesign, RowsOfBothKinds) {
  // Emptying takes 0.1 ms; cold rows make the pass of 0.4 ms 1 ms longer.
  const std::vector<ExcitablePart> parts{{0.1, 100}, {0.1, 100}, {0.1, 100}, {0.0, 100}, {0.1, 10}};
  const CacheKinds warm;
  const CacheKinds cold{false, true};
  const CacheKinds both{true, true};
  const auto rows = [&](const std::vector<CacheKinds>& kinds) {
    return rows_of_kinds(parts, 0.4, 1.0, 3, 0.1, kinds);
  };
  EXPECT_THAT(rows({warm, warm, warm}),
              ElementsAre(ExtraRuns{4, 0, 0, 0, 0}, ExtraRuns{0, 4, 0, 0, 0},
                          ExtraRuns{0, 0, 4, 0, 0}, ExtraRuns{0, 0, 0, 0, 4}));
  EXPECT_THAT(
      rows({cold, warm, both}),
      ElementsAre(ExtraRuns{0, 4, 0, 0, 0}, ExtraRuns{0, 0, 4, 0, 0}, ExtraRuns{0, 0, 0, 0, 4},
                  ExtraRuns{5, 0, 0, 5, 0}, ExtraRuns{0, 0, 5, 5, 0}, ExtraRuns{0, 0, 0, 10, 0},
                  ExtraRuns{0, 0, 0, 3, 0}));
}

TEST(ExcitationDesign, ARoundHoldsEveryRowOnceBetweenPlainOnes) {
  std::vector<ExtraRuns> rows;
  for (std::uint32_t j = 1; j <= 5; ++j) rows.push_back({j, 0});
  std::mt19937_64 random(7);
  const auto round = excitation_round(rows, 2, 2, random);
  ASSERT_THAT(round, SizeIs(5 + 4));
  const ExtraRuns plain{0, 0};
  for (const std::size_t at : {0u, 3u, 6u, 8u}) EXPECT_EQ(round[at], plain) << at;
  for (const ExtraRuns& row : rows) EXPECT_EQ(std::count(round.begin(), round.end(), row), 1);
  EXPECT_NE(excitation_round(rows, 2, 2, random), round) << "another order each time";
}

using Both = std::vector<ExtraRuns>;

TEST(ExcitationDesign, HalfPassesHaveEachLayerInHalfOfTheRows) {
  const std::vector<ExcitablePart> parts{{5.0, 9}, {2.0, 0}, {1.0, 1}, {3.0, 1}, {0.1, 40}};
  std::mt19937_64 random(1);
  EXPECT_THAT(half_pass_rows(parts, random),
              testing::UnorderedElementsAre(Both{{1, 0, 0, 1, 0}, {0, 0, 1, 0, 0}},
                                            Both{{0, 0, 1, 1, 0}, {1, 0, 0, 0, 0}},
                                            Both{{1, 0, 1, 0, 0}, {0, 0, 0, 1, 0}}));
}

// The rows of an S-matrix, then of eighths, each followed by its mirror image.
TEST(ExcitationDesign, HalfPassesOfFourteenLayers) {
  const std::vector<ExcitablePart> parts(15, {1.0, 1});
  std::mt19937_64 random(1);
  const auto rows = half_pass_rows(parts, random);
  ASSERT_THAT(rows, SizeIs(15 + 16));
  ExtraRuns eighths(15, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), 2u) << i;
    for (std::size_t j = 0; j < 14; ++j) EXPECT_EQ(rows[i][0][j] + rows[i][1][j], 1u) << i;
    EXPECT_EQ(rows[i][0][14] + rows[i][1][14], 0u) << "outside layers";
    if (i < 15) continue;
    EXPECT_EQ(std::accumulate(rows[i][0].begin(), rows[i][0].end(), 0u), 2u);
    for (std::size_t j = 0; j < 14; ++j) eighths[j] += rows[i][0][j];
  }
  for (std::size_t j = 0; j < 14; ++j) {
    EXPECT_EQ(std::count_if(rows.begin(), rows.begin() + 15,
                            [j](const auto& both) { return both[0][j] == 1; }),
              8);
    // All fourteen are dealt twice, and four of them once more.
    EXPECT_GE(eighths[j], 2u);
    EXPECT_LE(eighths[j], 3u);
  }
}

TEST(ExcitationDesign, FiveLayersHaveNoEighths) {
  std::mt19937_64 random(1);
  EXPECT_THAT(half_pass_rows(std::vector<ExcitablePart>(6, {1.0, 1}), random), SizeIs(7));
  EXPECT_THAT(half_pass_rows(std::vector<ExcitablePart>(7, {1.0, 1}), random), SizeIs(7 + 16));
  const auto rows = half_pass_rows(std::vector<ExcitablePart>(41, {1.0, 1}), random);
  EXPECT_EQ(std::accumulate(rows.back()[0].begin(), rows.back()[0].end(), 0u), 5u);
}

// What two layers cost beyond their sum is in no layer's figure.
TEST(ExcitationDesign, PairsOfLayersCancelInRowsAndTheirMirrorImages) {
  const std::vector<ExcitablePart> parts(14, {1.0, 1});
  std::mt19937_64 random(3);
  const auto rows = half_pass_rows(parts, random);
  for (std::size_t j = 0; j < 13; ++j) {
    int together = 0;
    for (const Both& both : rows) {
      for (const ExtraRuns& row : both) {
        const auto sign = [&](std::size_t layer) { return row[layer] == 1 ? 1 : -1; };
        together += sign(j) * sign(4) * sign(7);
      }
    }
    EXPECT_EQ(together, 0) << j;
  }
}

// What layers 0, 1 and 2 cost beyond their sum looks like the cost of 3 where each row has an even
// number of the four. Where the three columns have such a fourth, it is one of twelve: 16 of 200.
TEST(ExcitationDesign, WhichLayersHalfPassesMixUpIsDrawnAnew) {
  const std::vector<ExcitablePart> parts(9, {1.0, 1});
  std::mt19937_64 random(1);
  std::size_t mixed_up = 0;
  for (int draw = 0; draw < 200; ++draw) {
    bool even = true;
    const auto rows = half_pass_rows(parts, random);
    for (std::size_t i = 0; i < 15; ++i) {
      const ExtraRuns& row = rows[i][0];
      even = even && (row[0] + row[1] + row[2] + row[3]) % 2 == 0;
    }
    mixed_up += even ? 1 : 0;
  }
  EXPECT_GT(mixed_up, 4u);
  EXPECT_LT(mixed_up, 35u);
}

TEST(ExcitationDesign, ALayerOfNoTimeIsInNoHalf) {
  std::mt19937_64 random(1);
  EXPECT_THAT(half_pass_rows(std::vector<ExcitablePart>{{0.0, 1}, {1.0, 1}, {1.0, 0}}, random),
              ElementsAre(Both{{0, 1, 0}}));
  EXPECT_THAT(half_pass_rows(std::vector<ExcitablePart>{{1.0, 0}, {1.0, 1}}, random), SizeIs(0));
}

TEST(ExcitationDesign, BesideHalfPassesLayersAndWhatIsOutsideRunAlone) {
  // The third may be repeated too rarely to tell anything alone, the second not at all.
  const std::vector<ExcitablePart> parts{{5.0, 9}, {2.0, 0}, {1.0, 1}, {0.5, 100}};
  EXPECT_THAT(
      alone_rows(parts, 10.0, 1.0),
      ElementsAre(ElementsAre(2, 0, 0, 0), ElementsAre(0, 0, 1, 0), ElementsAre(0, 0, 0, 20)));
  EXPECT_THAT(alone_rows(std::vector<ExcitablePart>{{0.0, 1}, {0.5, 0}}, 10.0, 1.0), SizeIs(0));
}

TEST(ExcitationDesign, AMixedRoundHasPlainRowsBeforeGroupsAndBeforeOthers) {
  const std::vector<Both> halves{{{1, 1, 0, 0}, {0, 0, 1, 0}}, {{0, 1, 1, 0}, {1, 0, 0, 0}}};
  const std::vector<ExtraRuns> others{{9, 0, 0, 0}, {0, 9, 0, 0}, {0, 0, 0, 9}};
  const ExtraRuns plain(4, 0);
  std::mt19937_64 random(1);
  const auto round = half_pass_round({halves, others}, 4, 2, random);
  for (const Both& both : halves) {
    const auto found = std::find(round.begin(), round.end(), both[0]);
    ASSERT_NE(found, round.end());
    EXPECT_EQ(*(found + 1), both[1]) << "right behind it";
    EXPECT_EQ(*(found - 1), plain);
    EXPECT_EQ(*(found + 2), plain);
  }
  for (const ExtraRuns& row : others) {
    const auto found = std::find(round.begin(), round.end(), row);
    ASSERT_NE(found, round.end());
    EXPECT_EQ(*(found - 1), plain);
    EXPECT_EQ(*(found + 1), plain);
  }
  EXPECT_THAT(round, SizeIs(4 + 3 + 6)) << "no plain row behind another";
  EXPECT_EQ(round.front(), plain);
  EXPECT_EQ(round.back(), plain);
}

}  // namespace
}  // namespace layerwatt
