#include "attribution/counter_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

// Steps every 100.02 ms from 37 ms on, seen `late` at most, and one in twenty 7 ms late.
std::vector<double> seen(std::size_t count, double late_ms, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> late(0.0, late_ms);
  std::vector<double> stamps;
  for (std::size_t k = 0; k < count; ++k) {
    const double more = k % 20 == 7 ? 7.0 : 0.0;
    stamps.push_back(37.0 + 100.02 * static_cast<double>(k) + late(random) + more);
  }
  return stamps;
}

TEST(CounterGrid, PutsStampsWhereTheCounterSteps) {
  std::vector<double> stamps = seen(300, 3.0);
  ASSERT_TRUE(put_on_grid(stamps));
  for (std::size_t k = 0; k < stamps.size(); ++k) {
    // All by the usual delay, which is half the time between two polls.
    EXPECT_NEAR(stamps[k], 38.5 + 100.02 * static_cast<double>(k), 0.4) << k;
  }
  for (std::size_t k = 1; k < stamps.size(); ++k) {
    EXPECT_NEAR(stamps[k] - stamps[k - 1], 100.02, 2e-3) << k;
  }
}

TEST(CounterGrid, AStepThatWasNotSeenLeavesTwoPeriods) {
  std::vector<double> stamps = seen(100, 1.0);
  stamps.erase(stamps.begin() + 50, stamps.begin() + 52);
  ASSERT_TRUE(put_on_grid(stamps));
  EXPECT_NEAR(stamps[50] - stamps[49], 3 * 100.02, 0.02);
}

TEST(CounterGrid, ExactStampsStay) {
  std::vector<double> stamps;
  for (int k = 0; k < 40; ++k) stamps.push_back(5.0 + 100.0 * k);
  const std::vector<double> before = stamps;
  ASSERT_TRUE(put_on_grid(stamps));
  for (std::size_t k = 0; k < stamps.size(); ++k) EXPECT_NEAR(stamps[k], before[k], 1e-9);
}

TEST(CounterGrid, FewStampsAreLeftAlone) {
  std::vector<double> stamps = seen(19, 3.0);
  const std::vector<double> before = stamps;
  EXPECT_FALSE(put_on_grid(stamps));
  EXPECT_EQ(stamps, before);
}

TEST(CounterGrid, ACounterWithoutAClockIsLeftAlone) {
  // Its next step is so long after the last one: delays add up.
  std::mt19937_64 random(3);
  std::normal_distribution<double> length(100.0, 2.0);
  std::vector<double> stamps = {0.0};
  for (int k = 0; k < 300; ++k) stamps.push_back(stamps.back() + length(random));
  const std::vector<double> before = stamps;
  EXPECT_FALSE(put_on_grid(stamps));
  EXPECT_EQ(stamps, before);
}

TEST(CounterGrid, AClockThatWandersIsLeftAlone) {
  std::vector<double> stamps;
  for (int k = 0; k < 300; ++k) stamps.push_back(100.0 * k + 2.0 * std::sin(k / 20.0));
  EXPECT_FALSE(put_on_grid(stamps));
}

// Steps every 100 ms from 5 ms on, each off by the next of a pattern.
std::vector<double> off_by(const std::vector<double>& pattern, std::size_t count = 300) {
  std::vector<double> stamps;
  for (std::size_t k = 0; k < count; ++k) {
    stamps.push_back(5.0 + 100.0 * static_cast<double>(k) + pattern[k % pattern.size()]);
  }
  return stamps;
}

bool fits(std::vector<double> stamps) { return put_on_grid(stamps); }

TEST(CounterGrid, TwentyStampsAreEnough) { EXPECT_TRUE(fits(off_by({0.0}, 20))); }

TEST(CounterGrid, StampsThatStandStillAreNoClock) {
  EXPECT_FALSE(fits(std::vector<double>(30, 7.0)));
}

TEST(CounterGrid, LateStampsDoNotMoveTheLine) {
  std::vector<double> stamps = off_by({0.0});
  for (std::size_t k = 0; k < stamps.size(); k += 7) {
    stamps[k] += 1.0 + 0.01 * static_cast<double>(k);
  }
  ASSERT_TRUE(put_on_grid(stamps));
  for (std::size_t k = 0; k < stamps.size(); ++k) {
    EXPECT_NEAR(stamps[k], 5.0 + 100.0 * static_cast<double>(k), 1e-6) << k;
  }
}

