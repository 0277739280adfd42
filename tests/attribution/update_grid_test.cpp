#include "attribution/update_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace layerwatt {
namespace {

struct Asked {
  double gap_ms = 5.0;
  double grid_ms = 6.6;
  double phase_ms = 1.25;
  double seconds = 10.0;
  double jitter = 0.02;    // of a gap, relative
  double unchanged = 0.0;  // share of the updates that show the same value again
  double stamp_error_ms = 0.0;
};

// Readings as they come; grid_ms 0: each is new.
std::vector<ChangeBracket> changes(const Asked& asked, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<ChangeBracket> out;
  double last_index = -1.0;
  double last_stamp = 0.0;
  for (double t = 0.3; t < 1e3 * asked.seconds;
       t += asked.gap_ms * (1.0 + asked.jitter * normal(random))) {
    const double stamp = t + asked.stamp_error_ms * normal(random);
    const double index =
        asked.grid_ms > 0.0 ? std::floor((t - asked.phase_ms) / asked.grid_ms) : last_index + 1.0;
    if (index != last_index && last_stamp > 0.0 && uniform(random) >= asked.unchanged) {
      out.push_back({last_stamp, stamp});
    }
    last_index = index;
    last_stamp = stamp;
  }
  return out;
}

void expect_found(const Asked& asked, double slack_ms = 0.0) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto found = find_update_grid(changes(asked, seed), asked.gap_ms, slack_ms);
    ASSERT_TRUE(found) << seed;
    EXPECT_LE(found->period_lo_ms, asked.grid_ms) << seed;
    EXPECT_GE(found->period_hi_ms, asked.grid_ms) << seed;
    EXPECT_LT(found->period_hi_ms - found->period_lo_ms, 1e-3 * asked.grid_ms) << seed;
    const double off = (found->phase_ms - asked.phase_ms) / found->period_ms;
    EXPECT_NEAR(off, std::round(off), 0.02) << seed;
  }
}

TEST(UpdateGrid, FindsAGridALittleSlowerThanTheReadings) { expect_found({}); }

TEST(UpdateGrid, FindsAGridManyReadingsLong) {
  Asked asked;
  asked.gap_ms = 2.0;
  asked.grid_ms = 100.0;
  asked.seconds = 30.0;
  expect_found(asked);
}

TEST(UpdateGrid, UpdatesThatShowTheSameValueDoNotHideTheGrid) {
  Asked asked;
  asked.gap_ms = 1.0;
  asked.unchanged = 0.5;
  expect_found(asked);
}

TEST(UpdateGrid, StampsMayBeOff) {
  Asked asked;
  asked.gap_ms = 1.0;
  asked.stamp_error_ms = 0.05;
  expect_found(asked, 0.15);
}

TEST(UpdateGrid, ReadingsThatAreAllNewShowNone) {
  Asked asked;
  asked.grid_ms = 0.0;
  for (const double unchanged : {0.0, 0.3, 0.9}) {
    asked.unchanged = unchanged;
    EXPECT_FALSE(find_update_grid(changes(asked, 4), asked.gap_ms, 0.0)) << unchanged;
  }
}

// Two such readings in a row always hold an instant of twice their distance: the one between them.
TEST(UpdateGrid, ReadingsThatComeExactlyOnTimeShowNone) {
  Asked asked;
  asked.grid_ms = 0.0;
  asked.jitter = 0.0;
  for (const double unchanged : {0.0, 0.3}) {
    asked.unchanged = unchanged;
    EXPECT_FALSE(find_update_grid(changes(asked, 6), asked.gap_ms, 0.0)) << unchanged;
  }
}

TEST(UpdateGrid, FewChangesFitManyGridsAndThereforeNone) {
  std::vector<ChangeBracket> few = changes({}, 5);
  few.resize(40);
  EXPECT_FALSE(find_update_grid(few, 5.0, 0.0));
}

struct Exact {
  std::size_t count = 40;
  double period_ms = 10.0;
  double before_ms = 1.0;  // of each bracket, around its update
  double after_ms = 1.0;
  double first_ms = 0.0;
};

