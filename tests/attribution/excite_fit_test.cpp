#include "attribution/excite_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A pass of 10 ms and 60 mJ. One more run of part 0 takes 2 ms at 8 W, of part 1 0.5 ms at 3 W.
ObservedWindow window(double at_ms, double extra0, double extra1) {
  ObservedWindow made;
  made.at_ms = at_ms;
  made.extra = {extra0, extra1};
  made.pass_ms = 10.0 + 2.0 * extra0 + 0.5 * extra1;
  const double mj = 60.0 + 16.0 * extra0 + 1.5 * extra1;
  made.power_mw = {1000.0 * mj / made.pass_ms, 500.0 * mj / made.pass_ms};
  made.readings = 10;
  return made;
}

std::vector<ObservedWindow> rounds(int count) {
  std::vector<ObservedWindow> windows;
  double at = 0.0;
  for (int i = 0; i < count; ++i) {
    for (const auto& [a, b] : {std::pair{0, 0}, {5, 0}, {0, 0}, {0, 20}, {0, 0}}) {
      windows.push_back(window(at += 1000.0, a, b));
    }
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

TEST(ExciteFit, AWindowThatNothingExplainsIsLeftOut) {
  std::vector<ObservedWindow> windows = rounds(4);
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0.0, 3.0);
  for (ObservedWindow& one : windows) one.power_mw[0] += noise(random);
  windows[6].power_mw[0] += 500.0;
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->outliers, 1u);
  EXPECT_NEAR(outcome.fit->power_mw(0, 0), 8000.0, 20.0);
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

}  // namespace
}  // namespace layerwatt
