#include "attribution/excite_burst_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

// Plain passes of 400 W and bursts of 600 W; each boundary is up to 8 ms off (uniform, one standard
// deviation 4.6 ms), and steps of 100 ms have a noise of 2 W.
BurstRecording boundaries_off(double off_ms) {
  BurstRecording out;
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> off(-off_ms, off_ms);
  std::normal_distribution<double> noise(0.0, 2e3);
  std::vector<double> really;
  double now = 0.0;
  for (int k = 0; k < 160; ++k) {
    BurstWindow window;
    window.plain = k % 2 == 0;
    window.extra = {window.plain ? 0.0 : 1.0, 0.0};
    window.pass_ms = window.plain ? 1.0 : 2.0;
    window.begin_ms = now;
    now += window.plain ? 650.0 : 350.0;
    window.end_ms = now;
    really.push_back(now + off(random));
    out.windows.push_back(window);
  }
  for (double at = 30.0; at + 100.0 < now; at += 100.0) {
    double mw_ms = 0.0;
    double from = at;
    for (std::size_t w = 0; w < really.size(); ++w) {
      const double to = std::min(at + 100.0, really[w]);
      if (to <= from) continue;
      mw_ms += (to - from) * (w % 2 == 0 ? 400e3 : 600e3);
      from = to;
    }
    out.steps.push_back({at, at + 100.0, {mw_ms / 100.0 + noise(random)}});
  }
  return out;
}

BurstTrial fitted(BurstSteps& steps) { return try_bursts(steps, {}, std::vector<double>(1, 1.0)); }

TEST(ExciteBurstWeights, FindsHowFarBoundariesAreOff) {
  const BurstRecording bursts = boundaries_off(8.0);
  BurstSteps steps(bursts);
  const StepErrors errors = step_errors(bursts, steps, fitted(steps));
  EXPECT_NEAR(errors.plain_mw, 2e3, 300.0);
  EXPECT_NEAR(errors.boundary_ms, 4.6, 0.7);
}

TEST(ExciteBurstWeights, StepsOfOneWindowCountInFull) {
  const BurstRecording bursts = boundaries_off(8.0);
  BurstSteps steps(bursts);
  const BurstTrial trial = fitted(steps);
  const StepErrors errors = step_errors(bursts, steps, trial);
  const std::vector<double> weights = step_weights(bursts, steps, trial);
  EXPECT_EQ(weights[0], 1.0) << "30 to 130 ms: plain";
  // 630 to 730 ms: 200 W × δ / 100 ms, beside σ.
  const double boundary_mw = 2.0 * errors.boundary_ms * 1e3;
  EXPECT_NEAR(weights[6], errors.plain_mw / std::hypot(errors.plain_mw, boundary_mw), 0.01);
}

TEST(ExciteBurstWeights, AWeighedFitFindsTheSameErrors) {
  const BurstRecording bursts = boundaries_off(8.0);
  BurstSteps steps(bursts);
  BurstTrial trial = fitted(steps);
  steps.weigh(step_weights(bursts, steps, trial));
  trial = fitted(steps);
  const StepErrors errors = step_errors(bursts, steps, trial);
  EXPECT_NEAR(errors.plain_mw, 2e3, 300.0);
  EXPECT_NEAR(errors.boundary_ms, 4.6, 0.7);
  EXPECT_NEAR(trial.fit.coefficients(0, 0), 400e3, 500.0);
  EXPECT_NEAR(trial.fit.coefficients(1, 0), 800e3, 4e3) << "2 ms at 600 W, less a plain pass";
}

TEST(ExciteBurstWeights, ExactBoundariesCountNearlyInFull) {
  const BurstRecording bursts = boundaries_off(0.0);
  BurstSteps steps(bursts);
  const BurstTrial trial = fitted(steps);
  EXPECT_LT(step_errors(bursts, steps, trial).boundary_ms, 1.0);
  for (const double weight : step_weights(bursts, steps, trial)) EXPECT_GT(weight, 0.6);
}

TEST(ExciteBurstWeights, TooFewStepsWeighAlike) {
  BurstRecording bursts = boundaries_off(8.0);
  bursts.steps.resize(12);
  BurstSteps steps(bursts);
  for (const double weight : step_weights(bursts, steps, fitted(steps))) EXPECT_EQ(weight, 1.0);
}

// Plain windows that draw 400 mW and bursts that draw 600, 250 ms each, whose steps of 100 ms see a
// boundary in one of five; residuals as given.
struct HandMade {
  BurstRecording bursts;
  BurstTrial trial;

