// fit_times().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "attribution/excite_bursts.hpp"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

// Windows of 100 passes: 1 ms each, and what `extra` adds of parts of 0.2 and 0.1 ms; then outside.
BurstWindow timed(double begin_ms, std::vector<double> extra, double outside_ms = 0.0) {
  BurstWindow window;
  window.extra = std::move(extra);
  window.pass_ms = 1.0 + 0.2 * window.extra[0] + 0.1 * window.extra[1] + outside_ms;
  window.begin_ms = begin_ms;
  window.end_ms = begin_ms + 100.0 * window.pass_ms;
  window.plain = window.extra == std::vector<double>(3, 0.0);
  return window;
}

TEST(ExciteBurstTimes, WhatIsOutsideLayersTakesAsLongAsItTakes) {
  // The same 500 repeats, but not the same time: it is what the pass has too much.
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 3; ++k) {
    windows.push_back(timed(4000.0 * k, {0, 0, 0}));
    windows.push_back(timed(4000.0 * k + 500.0, {4, 0, 0}));
    windows.push_back(timed(4000.0 * k + 1000.0, {0, 9, 0}));
    windows.push_back(timed(4000.0 * k + 2000.0, {0, 0, 500}, 0.7 + 0.4 * k));
    windows.push_back(timed(4000.0 * k + 3000.0, {2, 0, 500}, 0.5 + 0.3 * k));
  }
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  EXPECT_THAT(times->parts, ElementsAre(0u, 1u, 2u));
  EXPECT_NEAR(times->pass_ms, 1.0, 1e-9);
  EXPECT_NEAR(times->extra_ms(0), 0.2, 1e-9);
  EXPECT_NEAR(times->extra_ms(2), 1.0, 1e-12) << "it counts in ms";
  EXPECT_NEAR(windows[8].outside_ms, 1.1, 1e-9);
  EXPECT_NEAR(windows[14].outside_ms, 1.1, 1e-9);
  EXPECT_EQ(windows[0].outside_ms, 0.0);
}

TEST(ExciteBurstTimes, ALayerThatLowersTheClockHasItsTimeFromThatClock) {
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 3; ++k) {
    windows.push_back(timed(4000.0 * k, {0, 0, 0}));
    windows.push_back(timed(4000.0 * k + 500.0, {0, 9, 0}));
    windows.push_back(timed(4000.0 * k + 2000.0, {2, 0, 500}, 0.5 + 0.3 * k));
  }
  const double place_ms[] = {0.21, 0.1, 0.0};
  std::vector<BurstWindow> without = windows;
  const auto in_place = fit_times(without, place_ms);
  ASSERT_TRUE(in_place);
  EXPECT_NEAR(in_place->extra_ms(0), 0.21, 1e-9) << "no other is known";
  EXPECT_NEAR(std::sqrt(in_place->time_covariance(0, 0)), 0.05 * 0.21, 1e-9);
  EXPECT_NEAR(without[2].outside_ms, 0.48, 1e-9);

  BurstWindow hot = timed(20000.0, {4, 0, 0});
  hot.clock = 0.9;
  hot.pass_ms /= 0.9;
  hot.usable = false;
  windows.push_back(hot);
  const auto scaled = fit_times(windows, place_ms);
  ASSERT_TRUE(scaled);
  EXPECT_THAT(scaled->parts, ElementsAre(0u, 1u, 2u));
  EXPECT_NEAR(scaled->extra_ms(0), 0.2, 1e-9);
  EXPECT_NEAR(std::sqrt(scaled->time_covariance(0, 0)), 0.05 * 0.2, 1e-9) << "half of 10 %";
  EXPECT_NEAR(scaled->time_covariance(1, 0), 0.0, 1e-12);

  // Neither: then its windows say nothing.
  const auto unknown = fit_times(without, {});
  ASSERT_TRUE(unknown);
  EXPECT_THAT(unknown->parts, ElementsAre(1u));
  EXPECT_FALSE(without[2].usable);
}

}  // namespace
}  // namespace layerwatt
