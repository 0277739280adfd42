#include "attribution/excite_burst_outliers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "attribution/excite_least_squares.hpp"

namespace layerwatt {
namespace {

constexpr double kPlainMs = 1.0;

// Plain windows of 400 W and bursts of 600 W in turn, 700 ms each, seen in steps of 100 ms with a
// noise of 2 W. parts: which part a burst repeats, in turn. odd_mw: what one window draws more.
struct Bursts {
  BurstRecording recording;
  std::vector<std::size_t> odd_steps;

  Bursts(int windows, std::size_t parts, std::size_t odd_window, double odd_mw) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> noise(0.0, 2e3);
    for (int w = 0; w < windows; ++w) {
      BurstWindow window;
      window.plain = w % 2 == 0;
      window.extra.assign(parts + 1, 0.0);
      if (!window.plain) window.extra[static_cast<std::size_t>(w / 2) % parts] = 1.0;
      window.pass_ms = window.plain ? kPlainMs : 2.0;
      window.begin_ms = 700.0 * w;
      window.end_ms = window.begin_ms + 700.0;
      recording.windows.push_back(window);
      for (int k = 0; k < 7; ++k) {
        const double at = window.begin_ms + 100.0 * k;
        const double more = static_cast<std::size_t>(w) == odd_window ? odd_mw : 0.0;
        if (more > 0.0) odd_steps.push_back(recording.steps.size());
        recording.steps.push_back(
            {at, at + 100.0, {(window.plain ? 400e3 : 600e3) + more + noise(random)}});
      }
    }
  }
};

BurstTrial start(const BurstSteps& steps) {
  return try_bursts(steps, {}, std::vector<double>(steps.mixes().amount.size(), 1.0));
}

BurstTrial fitted(const BurstSteps& steps) {
  return try_bursts(steps, {}, std::vector<double>(steps.mixes().amount.size(), 1.0), Wanted::all);
}

// Without half passes.
Mirrors plain(const Eigen::MatrixXd& x, const BurstTrial& trial) {
  return Mirrors(x, trial.fit.solve, Eigen::MatrixXd(x.rows(), 0));
}

TEST(ExciteBurstOutliers, AWindowThatIsOffIsLeftOutThoughNoneOfItsStepsIsOdd) {
  const Bursts bursts(40, 2, 11, 8e3);  // four standard deviations of a step
  BurstSteps steps(bursts.recording);
  BurstTrial trial = start(steps);
  EXPECT_EQ(leave_out_odd(steps, trial, kPlainMs), 7u);
  EXPECT_EQ(trial.rows.steps.size(), 40u * 7u - 7u);
  for (const std::size_t kept : trial.rows.steps) {
    EXPECT_NE(kept / 7, 11u);
  }
  EXPECT_NEAR(trial.fit.coefficients(0, 0), 400e3, 500.0);
}

TEST(ExciteBurstOutliers, WindowsThatScatterLikeTheirStepsStay) {
  const Bursts bursts(40, 2, 11, 2e3);  // two standard deviations of a step, five of the mean of 7
  BurstSteps steps(bursts.recording);
  BurstTrial trial = start(steps);
  EXPECT_EQ(leave_out_odd(steps, trial, kPlainMs), 0u);
}

TEST(ExciteBurstOutliers, AWindowThatNoOtherChecksStays) {
  const Bursts bursts(24, 12, 11, 60e3);  // each part in one window
  BurstSteps steps(bursts.recording);
  BurstTrial trial = start(steps);
  EXPECT_EQ(leave_out_odd(steps, trial, kPlainMs), 0u);
  const BurstTrial full = fitted(steps);
  const Eigen::MatrixXd x = weighted_design(full);
  EXPECT_FALSE(window_off(steps, full, plain(x, full), 1.0, 11));
}

TEST(ExciteBurstOutliers, AnOddStepGoesAlone) {
  Bursts bursts(40, 2, 99, 0.0);
  bursts.recording.steps[80].power_mw[0] += 60e3;
  BurstSteps steps(bursts.recording);
  BurstTrial trial = start(steps);
  EXPECT_EQ(leave_out_odd(steps, trial, kPlainMs), 1u);
  for (const std::size_t kept : trial.rows.steps) EXPECT_NE(kept, 80u);
}

// What a column of its own would have as its coefficient, over that one's standard deviation.
TEST(ExciteBurstOutliers, HowFarAWindowIsOff) {
  const Bursts bursts(40, 2, 11, 8e3);
  const BurstSteps steps(bursts.recording);
  const BurstTrial trial = fitted(steps);
  const Eigen::MatrixXd x = weighted_design(trial);
  constexpr double kNoise = 4e6;
  for (const std::size_t window : {3u, 11u, 20u}) {
    Eigen::MatrixXd more(x.rows(), x.cols() + 1);
    more << x, steps.share_of(trial.rows, window, trial.lag_ms);
    const LinearFit with = solve_least_squares(more, trial.rows.power);
    const double std = std::sqrt(kNoise) * with.solve.row(x.cols()).norm();
    const auto off = window_off(steps, trial, plain(x, trial), kNoise, window);
    ASSERT_TRUE(off) << window;
    EXPECT_NEAR(*off, with.coefficients(x.cols(), 0) / std, 1e-6 * std::abs(*off)) << window;
    if (window == 11u) {
      EXPECT_NEAR(*off, 8e3 / (2e3 / std::sqrt(7.0)), 3.0);
    }
  }
  EXPECT_FALSE(window_off(steps, trial, plain(x, trial), 0.0, 11))
      << "without noise nothing is said";
}

}  // namespace
}  // namespace layerwatt