std::vector<ChangeBracket> exactly(const Exact& asked) {
  std::vector<ChangeBracket> out;
  for (std::size_t k = 0; k < asked.count; ++k) {
    const double at = asked.first_ms + asked.period_ms * static_cast<double>(k);
    out.push_back({at - asked.before_ms, at + asked.after_ms});
  }
  return out;
}

bool found(const Exact& asked, double gap_ms = 2.0, double slack_ms = 0.0) {
  return find_update_grid(exactly(asked), gap_ms, slack_ms).has_value();
}

// Brackets of 2 ms, 39 periods from the first to the last: a period that is off by d moves the last
// one by 39 d against the first, and what they have in common is as much shorter.
TEST(UpdateGrid, BoundsAreThePeriodsAtWhichAllBracketsShareAPhase) {
  for (const double first_ms : {-5000.0, 3.0, 9.5}) {
    for (const double slack_ms : {0.0, 0.25}) {
      Exact asked;
      asked.first_ms = first_ms;
      const auto grid = find_update_grid(exactly(asked), 2.0, slack_ms);
      ASSERT_TRUE(grid);
      const double last_ms = 0.1 * 2.0 * 0.008;  // the last step of the search
      const double width_ms = 2.0 + 2.0 * slack_ms + last_ms;
      EXPECT_GE(grid->period_hi_ms, 10.0 + width_ms / 39.0);
      EXPECT_LT(grid->period_hi_ms, 10.0 + width_ms / 39.0 + 1e-4);
      EXPECT_LE(grid->period_lo_ms, 10.0 - width_ms / 39.0);
      EXPECT_GT(grid->period_lo_ms, 10.0 - width_ms / 39.0 - 1e-4);
      EXPECT_DOUBLE_EQ(grid->period_ms, 0.5 * (grid->period_lo_ms + grid->period_hi_ms));
      const double off_ms = 39.0 * (10.0 - grid->period_ms);
      EXPECT_NEAR(grid->phase_error_ms, 0.5 * (width_ms - std::abs(off_ms)), 1e-9);
      EXPECT_GE(grid->phase_ms, 0.0);
      EXPECT_LT(grid->phase_ms, grid->period_ms);
      const double turns = (first_ms + 0.5 * off_ms - grid->phase_ms) / grid->period_ms;
      EXPECT_NEAR(turns, std::round(turns), 1e-9);
    }
  }
}

TEST(UpdateGrid, APhaseMayLieAcrossTheStartOfTheCircle) {
  Exact asked;
  asked.before_ms = 1.5;
  asked.after_ms = 0.5;
  const auto grid = find_update_grid(exactly(asked), 2.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->phase_ms, 9.5, 0.01);
  EXPECT_NEAR(grid->phase_error_ms, 1.0, 0.01);
}

// e^16 to one: brackets of gap + 2 slack + 0.2 ms in the shortest period that is looked for, which
// is two gaps and two slacks below the shortest distance.
TEST(UpdateGrid, AsManyChangesAreNeededAsTellAGridFromChance) {
  Exact asked;
  asked.count = 16;  // 16 / ln(6 / 2.2) = 15.9
  EXPECT_TRUE(found(asked));
  asked.count = 15;
  EXPECT_FALSE(found(asked));
  asked.count = 36;  // 16 / ln(5 / 3.2) = 35.9
  EXPECT_TRUE(found(asked, 2.0, 0.5));
  asked.count = 35;
  EXPECT_FALSE(found(asked, 2.0, 0.5));
}

TEST(UpdateGrid, TheShortestDistanceMayBeTheFirst) {
  std::vector<ChangeBracket> changes = exactly({27, 10.0, 1.9, 0.1, 0.0});
  changes[0] = {0.1 - 0.2, 1.9};  // 8.2 ms before the next: 16 / ln(4.2 / 2.2) = 24.7
  EXPECT_TRUE(find_update_grid(std::span(changes).first(25), 2.0, 0.0));
  EXPECT_FALSE(find_update_grid(std::span(changes).first(24), 2.0, 0.0));
}

TEST(UpdateGrid, APeriodHardlyLongerThanTheReadingsNeedsManyChanges) {
  // Steps of 0.05 gaps where the shortest period is 1.2 gaps: 16 / ln(6 / 5.25) = 119.8.
  Exact asked{120, 16.0, 2.5, 2.5, 0.0};
  EXPECT_TRUE(found(asked, 5.0));
  asked.count = 119;
  EXPECT_FALSE(found(asked, 5.0));
}

