// fit_bursts() on windows of whole steps, whose figures can be worked out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "attribution/excite_burst_agreement.hpp"
#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_bursts.hpp"

namespace layerwatt {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Windows of whole steps, seen without a lag: then each step is of one window, and all weigh alike.
// Plain passes of 1 ms draw 400 W, of which a rail has half. One more run of part j takes
// run_ms[j] at run_mw[j].
struct Aligned {
  std::vector<double> run_ms = {0.5, 0.25, 1.0};
  std::vector<double> run_mw = {900e3, 300e3, 100e3};
  std::function<double(double)> drift = [](double) { return 0.0; };  // by ms
  double tau_ms = 0.0;
  BurstRecording bursts;

  // outside_ms: in a pass, if the last part is repeated. takes_off: what the device's adapting does
  // in the end, relative.
  void window(const std::vector<double>& runs, int steps, double outside_ms = 0.0,
              double takes_off = 0.0) {
    BurstWindow made;
    made.extra = runs;
    made.plain = runs == std::vector<double>(runs.size(), 0.0);
    double ms = 1.0 + outside_ms;
    double mw_ms = 400e3 + 100e3 * outside_ms;
    for (std::size_t j = 0; j + 1 < runs.size(); ++j) {
      ms += runs[j] * run_ms[j];
      mw_ms += runs[j] * run_ms[j] * run_mw[j];
    }
    // Passes scatter by a few thousandths.
    made.pass_ms = ms * (1.0 + 0.002 * (static_cast<double>(bursts.windows.size() * 7 % 5) - 2.0));
    made.begin_ms = bursts.windows.empty() ? 0.0 : bursts.windows.back().end_ms;
    made.end_ms = made.begin_ms + 100.0 * steps;
    const double mw = mw_ms / made.pass_ms;
    for (int k = 0; k < steps; ++k) {
      const double begin_ms = made.begin_ms + 100.0 * k;
      double off_mw = 0.0;
      if (tau_ms > 0.0) {
        const double memory =
            tau_ms / 100.0 * std::exp(-k * 100.0 / tau_ms) * (1.0 - std::exp(-100.0 / tau_ms));
        off_mw = made.plain ? before_ * mw * memory : takes_off * mw * (1.0 - memory);
      }
      const double seen = (mw - off_mw) / (1.0 - drift(begin_ms + 50.0));
      bursts.steps.push_back({begin_ms, begin_ms + 100.0, {seen, seen / 2.0}});
    }
    before_ = takes_off * (tau_ms > 0.0 ? 1.0 - std::exp(-100.0 * steps / tau_ms) : 0.0);
    bursts.windows.push_back(made);
  }
  void plain(int steps = 6) { window(std::vector<double>(run_ms.size(), 0.0), steps); }
  void burst(const std::vector<double>& runs, double outside_ms = 0.0, double takes_off = 0.0) {
    plain();
    window(runs, 3, outside_ms, takes_off);
  }
  void scatter(double std_mw) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> noise(0.0, std_mw);
    for (CounterStep& step : bursts.steps) {
      for (double& mw : step.power_mw) mw += noise(random);
    }
  }
  // One up, one down.
  void alternate(double mw) {
    for (std::size_t k = 0; k < bursts.steps.size(); ++k) {
      bursts.steps[k].power_mw[0] += k % 2 == 0 ? mw : -mw;
    }
  }

 private:
  double before_ = 0.0;  // what the window before had taken off at its end
};

Aligned two_parts() {
  Aligned device;
  for (int round = 0; round < 4; ++round) {
    device.burst({2, 0, 0});
    device.burst({0, 4, 0});
  }
  device.plain();
  return device;
}

// A third, which `steps` steps alone see; all steps are off by `mw` in turn.
Aligned with_a_third_part(int steps, double mw) {
  Aligned device = two_parts();
  device.run_ms = {0.5, 0.25, 0.4, 1.0};
  device.run_mw = {900e3, 300e3, 500e3, 100e3};
  for (BurstWindow& window : device.bursts.windows) window.extra.push_back(0.0);
  device.window({0, 0, 2, 0}, steps);
  device.plain();
  device.alternate(mw);
  return device;
}