  explicit HandMade(int rounds) {
    for (int w = 0; w < 2 * rounds; ++w) {
      BurstWindow window;
      window.plain = w % 2 == 0;
      window.extra = {window.plain ? 0.0 : 1.0, 0.0};
      window.pass_ms = window.plain ? 1.0 : 2.0;
      window.begin_ms = 250.0 * w;
      window.end_ms = window.begin_ms + 250.0;
      bursts.windows.push_back(window);
    }
    const int count = 5 * rounds;
    trial.lag_ms = 10.0;
    trial.fit.coefficients = Eigen::Vector2d(400.0, 800.0);
    trial.rows.weight = Eigen::VectorXd::Ones(count);
    trial.fit.residuals = Eigen::VectorXd::Zero(count);
    for (int k = 0; k < count; ++k) {
      bursts.steps.push_back({100.0 * k + 10.0, 100.0 * k + 110.0, {}});
      trial.rows.steps.push_back(static_cast<std::size_t>(k));
      if (k % 5 == 2) boundaries.push_back(k);
      if (k % 5 != 2) alone.push_back(k);
    }
  }
  StepErrors errors() const { return step_errors(bursts, BurstSteps(bursts), trial); }
  std::vector<double> weights() const { return step_weights(bursts, BurstSteps(bursts), trial); }
  void set(const std::vector<int>& steps, double residual) {
    for (const int k : steps) trial.fit.residuals(k) = k % 2 == 0 ? residual : -residual;
  }
  std::vector<int> boundaries;
  std::vector<int> alone;
};

// The median of residuals, as a standard deviation.
constexpr double kPlain = 1.4826;

TEST(ExciteBurstWeights, ErrorsAreThoseOfTheirDefinition) {
  HandMade made(8);
  made.set(made.alone, 1.0);
  for (int i = 0; i < 15; ++i)
    made.trial.fit.residuals(made.alone[static_cast<std::size_t>(i)]) = 3.0;
  made.set(made.boundaries, 10.0);
  EXPECT_NEAR(made.errors().plain_mw, kPlain, 1e-12) << "of 32, the 17th";
  // Power changes by 200 mW: 2 mW a ms.
  const double boundary_ms = std::sqrt(100.0 - kPlain * kPlain) / 2.0;
  EXPECT_NEAR(made.errors().boundary_ms, boundary_ms, 1e-9);
  const std::vector<double> weights = made.weights();
  ASSERT_EQ(weights.size(), 40u);
  for (std::size_t k = 0; k < 40; ++k) {
    EXPECT_NEAR(weights[k], k % 5 == 2 ? kPlain / 10.0 : 1.0, 1e-9) << k;
  }
  // A residual of a row that weighs half is half of the step's.
  for (const int k : {0, 2, 7, 20}) {
    made.trial.rows.weight(k) = 0.5;
    made.trial.fit.residuals(k) *= 0.5;
  }
  EXPECT_NEAR(made.errors().plain_mw, kPlain, 1e-12);
  EXPECT_NEAR(made.errors().boundary_ms, boundary_ms, 1e-9);
  made.trial.fit.residuals(made.alone[20]) = 3.0;
  EXPECT_NEAR(made.errors().plain_mw, 3.0 * kPlain, 1e-12) << "now it is one of the larger half";
}

TEST(ExciteBurstWeights, LargerChangesCountForMore) {
  HandMade made(8);
  // Half of the bursts draw 800 mW.
  for (std::size_t w = 1; w < 8; w += 2) made.bursts.windows[w].pass_ms = 1.5;
  made.set(made.alone, 1.0);
  made.set(made.boundaries, 10.0);
  const double above = 100.0 - kPlain * kPlain;
  EXPECT_NEAR(made.errors().boundary_ms, std::sqrt(above * (4.0 + 16.0) / (16.0 + 256.0)), 1e-9);
}

TEST(ExciteBurstWeights, AStepWithTwoBoundariesHasBothChanges) {
  HandMade made(9);
  made.set(made.alone, 1.0);
  made.set(made.boundaries, 10.0);
  const double boundary_ms = made.errors().boundary_ms;
  // The step from 200 to 300 ms goes on to 600, and what is behind is moved into it.
  made.bursts.steps[2].end_ms = 610.0;
  made.trial.rows.steps.erase(made.trial.rows.steps.begin() + 2, made.trial.rows.steps.begin() + 6);
  made.trial.rows.weight.conservativeResize(41);
  made.trial.fit.residuals = Eigen::VectorXd(41);
  for (int i = 0; i < 41; ++i) {
    const auto k = static_cast<int>(made.trial.rows.steps[static_cast<std::size_t>(i)]);
    made.trial.fit.residuals(i) = k % 5 == 2 ? 10.0 : 1.0;
  }
  EXPECT_NEAR(made.errors().boundary_ms, boundary_ms, 1e-9);
  const double change_per_ms = std::hypot(200.0, 200.0) / 400.0;
  EXPECT_NEAR(made.weights()[2], kPlain / std::hypot(kPlain, boundary_ms * change_per_ms), 1e-9);
}

TEST(ExciteBurstWeights, WhatIsFarBeyondAnyBoundaryDoesNotCount) {
  HandMade made(9);
  made.set(made.alone, 1.0);
  made.set(made.boundaries, 10.0);
  const double boundary_ms = made.errors().boundary_ms;
  // Three times that of 30 ms is 180.
  made.set({made.boundaries[2]}, 200.0);
  EXPECT_NEAR(made.errors().boundary_ms, boundary_ms, 1e-9);
  made.set({made.boundaries[2]}, 170.0);
  EXPECT_GT(made.errors().boundary_ms, 2.0 * boundary_ms);
  made.set(made.boundaries, 170.0);
  EXPECT_EQ(made.errors().boundary_ms, 30.0) << "and never more than that";
}

