#include "attribution/excite_burst_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace layerwatt {
namespace {

// A counter that lags by 18 ms over plain passes of 400 W, 1 ms, and bursts in which one more
// millisecond draws 900 W.
BurstRecording lagging(double noise_mw) {
  BurstRecording out;
  double now = 0.0;
  for (int k = 0; k < 40; ++k) {
    BurstWindow window;
    window.plain = k % 2 == 0;
    window.extra = {window.plain ? 0.0 : 1.0, 0.0};
    window.pass_ms = window.plain ? 1.0 : 2.0;
    window.begin_ms = now;
    now += window.plain ? 650.0 : 330.0;
    window.end_ms = now;
    out.windows.push_back(window);
  }
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(0.0, noise_mw);
  for (double at = 37.0; at + 100.0 < now; at += 100.0) {
    double mw = 0.0;
    for (const BurstWindow& window : out.windows) {
      const double ms = std::min(at + 82.0, window.end_ms) - std::max(at - 18.0, window.begin_ms);
      if (ms > 0.0) mw += ms / 100.0 * (window.plain ? 400e3 : 650e3);
    }
    out.steps.push_back({at, at + 100.0, {mw + (noise_mw > 0.0 ? noise(random) : 0.0)}});
  }
  return out;
}

TEST(ExciteBurstSearch, FindsTheLag) {
  const BurstRecording bursts = lagging(1e3);
  const BurstSteps steps(bursts);
  const BurstTrial best = search_bursts(steps, 1.0);
  EXPECT_NEAR(best.lag_ms, 18.0, 0.6);
  EXPECT_EQ(best.tau_ms, 0.0) << "nothing adapts";
  EXPECT_NEAR(best.fit.coefficients(0, 0), 400e3, 1e3);
  EXPECT_NEAR(best.fit.coefficients(1, 0), 900e3, 3e3);
  EXPECT_NEAR(mix_mw(steps, best, 0), 650e3, 2e3);
  EXPECT_NEAR(plain_over(steps, best, 1.0)[0], 400.0 / 650.0, 0.005);
}

TEST(ExciteBurstSearch, AnotherLagThatFitsAsWellWidensTheIntervals) {
  const auto widened = [](double noise_mw) {
    const BurstRecording bursts = lagging(noise_mw);
    const BurstSteps steps(bursts);
    const BurstTrial best = search_bursts(steps, 1.0);
    return std::sqrt(ambiguity(steps, best, 1.0)(0, 0));
  };
  const double well_known = widened(100.0);
  const double ambiguous = widened(30e3);
  EXPECT_LT(well_known, 0.002 * 900e3);
  EXPECT_GT(ambiguous, 3.0 * well_known);
  EXPECT_LT(ambiguous, 0.1 * 900e3);
}

}  // namespace
}  // namespace layerwatt
