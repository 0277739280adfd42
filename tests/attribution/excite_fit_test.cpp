#include "attribution/excite_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "attribution/excite_fit_windows.hpp"
#include "attribution/excite_least_squares.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::alternating;
using layerwatt::testing::rounds;
using layerwatt::testing::window;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As rounds(), but scattering: the passes by a thousandth, and the power by 20 mW and by what a
// slower clock takes off; the rail, which is the second channel, by as much on its own.
std::vector<ObservedWindow> scattering(int count) {
  std::vector<ObservedWindow> windows = rounds(count);
  int i = 0;
  const auto off = [&i] {
    ++i;
    return (i * i * 41 + i * 7) % 101 / 50.0 - 1.0;
  };
  for (ObservedWindow& one : windows) {
    const double slower = 0.001 * off();
    one.pass_ms *= 1.0 + slower;
    for (double& mw : one.power_mw) mw = mw * (1.0 - 2.0 * slower) + 20.0 * off();
  }
  return windows;
}

TEST(ExciteFit, FindsPowerAndTimeOfARepeat) {
  const ExciteFitOutcome outcome = fit_excitation(rounds(2));
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  const ExciteFit& fit = *outcome.fit;
  EXPECT_THAT(fit.parts, ElementsAre(0u, 1u));
  EXPECT_NEAR(fit.pass_ms, 10.0, 1e-9);
  EXPECT_NEAR(fit.pass_mj(0), 60.0, 1e-9);
  EXPECT_NEAR(fit.pass_mj(1), 30.0, 1e-9) << "the rail";
  EXPECT_NEAR(fit.extra_ms(0), 2.0, 1e-9);
  EXPECT_NEAR(fit.extra_ms(1), 0.5, 1e-9);
  EXPECT_NEAR(fit.power_mw(0, 0), 8000.0, 1e-6);
  EXPECT_NEAR(fit.power_mw(1, 0), 3000.0, 1e-6);
  EXPECT_NEAR(fit.power_mw(0, 1), 4000.0, 1e-6);
  EXPECT_EQ(fit.degrees, 7u);
  EXPECT_LT(fit.power_std(0, 0), 1e-6) << "nothing scatters";
}

TEST(ExciteFit, EveryRailIsFittedForItself) {
  std::vector<ObservedWindow> windows = scattering(4);
  for (ObservedWindow& one : windows) one.power_mw.push_back(2.0 * one.power_mw[1]);
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  const ExciteFit& fit = *outcome.fit;
  EXPECT_NEAR(fit.pass_mj(2) / fit.pass_mj(1), 2.0, 1e-9);
  EXPECT_NEAR(fit.power_mw(1, 2) / fit.power_mw(1, 1), 2.0, 1e-9);
  EXPECT_NEAR(fit.pass_mj_std(2) / fit.pass_mj_std(1), 2.0, 1e-9);
  EXPECT_NEAR(fit.power_std(1, 2) / fit.power_std(1, 1), 2.0, 1e-9);
  EXPECT_NEAR(fit.residual_mw(2) / fit.residual_mw(1), 2.0, 1e-9);
}

TEST(ExciteFit, SeveralPartsAtOnceAreToldApart) {
  std::vector<ObservedWindow> windows;
  double at = 0.0;
  for (int i = 0; i < 3; ++i) {
    for (const auto& [a, b] : {std::pair{0, 0}, {5, 20}, {5, 0}, {0, 0}, {2, 10}}) {
      windows.push_back(window(at += 1000.0, a, b));
    }
  }
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_NEAR(outcome.fit->power_mw(0, 0), 8000.0, 1e-6);
  EXPECT_NEAR(outcome.fit->power_mw(1, 0), 3000.0, 1e-6);
}

TEST(ExciteFit, ASlowDriftCancels) {
  std::vector<ObservedWindow> windows = rounds(5);
  for (ObservedWindow& one : windows) {
    // 5 % over the run, while clocks fall by 1 %.
    const double along = one.at_ms / 25000.0;
    for (double& mw : one.power_mw) mw *= 1.0 + 0.05 * along;
    one.pass_ms *= 1.0 + 0.01 * along;
  }
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_GE(outcome.fit->drift_pieces, 1u);
  // At the mean of the drift: 2.6 %.
  EXPECT_NEAR(outcome.fit->power_mw(0, 0) / 8000.0, 1.026, 0.001);
  EXPECT_NEAR(outcome.fit->power_mw(1, 0) / 3000.0, 1.026, 0.003);
  EXPECT_NEAR(outcome.fit->extra_ms(0) / 2.0, 1.0052, 0.001);
}

