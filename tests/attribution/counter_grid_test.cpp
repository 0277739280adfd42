#include "attribution/counter_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

}  // namespace
}  // namespace layerwatt