// What a fit says of how sure it is, from what its parts say.
void expect_concluded(const BurstRecording& bursts, std::span<const double> place_ms,
                      std::size_t pieces) {
  const BurstFitOutcome found = fit_bursts(bursts, place_ms);
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  const ExciteFit& fit = *found.outcome.fit;
  ASSERT_EQ(fit.drift_pieces, pieces);
  ASSERT_EQ(fit.outliers, 0u);
  ASSERT_EQ(found.adaptation.lag_ms, 0.0);
  ASSERT_EQ(found.adaptation.time_constant_ms, 0.0);
  EXPECT_EQ(found.adaptation.steps, bursts.steps.size());

  BurstRecording again = bursts;
  const auto times = fit_times(again.windows, place_ms);
  const BurstSteps steps(again);
  BurstTrial like;
  like.pieces = pieces;
  const std::vector<double> over(steps.mixes().amount.size(), 1.0);
  const BurstTrial trial = try_bursts(steps, like, over, Wanted::all);
  const Eigen::MatrixXd other = ambiguity(steps, trial, times->pass_ms);
  const Agreement agreement = window_agreement(again, steps, trial, times->extra_ms);
  const auto& c = trial.fit.coefficients;
  const Eigen::MatrixXd dots = trial.fit.solve * trial.fit.solve.transpose();
  const auto n = static_cast<double>(bursts.steps.size());
  const auto degrees = n - 1.0 - static_cast<double>(times->parts.size() + pieces);
  EXPECT_EQ(fit.degrees, static_cast<std::size_t>(degrees));
  EXPECT_EQ(fit.windows, agreement.windows);
  EXPECT_EQ(fit.disagreement, agreement.factor);
  const double drift_variance = pieces == 0 ? 0.0 : trial.drift.squaredNorm() / (n * n);
  EXPECT_NEAR(fit.drift_std, std::sqrt(drift_variance), 1e-12);
  for (Eigen::Index channel = 0; channel < 2; ++channel) {
    const Eigen::VectorXd residuals = trial.fit.residuals.col(channel);
    const double scatter = residuals.squaredNorm() / degrees;
    const double noise = scatter * neighbours_factor(residuals);
    EXPECT_NEAR(fit.residual_mw(channel) / std::sqrt(scatter), 1.0, 1e-9);
    EXPECT_NEAR(fit.pass_mj(channel), c(0, channel) / 1e3, 1e-9);
    const double pass_variance =
        noise * dots(0, 0) / 1e6 + drift_variance * std::pow(fit.pass_mj(channel), 2);
    EXPECT_NEAR(fit.pass_mj_std(channel) / std::sqrt(pass_variance), 1.0, 1e-9);
    const double share = c(0, channel) / c(0, 0);
    for (std::size_t j = 0; j < times->parts.size(); ++j) {
      const auto a = static_cast<Eigen::Index>(j);
      const double mw = c(a + 1, channel) / times->extra_ms(a);
      EXPECT_NEAR(fit.power_mw(a, channel) / mw, 1.0, 1e-9);
      for (std::size_t k = 0; k < times->parts.size(); ++k) {
        const auto b = static_cast<Eigen::Index>(k);
        const double other_mw = c(b + 1, channel) / times->extra_ms(b);
        const double idle = j == k ? agreement.idle_variance[j] : 0.0;
        const double variance =
            (noise * agreement.factor[j] * agreement.factor[k] * dots(a + 1, b + 1) +
             mw * other_mw * times->time_covariance(a, b) + share * share * (other(a, b) + idle)) /
                (times->extra_ms(a) * times->extra_ms(b)) +
            drift_variance * mw * other_mw;
        if (channel == 0) {
          EXPECT_NEAR(fit.covariance(a, b), variance, 1e-9 * fit.covariance.norm()) << j << k;
        }
        if (j != k) continue;
        EXPECT_NEAR(fit.power_std(a, channel) / std::sqrt(variance), 1.0, 1e-9) << j;
      }
      if (channel > 0) continue;
      const double expected =
          noise * dots(a + 1, 0) / 1e3 / times->extra_ms(a) + drift_variance * fit.pass_mj(0) * mw;
      EXPECT_NEAR(fit.pass_covariance(a), expected, 1e-9 * fit.pass_covariance.norm()) << j;
    }
  }
}

TEST(ExciteBurstFit, HowSureItIsComesFromStepsTimesAndWindows) {
  Aligned device = two_parts();
  device.scatter(200.0);
  expect_concluded(device.bursts, {}, 0);
}

TEST(ExciteBurstFit, ADriftAndIdleTimeMakeItLessSure) {
  Aligned device;
  device.drift = [](double ms) { return 0.01 * ms / 6e3; };
  for (int round = 0; round < 3; ++round) {
    device.burst({2, 0, 0});
    device.burst({0, 0, 40}, 0.5 + 0.1 * round);
  }
  device.burst({0, 4, 40}, 0.5);  // with part 1 once, and then not alone
  device.plain();
  device.scatter(200.0);
  const double place_ms[] = {0.5, 0.25};
  expect_concluded(device.bursts, place_ms, 1);
}

