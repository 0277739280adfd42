// fit_times().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

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

// A window that lasts 100 ms, with passes of `pass_ms`.
BurstWindow window(double begin_ms, double pass_ms, std::vector<double> extra) {
  BurstWindow made;
  made.extra = std::move(extra);
  made.pass_ms = pass_ms;
  made.begin_ms = begin_ms;
  made.end_ms = begin_ms + 100.0;
  return made;
}

// Passes T, and the row 1/T that they are in least squares: the time that all of them give is
// Σ(1/T) / Σ(1/T²), and the squares that it leaves are n − time Σ(1/T).
struct Alike {
  explicit Alike(const std::vector<double>& passes_ms) {
    for (const double pass_ms : passes_ms) {
      sum += 1.0 / pass_ms;
      squares += 1.0 / (pass_ms * pass_ms);
    }
    ms = sum / squares;
    left = static_cast<double>(passes_ms.size()) - ms * sum;
  }
  double sum = 0.0;
  double squares = 0.0;
  double ms = 0.0;
  double left = 0.0;
};

TEST(ExciteBurstTimes, TimesAndTheirScatterAreThoseOfLeastSquares) {
  const std::vector<double> plain_ms = {1.0, 1.02, 0.98};
  const std::vector<double> burst_ms = {1.41, 1.37};
  std::vector<BurstWindow> windows = {
      window(0.0, plain_ms[0], {0, 0}), window(200.0, burst_ms[0], {2, 0}),
      window(400.0, plain_ms[1], {0, 0}), window(600.0, burst_ms[1], {2, 0}),
      window(800.0, plain_ms[2], {0, 0})};
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  const Alike plain(plain_ms);
  const Alike burst(burst_ms);
  EXPECT_THAT(times->parts, ElementsAre(0u));
  EXPECT_NEAR(times->pass_ms, plain.ms, 1e-12);
  EXPECT_NEAR(times->extra_ms(0), (burst.ms - plain.ms) / 2.0, 1e-12);
  const double variance = (plain.left + burst.left) / (5.0 - 2.0);
  EXPECT_NEAR(times->residual_time, std::sqrt(variance), 1e-12);
  EXPECT_NEAR(times->time_covariance(0, 0),
              variance * (1.0 / plain.squares + 1.0 / burst.squares) / 4.0, 1e-15);

  windows.pop_back();
  EXPECT_FALSE(fit_times(windows, {})) << "two times, and three more windows are needed";
}

// Passes of 1 ms and, every other time, of one more run of 0.5 ms; all are longer by how[k].
std::vector<BurstWindow> every_other(const std::vector<double>& how) {
  std::vector<BurstWindow> windows;
  for (std::size_t k = 0; k < how.size(); ++k) {
    const double extra = k % 2 == 0 ? 0.0 : 1.0;
    windows.push_back(
        window(1000.0 * static_cast<double>(k), (1.0 + 0.5 * extra) * how[k], {extra, 0.0}));
  }
  return windows;
}

TEST(ExciteBurstTimes, ADriftIsTakenOff) {
  // Windows of unlike length: what counts is their middle.
  std::vector<BurstWindow> windows = every_other(std::vector<double>(8, 1.0));
  for (std::size_t k = 0; k < 8; ++k) {
    windows[k].end_ms = windows[k].begin_ms + 100.0 + 200.0 * static_cast<double>(k * k % 3);
  }
  const auto middle = [&](std::size_t k) {
    return windows[k].begin_ms + 50.0 + 100.0 * static_cast<double>(k * k % 3);
  };
  std::vector<double> falling;
  double mean = 0.0;
  for (std::size_t k = 0; k < 8; ++k) {
    falling.push_back(1.0 - (middle(k) - middle(0)) / (middle(7) - middle(0)));
    mean += falling.back() / 8.0;
  }
  for (std::size_t k = 0; k < 8; ++k) windows[k].pass_ms /= 1.0 - 0.02 * (falling[k] - mean);
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  EXPECT_NEAR(times->pass_ms, 1.0, 1e-9);
  EXPECT_NEAR(times->extra_ms(0), 0.5, 1e-9);
  EXPECT_NEAR(times->residual_time, 1e-9 / std::sqrt(8.0 - 3.0), 1e-15)
      << "one piece is enough, and squares are never less than 1e-18";
}

