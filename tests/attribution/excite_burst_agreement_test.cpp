#include "attribution/excite_burst_agreement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

namespace layerwatt {
namespace {

// Plain passes of 400 W, 1 ms. One more ms of part 0 draws 900 W, of part 1 300 W, and idle time
// (part 2, which is outside layers) 100 W. Windows are known exactly; steps have a noise of 2 W.
struct Bench {
  BurstRecording bursts;
  std::mt19937_64 random{3};
  double now = 0.0;
  std::vector<double> window_mw;

  void window(std::vector<double> extra, double outside_ms, double more_mw = 0.0) {
    BurstWindow window;
    window.plain = extra[0] + extra[1] + extra[2] == 0.0;
    window.pass_ms = 1.0 + extra[0] + extra[1] + outside_ms;
    window.outside_ms = outside_ms;
    const double mw_ms = 400e3 + 900e3 * extra[0] + 300e3 * extra[1] + 100e3 * outside_ms;
    window_mw.push_back(mw_ms / window.pass_ms + more_mw);
    window.extra = std::move(extra);
    window.begin_ms = now;
    window.end_ms = now += window.plain ? 700.0 : 300.0;
    bursts.windows.push_back(std::move(window));
  }
  void plain() { window({0.0, 0.0, 0.0}, 0.0); }
  void burst(std::vector<double> extra, double outside_ms, double more_mw = 0.0) {
    plain();
    window(std::move(extra), outside_ms, more_mw);
  }
  void see() {
    plain();
    std::normal_distribution<double> noise(0.0, 2e3);
    for (double at = 0.0; at < now; at += 100.0) {
      std::size_t w = 0;
      while (bursts.windows[w].end_ms <= at) ++w;
      bursts.steps.push_back({at, at + 100.0, {window_mw[w] + noise(random)}});
    }
  }
  Agreement agreement() {
    see();
    const BurstSteps steps(bursts);
    const std::vector<double> over(steps.mixes().amount.size(), 1.0);
    const BurstTrial trial = try_bursts(steps, {}, over, Wanted::all);
    return window_agreement(bursts, steps, trial, Eigen::Vector3d(1.0, 1.0, 1.0));
  }
};

TEST(ExciteBurstAgreement, WindowsThatSayTheSameNeedNoMore) {
  Bench bench;
  for (int k = 0; k < 4; ++k) {
    bench.burst({1.0, 0.0, 0.0}, 0.0);
    bench.burst({0.0, 1.0, 0.0}, 0.0);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  const Agreement found = bench.agreement();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(found.windows[i], 4u);
    EXPECT_GE(found.factor[i], 1.0);
    EXPECT_LT(found.factor[i], 1.6);
    EXPECT_EQ(found.idle_variance[i], 0.0);
  }
}

TEST(ExciteBurstAgreement, WindowsThatDoNotMakeTheirPartLessSure) {
  Bench bench;
  for (int k = 0; k < 4; ++k) {
    // 10 W of 650 more or less: 20 mW ms in e_0, where three steps of 2 W say 1.2 W.
    bench.burst({1.0, 0.0, 0.0}, 0.0, k % 2 == 0 ? 10e3 : -10e3);
    bench.burst({0.0, 1.0, 0.0}, 0.0);
  }
  const Agreement found = bench.agreement();
  EXPECT_GT(found.factor[0], 2.0);
  EXPECT_LT(found.factor[1], 1.6);
}

TEST(ExciteBurstAgreement, OneWindowIsNotCheckedByAnother) {
  Bench bench;
  bench.burst({1.0, 0.0, 0.0}, 0.0);
  for (int k = 0; k < 3; ++k) bench.burst({0.0, 1.0, 0.0}, 0.0);
  const Agreement found = bench.agreement();
  EXPECT_EQ(found.windows[0], 1u);
  EXPECT_EQ(found.factor[0], 1.5);
  EXPECT_EQ(found.idle_variance[0], 0.0) << "it has no idle time in it";
}

TEST(ExciteBurstAgreement, IdleTimeInASingleWindowMayNotHaveBeenIdle) {
  Bench bench;
  bench.burst({2.0, 0.0, 9.0}, 0.5);
  for (int k = 0; k < 3; ++k) {
    bench.burst({0.0, 1.0, 0.0}, 0.0);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  const Agreement found = bench.agreement();
  EXPECT_EQ(found.windows[0], 1u);
  // 30 % of 0.5 ms at 900 W instead of 100, over two runs.
  EXPECT_NEAR(std::sqrt(found.idle_variance[0]), 0.3 * 0.5 * 800e3 / 2.0, 2e3);
  EXPECT_EQ(found.windows[2], 3u) << "not the one that repeats part 0 as well";
}

TEST(ExciteBurstAgreement, ThatIsInTheFitsIntervals) {
  Bench bench;
  bench.burst({2.0, 0.0, 9.0}, 0.5);
  for (int k = 0; k < 3; ++k) {
    bench.burst({0.0, 1.0, 0.0}, 0.0);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  bench.see();
  const BurstFitOutcome found = fit_bursts(bench.bursts, std::vector<double>{1.0, 1.0});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  EXPECT_NEAR(found.outcome.fit->power_mw(0, 0), 900e3, 20e3);
  // 60 W by the idle time, 45 W by 5 % of its time in place.
  EXPECT_NEAR(found.outcome.fit->power_std(0, 0), std::hypot(60e3, 45e3), 8e3);
  EXPECT_LT(found.outcome.fit->power_std(1, 0), 10e3);
}

TEST(ExciteBurstAgreement, WindowsThatNoStepSawDoNotCount) {
  Bench bench;
  for (int k = 0; k < 3; ++k) {
    bench.burst({1.0, 0.0, 0.0}, 0.0);
    bench.burst({0.0, 1.0, 0.0}, 0.0);
  }
  bench.bursts.windows[1].usable = false;
  EXPECT_EQ(bench.agreement().windows[0], 2u);
}

// A part's column in one window alone, put beside the others: its coefficient over its standard
// deviation, as the squares that it takes off say.
double off_by_refitting(const BurstTrial& trial, const BurstSteps& steps, std::size_t window,
                        double noise) {
  const Eigen::MatrixXd x = weighted_design(trial);
  Eigen::MatrixXd more(x.rows(), x.cols() + 1);
  more << x, trial.rows.weight.cwiseProduct(steps.share_of(trial.rows, window, trial.lag_ms));
  const Eigen::MatrixXd y = trial.rows.weight.asDiagonal() * trial.rows.power;
  const double squares = solve_least_squares(more, y).residuals.col(0).squaredNorm();
  return std::sqrt((trial.fit.residuals.col(0).squaredNorm() - squares) / noise);
}

TEST(ExciteBurstAgreement, IsHowMuchBetterEachWindowByItselfWouldFit) {
  Bench bench;
  for (int k = 0; k < 4; ++k) {
    bench.burst({0.1, 0.0, 0.0}, 0.0, 4e3 * (k - 1));
    bench.burst({0.0, 1.0, 0.0}, 0.0, 3e3 * (k % 2));
    bench.burst({0.0, 0.0, 9.0}, 1.0, 2e3 * (k % 3));
  }
  bench.see();
  BurstSteps steps(bench.bursts);
  std::vector<double> weights(bench.bursts.steps.size(), 1.0);
  for (std::size_t k = 0; k < weights.size(); k += 5) weights[k] = 0.5;
  steps.weigh(weights);
  const BurstTrial trial =
      try_bursts(steps, {}, std::vector<double>(steps.mixes().amount.size(), 1.0), Wanted::all);
  const Agreement found =
      window_agreement(bench.bursts, steps, trial, Eigen::Vector3d(1.0, 1.0, 1.0));
  const Eigen::VectorXd residuals = trial.fit.residuals.col(0);
  const double noise =
      residuals.squaredNorm() / static_cast<double>(trial.degrees) * neighbours_factor(residuals);
  for (std::size_t part = 0; part < 3; ++part) {
    double squares = 0.0;
    for (std::size_t k = 0; k < 4; ++k) {
      squares += std::pow(off_by_refitting(trial, steps, 6 * k + 2 * part + 1, noise), 2) / 4.0;
    }
    EXPECT_NEAR(found.factor[part] / std::sqrt(std::max(1.0, squares)), 1.0, 1e-6) << part;
  }
  EXPECT_GT(found.factor[0], 1.0);
}

TEST(ExciteBurstAgreement, AWindowCountsIfStepsSawTwoFifthsOfIt) {
  for (const std::size_t seen : {0u, 1u, 2u, 3u}) {
    Bench bench;
    for (int k = 0; k < 3; ++k) {
      bench.burst({1.0, 0.0, 0.0}, 0.0);
      bench.burst({0.0, 1.0, 0.0}, 0.0);
    }
    bench.see();
    BurstSteps steps(bench.bursts);
    // The first burst is at 700 to 1000 ms.
    for (std::size_t k = 7; k < 10 - seen; ++k) steps.skip(k, true);
    const BurstTrial trial = try_bursts(steps, {}, {1.0, 1.0}, Wanted::all);
    const Agreement found = window_agreement(bench.bursts, steps, trial, Eigen::Vector2d(1.0, 1.0));
    EXPECT_EQ(found.windows[0], seen > 1 ? 3u : 2u) << seen;
    EXPECT_EQ(found.windows[1], 3u);
  }
}

TEST(ExciteBurstAgreement, AWindowOfWhatIsOutsideIsOneOfNothingElse) {
  Bench bench;
  for (int k = 0; k < 2; ++k) {
    bench.burst({1.0, 0.0, 0.0}, 0.0);
    bench.burst({0.0, 1.0, 9.0}, 0.5);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  bench.burst({0.0, 1.0, 0.0}, 0.0);
  const Agreement found = bench.agreement();
  EXPECT_EQ(found.windows, (std::vector<std::size_t>{2, 3, 2}));
  EXPECT_EQ(found.idle_variance, std::vector<double>(3, 0.0)) << "none is single";
}

TEST(ExciteBurstAgreement, APartWithoutAWindowThatIsSeenIsAsOneOfASingleOne) {
  Bench bench;
  for (int k = 0; k < 3; ++k) bench.burst({0.0, 1.0, 0.0}, 0.0);
  bench.burst({1.0, 0.0, 0.0}, 0.0);
  bench.see();
  BurstSteps steps(bench.bursts);
  // The last burst is at 3700 to 4000 ms: one step is not two fifths of it.
  steps.skip(37, true);
  steps.skip(38, true);
  const BurstTrial trial = try_bursts(steps, {}, {1.0, 1.0}, Wanted::all);
  const Agreement found = window_agreement(bench.bursts, steps, trial, Eigen::Vector2d(1.0, 1.0));
  EXPECT_EQ(found.windows[0], 0u);
  EXPECT_EQ(found.factor[0], 1.5);
}

TEST(ExciteBurstAgreement, AWindowThatOtherColumnsExplainSaysNothing) {
  // Two windows of part 0, and part 1 in one of them: what it says of part 0 alone, that has.
  Bench bench;
  bench.burst({1.0, 0.0, 0.0}, 0.0, 50e3);
  bench.burst({1.0, 1.0, 0.0}, 0.0, 0.0);
  const Agreement found = bench.agreement();
  EXPECT_EQ(found.windows[0], 2u);
  EXPECT_EQ(found.factor[0], 1.0);
}

TEST(ExciteBurstAgreement, IdleTimeCountsByPartsAndRunsOfTheirOwnLength) {
  Bench bench;
  for (int k = 0; k < 3; ++k) {
    bench.burst({1.0, 0.0, 0.0}, 0.0);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  bench.burst({0.0, 4.0, 9.0}, 0.5);
  bench.see();
  const BurstSteps steps(bench.bursts);
  const BurstTrial trial = try_bursts(steps, {}, {1.0, 1.0, 1.0}, Wanted::all);
  // Were a run of part 1 half as long, it would draw twice as much: 600 W.
  const Agreement found =
      window_agreement(bench.bursts, steps, trial, Eigen::Vector3d(1.0, 0.5, 1.0));
  const double busy_mw = trial.fit.coefficients(2, 0) / 0.5;
  const double idle_mw = trial.fit.coefficients(3, 0);
  EXPECT_NEAR(busy_mw, 600e3, 20e3);
  EXPECT_NEAR(found.idle_variance[1], std::pow(0.3 * 0.5 * (busy_mw - idle_mw) / 4.0, 2),
              1e-6 * found.idle_variance[1]);
  EXPECT_EQ(found.idle_variance[0], 0.0);
}

TEST(ExciteBurstAgreement, AWindowThatOthersExplainIsOffByNothing) {
  // Of three windows of part 0 the last has all of part 1; the other two differ.
  Bench bench;
  bench.burst({1.0, 0.0, 0.0}, 0.0, 20e3);
  bench.burst({1.0, 0.0, 0.0}, 0.0, -20e3);
  bench.burst({1.0, 1.0, 0.0}, 0.0, 0.0);
  bench.see();
  const BurstSteps steps(bench.bursts);
  const BurstTrial trial =
      try_bursts(steps, {}, std::vector<double>(steps.mixes().amount.size(), 1.0), Wanted::all);
  const Agreement found = window_agreement(bench.bursts, steps, trial, Eigen::Vector2d(1.0, 1.0));
  const Eigen::VectorXd residuals = trial.fit.residuals.col(0);
  const double noise =
      residuals.squaredNorm() / static_cast<double>(trial.degrees) * neighbours_factor(residuals);
  const double first = off_by_refitting(trial, steps, 1, noise);
  const double second = off_by_refitting(trial, steps, 3, noise);
  ASSERT_GT(first, 2.0);
  EXPECT_NEAR(found.factor[0], std::sqrt((first * first + second * second) / 3.0), 1e-6);
}

// The host was as quick as ever in one of the windows that repeat what is outside layers.
TEST(ExciteBurstAgreement, AWindowWithoutAnythingOfItsPartSaysNothing) {
  Bench bench;
  bench.burst({0.0, 0.0, 9.0}, 0.0);
  bench.burst({0.0, 0.0, 9.0}, 1.0, 20e3);
  bench.burst({0.0, 0.0, 9.0}, 1.0, -20e3);
  for (int k = 0; k < 2; ++k) bench.burst({1.0, 0.0, 0.0}, 0.0);
  const Agreement found = bench.agreement();
  EXPECT_EQ(found.windows[1], 3u);
  EXPECT_GT(found.factor[1], 2.0) << "the other two differ";
}

// Residuals of less than a milliwatt are residuals, too.
TEST(ExciteBurstAgreement, IsTheSameInAnyUnit) {
  const auto of_unit = [](double unit) {
    Bench bench;
    for (int k = 0; k < 4; ++k) {
      bench.burst({1.0, 0.0, 0.0}, 0.0, k % 2 == 0 ? 10e3 : -10e3);
      bench.burst({0.0, 1.0, 0.0}, 0.0);
    }
    bench.see();
    for (CounterStep& step : bench.bursts.steps) step.power_mw[0] *= unit;
    const BurstSteps steps(bench.bursts);
    const BurstTrial trial = try_bursts(steps, {}, {1.0, 1.0}, Wanted::all);
    return window_agreement(bench.bursts, steps, trial, Eigen::Vector2d(1.0, 1.0)).factor[0];
  };
  EXPECT_GT(of_unit(1.0), 2.0);
  EXPECT_NEAR(of_unit(1e-5), of_unit(1.0), 1e-6);
}

// Part 0 in a burst that comes first, of which one step of 100 ms is used.
std::size_t seen_of_the_first(double length_ms) {
  Bench bench;
  bench.window({1.0, 0.0, 0.0}, 0.0);
  for (int k = 0; k < 3; ++k) bench.burst({0.0, 1.0, 0.0}, 0.0);
  bench.burst({1.0, 0.0, 0.0}, 0.0);
  bench.see();
  bench.bursts.windows[0].end_ms = length_ms;
  BurstSteps steps(bench.bursts);
  steps.skip(1, true);
  steps.skip(2, true);
  const BurstTrial trial = try_bursts(steps, {}, {1.0, 1.0}, Wanted::all);
  return window_agreement(bench.bursts, steps, trial, Eigen::Vector2d(1.0, 1.0)).windows[0];
}

TEST(ExciteBurstAgreement, JustTwoFifthsAreEnoughAndLessIsNot) {
  EXPECT_EQ(seen_of_the_first(250.0), 2u);
  EXPECT_EQ(seen_of_the_first(252.0), 1u);
}

TEST(ExciteBurstAgreement, OneRepeatOutsideLayersIsIdleTime) {
  Bench bench;
  bench.burst({2.0, 0.0, 1.0}, 0.5);
  for (int k = 0; k < 3; ++k) {
    bench.burst({0.0, 1.0, 0.0}, 0.0);
    bench.burst({0.0, 0.0, 9.0}, 1.0);
  }
  EXPECT_NEAR(std::sqrt(bench.agreement().idle_variance[0]), 0.3 * 0.5 * 800e3 / 2.0, 2e3);
}

}  // namespace
}  // namespace layerwatt