TEST(ExciteBurstFit, HowFarPartsAdaptIsSaidOfThoseThatAreAlone) {
  Aligned device;
  device.tau_ms = 100.0;
  for (int round = 0; round < 4; ++round) {
    device.burst({2, 0, 0}, 0.0, 0.2);
    device.burst({2, 4, 0}, 0.0, 0.3);
    device.burst({0, 4, 0}, 0.0, 0.1);
  }
  device.plain();
  device.scatter(5.0);
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.adaptation.time_constant_ms, 100.0);
  EXPECT_EQ(found.adaptation.lag_ms, 0.0);
  EXPECT_EQ(found.adaptation.steps, 12u * 9u + 6u - found.outcome.fit->outliers);
  EXPECT_THAT(found.adaptation.share, ElementsAre(DoubleNear(-0.2, 1e-3), DoubleNear(-0.1, 1e-3)));
}

TEST(ExciteBurstFit, AStepIsOddBeyondSixStandardDeviations) {
  // Residuals of 200 mW: a robust standard deviation of 297.
  for (const double off_mw : {6.5 * 200.0, -6.5 * 200.0, 12.0 * 200.0, -12.0 * 200.0}) {
    Aligned device = two_parts();
    device.alternate(200.0);
    device.bursts.steps[30].power_mw[0] += off_mw - 200.0;
    const BurstFitOutcome found = fit_bursts(device.bursts, {});
    ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
    const std::size_t odd = std::abs(off_mw) > 2000.0 ? 1 : 0;
    EXPECT_EQ(found.outcome.fit->outliers, odd) << off_mw;
    EXPECT_EQ(found.adaptation.steps, 78u - odd);
  }
}

TEST(ExciteBurstFit, AtMostATwentiethOfTheStepsIsLeftOut) {
  Aligned device = two_parts();
  device.alternate(20.0);
  for (const std::size_t k : {2u, 20u, 39u, 58u, 73u}) device.bursts.steps[k].power_mw[0] += 8e3;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->outliers, 3u) << "of 78";
}

TEST(ExciteBurstFit, AStepThatAloneSawAPartIsNeverOdd) {
  Aligned device = with_a_third_part(1, 20.0);
  device.bursts.steps[30].power_mw[0] += 8e3;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_THAT(found.outcome.fit->parts, ElementsAre(0u, 1u, 2u));
  EXPECT_EQ(found.outcome.fit->outliers, 1u);
  EXPECT_EQ(found.adaptation.steps, 84u);
}

TEST(ExciteBurstFit, AnOddStepThatCannotBeSparedIsKept) {
  // Eleven parts, a plain pass and a drift of two pieces: with six degrees of freedom, 20 steps.
  Aligned device;
  device.run_ms.assign(12, 0.5);
  device.run_mw.assign(12, 900e3);
  device.drift = [](double ms) { return 0.02 * std::abs((ms - 50.0) / 950.0 - 1.0); };
  const auto only = [&](std::size_t part, int steps) {
    std::vector<double> runs(12, 0.0);
    runs[part] = 2.0;
    device.window(runs, steps);
  };
  std::size_t part = 0;
  device.plain(1);
  only(part++, 1);
  for (int pair = 0; pair < 4; ++pair) {
    device.plain(1);
    only(part++, 1);
    only(part++, 1);
  }
  device.plain(1);
  only(part++, 2);
  only(part++, 2);
  device.plain(1);
  ASSERT_EQ(device.bursts.steps.size(), 20u);
  for (std::size_t k = 0; k < 20; ++k) {
    device.bursts.steps[k].power_mw[0] += 3.0 * (static_cast<double>(k * 7 % 5) - 2.0);
  }
  device.bursts.steps[11].power_mw[0] += 2e3;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->drift_pieces, 2u);
  EXPECT_EQ(found.outcome.fit->outliers, 0u);
  EXPECT_EQ(found.outcome.fit->degrees, 6u);
  EXPECT_EQ(found.adaptation.steps, 20u);
  EXPECT_NEAR(found.outcome.fit->power_mw(10, 0), 900e3, 0.03 * 900e3);
}