TEST(ExciteFit, ItsStandardDeviationIsThatOfManyRuns) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> mw_noise(0.0, 20.0);
  std::normal_distribution<double> time_noise(0.0, 0.001);
  double squares = 0.0;
  double claimed = 0.0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<ObservedWindow> windows = rounds(4);
    for (ObservedWindow& one : windows) {
      // A clock that is lower takes longer and draws less.
      const double slower = time_noise(random);
      one.pass_ms *= 1.0 + slower;
      for (double& mw : one.power_mw) mw = mw * (1.0 - 2.0 * slower) + mw_noise(random);
    }
    const ExciteFitOutcome outcome = fit_excitation(windows);
    ASSERT_TRUE(outcome.fit);
    squares += std::pow(outcome.fit->power_mw(0, 0) - 8000.0, 2) / kRuns;
    claimed += std::pow(outcome.fit->power_std(0, 0), 2) / kRuns;
  }
  EXPECT_NEAR(std::sqrt(claimed / squares), 1.0, 0.15);
}

TEST(ExciteFit, TooFewWindowsAreRefused) {
  EXPECT_THAT(fit_excitation({}).refused, HasSubstr("no window"));
  const ExciteFitOutcome outcome =
      fit_excitation({window(0, 0, 0), window(1, 5, 0), window(2, 0, 9)});
  EXPECT_FALSE(outcome.fit);
  EXPECT_THAT(outcome.refused, HasSubstr("3 windows are too few to tell 2 parts apart"));
}

TEST(ExciteFit, APartThatIsNeverAloneAndNeverOtherwiseIsRefused) {
  std::vector<ObservedWindow> windows;
  for (int i = 0; i < 8; ++i) windows.push_back(window(1000.0 * i, i % 2 * 4, i % 2 * 4));
  EXPECT_FALSE(fit_excitation(windows).fit);
}

// What a fit says of how sure it is, from the least squares that it is of.
void expect_concluded(const std::vector<ObservedWindow>& windows, std::size_t pieces) {
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  const ExciteFit& fit = *outcome.fit;
  ASSERT_EQ(fit.outliers, 0u);
  ASSERT_EQ(fit.drift_pieces, pieces);
  const auto n = static_cast<Eigen::Index>(windows.size());
  std::vector<double> at_ms;
  for (const ObservedWindow& one : windows) at_ms.push_back(one.at_ms);
  const Eigen::MatrixXd drift = drift_columns(at_ms, pieces);
  Eigen::MatrixXd x(n, 3 + drift.cols());
  Eigen::MatrixXd y(n, 2);
  for (Eigen::Index w = 0; w < n; ++w) {
    const ObservedWindow& one = windows[static_cast<std::size_t>(w)];
    x(w, 0) = 1.0 / one.pass_ms;
    x(w, 1) = one.extra[0] / one.pass_ms;
    x(w, 2) = one.extra[1] / one.pass_ms;
    y(w, 0) = one.power_mw[0];
    y(w, 1) = one.power_mw[1];
  }
  x.rightCols(drift.cols()) = drift;
  const LinearFit time = solve_least_squares(x, Eigen::MatrixXd::Ones(n, 1));
  x.rightCols(drift.cols()) = y.col(0).asDiagonal() * drift;
  const LinearFit power = solve_least_squares(x, y);

  const double degrees = static_cast<double>(n - x.cols());
  EXPECT_EQ(fit.degrees, static_cast<std::size_t>(degrees));
  const double tt = time.residuals.squaredNorm() / degrees;
  EXPECT_NEAR(fit.residual_time / std::sqrt(tt), 1.0, 1e-9);
  const Eigen::VectorXd curve = drift * power.coefficients.col(0).tail(drift.cols());
  const double drift_variance = curve.squaredNorm() / static_cast<double>(n * n);
  EXPECT_NEAR(fit.drift_std, std::sqrt(drift_variance), 1e-15);
  for (Eigen::Index c = 0; c < 2; ++c) {
    const double ee = power.residuals.col(c).squaredNorm() / degrees;
    const double et = power.residuals.col(c).dot(time.residuals.col(0)) / degrees;
    EXPECT_NEAR(fit.residual_mw(c) / std::sqrt(ee), 1.0, 1e-9);
    const double pass_mj = power.coefficients(0, c) / 1e3;
    const double pass_variance =
        ee * power.solve.row(0).squaredNorm() / 1e6 + drift_variance * pass_mj * pass_mj;
    EXPECT_NEAR(fit.pass_mj_std(c) / std::sqrt(pass_variance), 1.0, 1e-9);
    for (Eigen::Index j = 0; j < 2; ++j) {
      const double mw = power.coefficients(j + 1, c) / time.coefficients(j + 1, 0);
      const Eigen::RowVectorXd a = power.solve.row(j + 1);
      const Eigen::RowVectorXd b = time.solve.row(j + 1);
      for (Eigen::Index k = 0; k < 2; ++k) {
        const double other_mw = power.coefficients(k + 1, c) / time.coefficients(k + 1, 0);
        const Eigen::RowVectorXd other_a = power.solve.row(k + 1);
        const Eigen::RowVectorXd other_b = time.solve.row(k + 1);
        // Of e_j - p_j t_j with e_k - p_k t_k, over t_j t_k.
        const double covariance =
            (ee * a.dot(other_a) - et * (a.dot(other_b) * other_mw + b.dot(other_a) * mw) +
             tt * mw * other_mw * b.dot(other_b)) /
                (time.coefficients(j + 1, 0) * time.coefficients(k + 1, 0)) +
            drift_variance * mw * other_mw;
        if (c == 0) {
          EXPECT_NEAR(fit.covariance(j, k) / covariance, 1.0, 1e-6) << j << k;
        }
        if (j != k) continue;
        EXPECT_NEAR(fit.power_std(j, c) / std::sqrt(covariance), 1.0, 1e-9) << j;
      }
      if (c > 0) continue;
      const Eigen::RowVectorXd plain = power.solve.row(0);
      const double covariance =
          (ee * a.dot(plain) - et * mw * b.dot(plain)) / time.coefficients(j + 1, 0) / 1e3 +
          drift_variance * pass_mj * mw;
      EXPECT_NEAR(fit.pass_covariance(j) / covariance, 1.0, 1e-6) << j;
    }
  }
}