TEST(UpdateGrid, ADozenChangesAtLeast) {
  Exact asked{12, 20.0, 0.5, 0.5, 3.0};
  EXPECT_TRUE(found(asked, 1.0));
  asked.count = 11;
  EXPECT_FALSE(found(asked, 1.0));
}

TEST(UpdateGrid, WithoutAGapThereIsNone) {
  EXPECT_FALSE(found({}, 0.0, 0.5));
  EXPECT_FALSE(found({}, std::numeric_limits<double>::quiet_NaN(), 0.5));
}

TEST(UpdateGrid, LostReadingsMakeDistancesShorterThanThePeriod) {
  // Every other change was seen a reading late: begins 3.6 ms less than a period apart, of 4.
  std::vector<ChangeBracket> late = exactly({40, 20.0, 0.1, 1.9, 0.0});
  for (std::size_t k = 1; k < late.size(); k += 2) late[k].begin_ms -= 3.6;
  const auto grid = find_update_grid(late, 2.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 20.0, 0.03);
  // And stamps that are off as well: 4.8 ms, of 5.
  late = exactly({40, 20.0, -0.45, 2.45, 0.0});
  for (std::size_t k = 1; k < late.size(); k += 2) {
    late[k] = {20.0 * static_cast<double>(k) - 4.35, 20.0 * static_cast<double>(k) - 0.35};
  }
  const auto loose = find_update_grid(late, 2.0, 0.5);
  ASSERT_TRUE(loose);
  EXPECT_NEAR(loose->period_ms, 20.0, 0.01);
}

// Of 100 changes, one that has neither the phase nor an update of its own: the one before began so
// early (readings were lost) that both are nearest to the same.
std::vector<ChangeBracket> one_astray(std::size_t where) {
  std::vector<ChangeBracket> out = exactly({101, 20.0, 1.0, 1.0, 0.0});
  const double at = 20.0 * static_cast<double>(where);
  out[where - 1].begin_ms = at - 37.0;
  out[where] = {at - 13.0, at - 11.0};
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(where) - 2);
  return out;
}

TEST(UpdateGrid, OneChangeInAHundredMayBeAstray) {
  const std::vector<ChangeBracket> one = one_astray(99);
  ASSERT_EQ(one.size(), 100u);
  const auto grid = find_update_grid(one, 2.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 20.0, 1e-3);
  EXPECT_NEAR(grid->phase_error_ms, 1.0, 0.01);
  EXPECT_FALSE(find_update_grid(std::span(one).first(99), 2.0, 0.0)) << "1 of 99 is more";
}

TEST(UpdateGrid, AHundredthOfTheDistancesMayBeTooShort) {
  std::vector<ChangeBracket> changes = exactly({201, 10.0, 0.5, 0.5, 0.0});
  for (const std::size_t late : {150u, 197u}) {
    changes[late].begin_ms += 3.0;
    changes[late].end_ms += 3.0;
  }
  const auto grid = find_update_grid(changes, 1.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-3);
}

TEST(UpdateGrid, BracketsAsLongAsThePeriodAllowAnyPhase) {
  const auto grid = find_update_grid(exactly({40, 10.0, 5.0, 5.0, 0.0}), 2.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_GE(grid->period_hi_ms, 10.0);
  EXPECT_NEAR(grid->period_lo_ms, 6.0, 1e-2) << "two gaps less than the shortest distance";
  EXPECT_EQ(grid->phase_ms, 0.0);
  EXPECT_EQ(grid->phase_error_ms, 0.5 * grid->period_ms);
}

TEST(UpdateGrid, ABracketLongerThanThePeriodHoldsEachPhase) {
  std::vector<ChangeBracket> changes = exactly({40, 10.0, 1.0, 1.0, 3.0});
  changes[20].begin_ms -= 7.5;  // readings were lost, and the change before with them
  changes.erase(changes.begin() + 19);
  changes[25].begin_ms -= 9.0;
  changes.erase(changes.begin() + 24);
  const auto grid = find_update_grid(changes, 2.0, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-3);
  EXPECT_NEAR(grid->phase_ms, 3.0, 0.01);
}

}  // namespace
}  // namespace layerwatt