TEST(ExciteBurstTimes, WhatADriftExplainsByChanceIsNoDrift) {
  // A line through it lessens the squares by an eighth.
  const std::vector<double> how = {1.003, 1.024, 1.002, 0.999, 1.012, 1.002, 1.009, 0.996};
  std::vector<BurstWindow> windows = every_other(how);
  std::vector<double> plain_ms;
  std::vector<double> burst_ms;
  for (const BurstWindow& window : windows) {
    (window.extra[0] > 0.0 ? burst_ms : plain_ms).push_back(window.pass_ms);
  }
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  EXPECT_NEAR(times->residual_time,
              std::sqrt((Alike(plain_ms).left + Alike(burst_ms).left) / (8.0 - 2.0)), 1e-12);
}

TEST(ExciteBurstTimes, PartsThatAreNeverApartHaveNoTimes) {
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 12; ++k) {
    const double extra = k % 3;
    windows.push_back(timed(1000.0 * k, {extra, extra, 0}));
  }
  EXPECT_FALSE(fit_times(windows, {}));
}

TEST(ExciteBurstTimes, WithoutWindowsOfLayersThereAreNone) {
  std::vector<BurstWindow> windows;
  EXPECT_FALSE(fit_times(windows, {}));
  for (int k = 0; k < 12; ++k) windows.push_back(timed(1000.0 * k, {1.0 * (k % 2), 0, 10}, 0.5));
  EXPECT_FALSE(fit_times(windows, {}));
}

// Parts 0 and 2 are alone in windows, with times that scatter; 1 is so never, and 3 is outside.
std::vector<BurstWindow> part_between() {
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 4; ++k) {
    const double off = k % 2 == 0 ? 1.01 : 0.99;
    windows.push_back(window(3000.0 * k, 1.0 * off, {0, 0, 0, 0}));
    windows.push_back(window(3000.0 * k + 1000.0, 1.5 / off, {1, 0, 0, 0}));
    windows.push_back(window(3000.0 * k + 2000.0, 1.6 * off, {0, 0, 2, 0}));
  }
  return windows;
}

TEST(ExciteBurstTimes, APartIsPutBetweenThoseThatAreKnown) {
  std::vector<BurstWindow> windows = part_between();
  const auto known = fit_times(windows, {});
  ASSERT_TRUE(known);
  ASSERT_THAT(known->parts, ElementsAre(0u, 2u));
  ASSERT_NE(known->time_covariance(0, 1), 0.0);
  windows.push_back(window(20000.0, 2.0, {0, 1, 0, 50}));
  const double place_ms[] = {0.0, 0.4, 0.0};
  const auto times = fit_times(windows, place_ms);
  ASSERT_TRUE(times);
  EXPECT_THAT(times->parts, ElementsAre(0u, 1u, 2u, 3u));
  EXPECT_EQ(times->extra_ms, Eigen::Vector4d(known->extra_ms(0), 0.4, known->extra_ms(1), 1.0));
  const Eigen::MatrixXd& c = known->time_covariance;
  Eigen::Matrix4d expected = Eigen::Matrix4d::Zero();
  expected.row(0) << c(0, 0), 0.0, c(0, 1), 0.0;
  expected(1, 1) = 0.02 * 0.02;
  expected.row(2) << c(1, 0), 0.0, c(1, 1), 0.0;
  EXPECT_TRUE(times->time_covariance.isApprox(expected, 1e-12)) << times->time_covariance;
  EXPECT_NEAR(windows.back().outside_ms, 2.0 - times->pass_ms - 0.4, 1e-12);
}

TEST(ExciteBurstTimes, AWindowThatIsTooQuickIsNeverLessThanNothingOutside) {
  std::vector<BurstWindow> windows = part_between();
  windows.push_back(window(20000.0, 1.3, {1, 0, 0, 50}));
  ASSERT_TRUE(fit_times(windows, {}));
  EXPECT_EQ(windows.back().outside_ms, 0.0);
}

TEST(ExciteBurstTimes, OnlyPartsWithoutATimeLoseTheirWindows) {
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 6; ++k) windows.push_back(window(1000.0 * k, 1.0, {0, 0, 0, 0}));
  windows.push_back(window(6000.0, 2.0, {1, 0, 0, 50}));
  windows.push_back(window(7000.0, 2.0, {0, 1, 0, 50}));
  windows.push_back(window(8000.0, 2.0, {0, 0, 1, 50}));
  const double place_ms[] = {0.2, 0.0, 0.3};
  const auto times = fit_times(windows, place_ms);
  ASSERT_TRUE(times);
  EXPECT_THAT(times->parts, ElementsAre(0u, 2u, 3u)) << "1 takes no time in place";
  EXPECT_TRUE(windows[0].usable);
  EXPECT_TRUE(windows[6].usable);
  EXPECT_FALSE(windows[7].usable);
  EXPECT_NEAR(windows[8].outside_ms, 0.7, 1e-12);
}