TEST(ExciteFit, HowSureItIsIsThatOfLeastSquares) { expect_concluded(scattering(4), 0); }

TEST(ExciteFit, ADriftMakesItLessSure) {
  std::vector<ObservedWindow> windows = scattering(4);
  for (ObservedWindow& one : windows) {
    for (double& mw : one.power_mw) mw /= 1.0 - 0.1 * one.at_ms / 20e3;
  }
  expect_concluded(windows, 1);
}

TEST(ExciteFit, TwoPartsNeedSixWindows) {
  std::vector<ObservedWindow> windows = rounds(2);
  windows.resize(6);
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->degrees, 3u);
  EXPECT_NEAR(outcome.fit->power_mw(1, 0), 3000.0, 1e-6);
  windows.resize(5);
  EXPECT_EQ(fit_excitation(windows).refused, "5 windows are too few to tell 2 parts apart");
}

TEST(ExciteFit, OneMoreRunIsEnoughAndARailThatWasNotReadIsNone) {
  std::vector<ObservedWindow> windows;
  for (int i = 0; i < 8; ++i) windows.push_back(window(1000.0 * i, i % 2, 0));
  for (ObservedWindow& one : windows) one.power_mw[1] = std::nan("");
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_THAT(outcome.fit->parts, ElementsAre(0u)) << "the other is never repeated";
  EXPECT_NEAR(outcome.fit->power_mw(0, 0), 8000.0, 1e-6);
  EXPECT_EQ(outcome.fit->power_mw(0, 1), 0.0);
  EXPECT_EQ(outcome.fit->pass_mj(1), 0.0);
}

TEST(ExciteFit, WhatADriftExplainsByChanceIsNoDrift) {
  // Of 30 windows, a line has to lessen the squares by a ninth.
  for (const double slope_mw : {15.0, 60.0}) {
    std::vector<ObservedWindow> windows = alternating(6, 20.0, 1e-4);
    for (ObservedWindow& one : windows) one.power_mw[0] += slope_mw * (one.at_ms / 30e3 - 0.5);
    const ExciteFitOutcome outcome = fit_excitation(windows);
    ASSERT_TRUE(outcome.fit) << outcome.refused;
    EXPECT_EQ(outcome.fit->drift_pieces, slope_mw > 50.0 ? 1u : 0u) << slope_mw;
  }
}

}  // namespace
}  // namespace layerwatt
