#include "attribution/update_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

}  // namespace
}  // namespace layerwatt