// Part 1 with what is outside layers, and at other clocks in windows as these.
std::optional<ExciteFit> with_slowed(const std::vector<BurstWindow>& slowed) {
  std::vector<BurstWindow> windows;
  for (int k = 0; k < 3; ++k) {
    windows.push_back(timed(3000.0 * k, {0, 0, 0}));
    windows.push_back(timed(3000.0 * k + 1000.0, {2, 0, 0}));
  }
  windows.push_back(timed(9000.0, {0, 1, 50}, 0.4));
  windows.insert(windows.end(), slowed.begin(), slowed.end());
  const double place_ms[] = {0.2, 0.13, 0.0};
  return fit_times(windows, place_ms);
}

// One more run takes `run_ms` at the plain clock.
BurstWindow slowed(double clock, double runs, double run_ms) {
  BurstWindow made = window(20000.0, (1.0 + runs * run_ms) / clock, {0, runs, 0});
  made.clock = clock;
  made.usable = false;
  return made;
}

TEST(ExciteBurstTimes, WindowsAtOtherClocksGiveTheirMean) {
  const auto times = with_slowed({slowed(0.9, 4, 0.10), slowed(0.8, 2, 0.12)});
  ASSERT_TRUE(times);
  ASSERT_THAT(times->parts, ElementsAre(0u, 1u, 2u));
  EXPECT_NEAR(times->extra_ms(1), 0.11, 1e-12);
  // The clocks are off by 0.15 in the mean, of which a half may be wrong.
  EXPECT_NEAR(std::sqrt(times->time_covariance(1, 1)), 0.075 * 0.11, 1e-12);
  const auto close = with_slowed({slowed(1.016, 4, 0.10)});
  ASSERT_TRUE(close);
  EXPECT_NEAR(close->extra_ms(1), 0.10, 1e-12);
  EXPECT_NEAR(std::sqrt(close->time_covariance(1, 1)), 0.01 * 0.10, 1e-12) << "1 % at least";
}

TEST(ExciteBurstTimes, OnlyWindowsOfThePartAloneGiveItsTime) {
  BurstWindow with_another = slowed(0.9, 4, 0.3);
  with_another.extra[0] = 1.0;
  BurstWindow with_outside = slowed(0.9, 4, 0.3);
  with_outside.extra[2] = 50.0;
  BurstWindow of_another = slowed(0.9, 4, 0.3);
  of_another.extra = {4, 0, 0};
  const std::vector<BurstWindow> not_alone = {slowed(0.9, 0, 0.0), with_another, with_outside,
                                              of_another};
  EXPECT_NEAR(with_slowed(not_alone)->extra_ms(1), 0.13, 1e-12) << "that in place";
  std::vector<BurstWindow> one_alone = not_alone;
  one_alone.push_back(slowed(0.9, 1, 0.11));
  EXPECT_NEAR(with_slowed(one_alone)->extra_ms(1), 0.11, 1e-12);
  EXPECT_NEAR(with_slowed({slowed(0.9, 1, -0.1)})->extra_ms(1), 0.13, 1e-12)
      << "a pass that is quicker with more in it says nothing";
}

TEST(ExciteBurstTimes, AWindowAtAnotherClockMayComeFirst) {
  std::vector<BurstWindow> windows = {slowed(0.9, 4, 0.11)};
  for (int k = 0; k < 3; ++k) {
    windows.push_back(timed(3000.0 * k, {0, 0, 0}));
    windows.push_back(timed(3000.0 * k + 1000.0, {2, 0, 0}));
  }
  windows.push_back(timed(9000.0, {0, 1, 50}, 0.4));
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  EXPECT_NEAR(times->extra_ms(0), 0.2, 1e-12);
  EXPECT_NEAR(times->extra_ms(1), 0.11, 1e-12);
}

// A line explains nothing of it.
TEST(ExciteBurstTimes, ADriftThatTurnsInTheMiddleIsTakenOff) {
  std::vector<double> how;
  for (int k = 0; k < 13; ++k)
    how.push_back(1.0 / (1.0 - 0.02 * (std::abs(k - 6.0) / 6.0 - 7.0 / 13.0)));
  std::vector<BurstWindow> windows = every_other(how);
  const auto times = fit_times(windows, {});
  ASSERT_TRUE(times);
  // Of |k - 6| / 6 the mean is 42 / 6 / 13.
  EXPECT_NEAR(times->pass_ms, 1.0, 1e-9);
  EXPECT_NEAR(times->extra_ms(0), 0.5, 1e-9);
  EXPECT_NEAR(times->residual_time, 1e-9 / std::sqrt(13.0 - 4.0), 1e-15) << "two pieces";
}

}  // namespace
}  // namespace layerwatt