TEST(ExciteBurstWeights, EightOfEachKindAreNeeded) {
  HandMade made(8);
  made.set(made.alone, 1.0);
  made.set(made.boundaries, 10.0);
  made.set({made.boundaries[0]}, 200.0);
  EXPECT_NEAR(made.errors().plain_mw, kPlain, 1e-12);
  EXPECT_EQ(made.errors().boundary_ms, 0.0) << "seven that are no outliers";
  made.set(made.boundaries, 1.0);
  EXPECT_EQ(made.errors().boundary_ms, 0.0) << "no more than elsewhere";

  HandMade few(2);
  few.set(few.alone, 1.0);
  EXPECT_NEAR(few.errors().plain_mw, kPlain, 1e-12);
  few.trial.rows.steps.erase(few.trial.rows.steps.begin());
  EXPECT_EQ(few.errors().plain_mw, 0.0);
  EXPECT_EQ(few.weights(), std::vector<double>(10, 1.0));
}

TEST(ExciteBurstWeights, TheFirstStepMaySeeABoundary) {
  HandMade made(8);
  made.trial.lag_ms = -190.0;  // steps from 200 ms on
  for (int k = 0; k < 40; ++k) made.trial.fit.residuals(k) = k % 5 == 0 ? 10.0 : 1.0;
  EXPECT_NEAR(made.errors().boundary_ms, std::sqrt(100.0 - kPlain * kPlain) / 2.0, 1e-9)
      << "eight of them";
  EXPECT_NEAR(made.weights()[0], kPlain / 10.0, 1e-9);
}

TEST(ExciteBurstWeights, UnitsDoNotMatter) {
  HandMade made(8);
  made.set(made.alone, 1.0);
  made.set(made.boundaries, 10.0);
  const double boundary_ms = made.errors().boundary_ms;
  const std::vector<double> weights = made.weights();
  made.trial.fit.coefficients *= 1e-3;
  made.trial.fit.residuals *= 1e-3;
  EXPECT_NEAR(made.errors().boundary_ms, boundary_ms, 1e-9);
  for (std::size_t k = 0; k < 40; ++k) EXPECT_NEAR(made.weights()[k], weights[k], 1e-9) << k;
}

// Ten plain windows of five steps each, whose residuals are 1 and −1 in turn; factor of window 4.
std::vector<double> weights_with(double factor, double off, int windows = 10, double odd = 0.0,
                                 int without = 0) {
  BurstRecording bursts;
  BurstTrial trial;
  const int count = 5 * windows;
  trial.fit.coefficients = Eigen::Vector2d(400.0, 800.0);
  trial.rows.weight = Eigen::VectorXd::Ones(count - without);
  trial.fit.residuals = Eigen::VectorXd::Zero(count - without);
  for (int w = 0; w < windows; ++w) {
    BurstWindow window;
    window.plain = true;
    window.extra = {0.0, 0.0};
    window.pass_ms = 1.0;
    window.begin_ms = 500.0 * w;
    window.end_ms = window.begin_ms + 500.0;
    bursts.windows.push_back(window);
  }
  for (int k = 0; k < count; ++k) {
    bursts.steps.push_back({100.0 * k, 100.0 * k + 100.0, {}});
    if (k < without) continue;
    trial.rows.steps.push_back(static_cast<std::size_t>(k));
    double& residual = trial.fit.residuals(k - without);
    residual = (k % 2 == 0 ? 1.0 : -1.0) * (k / 5 == 4 ? factor : 1.0);
    if (k / 5 == 7) residual += off;
    if (k == 12) residual += odd;
  }
  return step_weights(bursts, BurstSteps(bursts), trial);
}

TEST(ExciteBurstWeights, AWindowWhoseStepsScatterCountsLess) {
  const std::vector<double> weights = weights_with(3.0, 0.0);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    EXPECT_NEAR(weights[k], k / 5 == 4 ? 1.0 / 3.0 : 1.0, 1e-12) << k;
  }
  EXPECT_EQ(weights_with(2.4, 0.0), std::vector<double>(50, 1.0)) << "5.8 times the variance";
  EXPECT_NE(weights_with(2.5, 0.0), std::vector<double>(50, 1.0)) << "6.3 times";
  EXPECT_EQ(weights_with(1.0, 50.0), std::vector<double>(50, 1.0)) << "about their own mean";
  EXPECT_EQ(weights_with(3.0, 0.0, 7), std::vector<double>(35, 1.0)) << "too few to know";
  EXPECT_EQ(weights_with(1.0, 0.0, 10, 40.0), std::vector<double>(50, 1.0)) << "one odd step";
  const std::vector<double> after = weights_with(3.0, 0.0, 10, 0.0, 3);
  EXPECT_NEAR(after[22], 1.0 / 3.0, 1e-12) << "behind a window of two steps";
}

}  // namespace
}  // namespace layerwatt