TEST(ExciteBurstFit, StepsThatSawABoundaryCountForLess) {
  // Each boundary is up to 8 ms off, which is 20 W or so of a step that saw it.
  Aligned device = two_parts();
  device.scatter(500.0);
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> off(-8.0, 8.0);
  std::vector<CounterStep>& steps = device.bursts.steps;
  for (CounterStep& step : steps) {
    step.begin_ms += 50.0;
    step.end_ms += 50.0;
  }
  for (std::size_t k = 0; k + 1 < steps.size(); ++k) {
    // Half of this window and half of the next one, to within the boundary.
    const double change = steps[k + 1].power_mw[0] - steps[k].power_mw[0];
    const double share = 0.5 + (std::abs(change) > 20e3 ? off(random) / 100.0 : 0.0);
    steps[k].power_mw[0] += share * change;
  }
  steps.pop_back();
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_LT(found.outcome.fit->residual_mw(0), 1e3) << "all alike, it would be 5 W or so";
  EXPECT_NEAR(found.outcome.fit->power_mw(0, 0), 900e3, 5e3);
}

// One of the two steps that saw a part: half of what it is off is left of it, and of the other,
// over the root of a half. 160 mW are odd so, where a robust standard deviation is 15; what is left
// of them, 80, is not.
TEST(ExciteBurstFit, AStepThatAFitFollowsIsOddSooner) {
  Aligned device = with_a_third_part(2, 10.0);
  device.bursts.steps[78].power_mw[0] += 150.0;
  device.bursts.steps[79].power_mw[0] += 10.0;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->outliers, 1u);
}

TEST(ExciteBurstFit, OddIsMeasuredByTheMiddleStep) {
  Aligned device = two_parts();
  // Two fifths of the steps are off by a tenth of what the others are.
  for (std::size_t k = 0; k < 78; ++k) {
    device.bursts.steps[k].power_mw[0] += (k % 2 == 0 ? 1.0 : -1.0) * (k % 5 < 2 ? 20.0 : 200.0);
  }
  device.bursts.steps[32].power_mw[0] += 1200.0 - 200.0;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->outliers, 0u);
}

TEST(ExciteBurstFit, HalfAMilliwattIsOddWhereLittleScatters) {
  Aligned device = with_a_third_part(1, 0.01);
  device.bursts.steps[30].power_mw[0] += 0.5;
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->outliers, 1u);
}

// Twelve steps of 22 each decide a part alone: the middle one says nothing of how steps scatter.
TEST(ExciteBurstFit, WhereItIsNotKnownHowStepsScatterNoneIsOdd) {
  Aligned device;
  device.run_ms.assign(13, 0.5);
  device.run_mw.assign(13, 900e3);
  for (std::size_t part = 0; part < 12; ++part) {
    if (part % 4 != 3) device.plain(1);
    std::vector<double> runs(13, 0.0);
    runs[part] = 2.0;
    device.window(runs, 1);
  }
  device.plain(1);
  ASSERT_EQ(device.bursts.steps.size(), 22u);
  for (std::size_t k = 0; k < 22; ++k) {
    device.bursts.steps[k].power_mw[0] += 3.0 * (static_cast<double>(k * 7 % 5) - 2.0);
  }
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_EQ(found.outcome.fit->outliers, 0u);
}

TEST(ExciteBurstFit, WhatDrawsLittleIsKnownAsWell) {
  const auto of_unit = [](double unit) {
    Aligned device = two_parts();
    device.scatter(200.0);
    for (CounterStep& step : device.bursts.steps) {
      for (double& mw : step.power_mw) mw *= unit;
    }
    return fit_bursts(device.bursts, {}).outcome.fit->power_std(0, 0);
  };
  EXPECT_NEAR(of_unit(1e-4) / (1e-4 * of_unit(1.0)), 1.0, 1e-6);
}

TEST(ExciteBurstFit, EveryRailIsFittedForItself) {
  Aligned device = two_parts();
  device.scatter(200.0);
  for (CounterStep& step : device.bursts.steps) step.power_mw.push_back(2.0 * step.power_mw[1]);
  const BurstFitOutcome found = fit_bursts(device.bursts, {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  const ExciteFit& fit = *found.outcome.fit;
  EXPECT_NEAR(fit.pass_mj(2) / fit.pass_mj(1), 2.0, 1e-9);
  EXPECT_NEAR(fit.pass_mj_std(2) / fit.pass_mj_std(1), 2.0, 1e-9);
  EXPECT_NEAR(fit.residual_mw(2) / fit.residual_mw(1), 2.0, 1e-9);
  EXPECT_NEAR(fit.power_mw(1, 2) / fit.power_mw(1, 1), 2.0, 1e-9);
  EXPECT_NEAR(fit.power_std(1, 2) / fit.power_std(1, 1), 2.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
