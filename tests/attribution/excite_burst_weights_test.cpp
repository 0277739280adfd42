#include "attribution/excite_burst_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

}  // namespace
}  // namespace layerwatt