TEST(CounterGrid, TheLineIsTheLeastSquaresOne) {
  // Off by 0.9 ms at first, by 0, 0.3, −0.3 … from then on: Σ off = 0.9, Σ (k − 9.5) off = −10.35.
  std::vector<double> stamps = off_by({0.0, 0.3, -0.3}, 20);
  stamps[0] += 0.9;
  stamps[19] -= 0.3;
  const double slope = (-9.5 * 0.9 - 6 * 0.3) / 665.0;
  ASSERT_TRUE(put_on_grid(stamps));
  for (std::size_t k = 0; k < stamps.size(); ++k) {
    const double at = static_cast<double>(k);
    EXPECT_NEAR(stamps[k], 5.0 + 100.0 * at + 0.9 / 20.0 + slope * (at - 9.5), 1e-9) << k;
  }
}

// The median of how far they are off, times 1.4826, may be 3 % of the period: 2.02 ms.
TEST(CounterGrid, StampsMayBeOffByThreePerCent) {
  const auto scattered = [](double d) { return off_by({0.0, d, 0.0, -d, 0.0, d, -d, 0.0, d, -d}); };
  EXPECT_TRUE(fits(scattered(2.0)));
  EXPECT_FALSE(fits(scattered(2.06)));
}

TEST(CounterGrid, NeighboursMayBeAlikeByHalf) {
  EXPECT_TRUE(fits(off_by({0.5, 0.5, 0.5, -0.5, -0.5, -0.5}))) << "a third";
  EXPECT_FALSE(fits(off_by({0.5, 0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5, -0.5, -0.5}))) << "0.6";
}

// The first two are off by twice as much as the others and not alike. Of 46 squares 23 are alike:
// −4 of the first pair, 2 of the next, and 25 of 37 pairs of which six are not. Less when the line
// is taken off, but more than half without the first stamp or the first pair.
TEST(CounterGrid, TheFirstStampsCountAmongNeighbours) {
  std::vector<double> off = {1.0, -1.0};
  double sign = -0.5;
  for (const std::size_t run : {6, 8, 6, 5, 5, 6, 2}) {
    off.insert(off.end(), run, sign);
    sign = -sign;
  }
  ASSERT_EQ(off.size(), 40u);
  EXPECT_TRUE(fits(off_by(off, 40)));
}

// One stamp in eleven is 3 ms late, which is more than three deviations from the median (0 ms): the
// line is that of the others, which are 0.25 ms late in the mean.
TEST(CounterGrid, DelaysAreJudgedByHowFarFromTheMedianTheyAre) {
  std::vector<double> stamps = off_by({0, 0, -0.5, 1, 3, 0, 0, 1, 0.5, 0, 0.5}, 110);
  ASSERT_TRUE(put_on_grid(stamps));
  EXPECT_NEAR(0.5 * (stamps[54] + stamps[55]), 5.0 + 5450.0 + 0.25, 0.01);
}

// As many neighbours are alike as are not, whatever the unit.
TEST(CounterGrid, SmallErrorsOfOneSignAndTheOtherFit) {
  EXPECT_TRUE(fits(off_by({0.05, -0.05, -0.05, 0.05})));
}

TEST(CounterGrid, AQuickClockIsOneToo) {
  std::vector<double> stamps;
  for (int k = 0; k < 40; ++k) stamps.push_back(5.0 + 0.5 * k);
  EXPECT_TRUE(fits(stamps));
}

TEST(CounterGrid, WhatIsExactButForRoundingMayWander) {
  const auto wandering = [](double ms) {
    std::vector<double> stamps = off_by({0.0});
    for (std::size_t k = 0; k < stamps.size(); ++k) {
      stamps[k] += ms * std::sin(static_cast<double>(k) / 20.0);
    }
    return stamps;
  };
  EXPECT_TRUE(fits(wandering(5e-5)));
  EXPECT_FALSE(fits(wandering(5e-4)));
}

}  // namespace
}  // namespace layerwatt
