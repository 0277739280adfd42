// Windows that fit_excitation() leaves out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "attribution/excite_fit.hpp"
#include "attribution/excite_fit_windows.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::alternating;
using layerwatt::testing::rounds;
using layerwatt::testing::window;
using ::testing::ElementsAre;

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

TEST(ExciteFit, AWindowIsOddBeyondSixStandardDeviations) {
  for (const double off_mw : {60.0, -60.0, 150.0, -150.0}) {
    // A robust standard deviation is 1.48 times 10 mW, or a little more.
    std::vector<ObservedWindow> windows = alternating(6, 10.0, 1e-4);
    windows[17].power_mw[0] += off_mw + 10.0;
    const ExciteFitOutcome outcome = fit_excitation(windows);
    ASSERT_TRUE(outcome.fit) << outcome.refused;
    EXPECT_EQ(outcome.fit->outliers, std::abs(off_mw) > 100.0 ? 1u : 0u) << off_mw;
  }
}

// Its energy is what it was.
void lengthen(ObservedWindow& window, double by) {
  window.pass_ms *= by;
  for (double& mw : window.power_mw) mw /= by;
}

TEST(ExciteFit, APassThatIsOddIsLeftOutWhereverItIs) {
  for (const std::size_t at : {0u, 17u, 29u}) {
    std::vector<ObservedWindow> windows = alternating(6, 0.01, 0.001);
    lengthen(windows[at], 1.02);
    const ExciteFitOutcome outcome = fit_excitation(windows);
    ASSERT_TRUE(outcome.fit) << outcome.refused;
    EXPECT_EQ(outcome.fit->outliers, 1u) << at;
    EXPECT_NEAR(outcome.fit->pass_ms, 10.0, 0.005);
  }
}

// Two windows alone decide what a part takes: what is left of them is less than what they are off,
// by 0.7, and that counts. 0.75 % over 0.7 is beyond 6 × 1.48 × 0.1 %, and 0.75 % is not.
TEST(ExciteFit, AWindowThatAFitFollowsIsOddSooner) {
  std::vector<ObservedWindow> windows = alternating(6, 0.01, 0.001);
  for (ObservedWindow& one : windows) one.extra.push_back(0.0);
  for (const std::size_t w : {8u, 10u}) {
    ObservedWindow& one = windows[w];
    const double mj = 60.0 + 3.0 * 9.0;  // 1.5 W for 6 ms
    one.extra[2] = 3.0;
    one.extra[1] = one.extra[0] = 0.0;
    one.pass_ms = 16.0 * (w == 8 ? 1.0075 : 0.9925);
    one.power_mw = {1e3 * mj / one.pass_ms, 500.0 * mj / one.pass_ms};
  }
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->outliers, 1u);
}

// Of 30 passes 18 scatter by 0.1 %: 0.6 % is nothing odd, though the others scatter by a tenth.
TEST(ExciteFit, OddIsMeasuredByTheMiddleOne) {
  std::vector<ObservedWindow> windows = rounds(6);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    lengthen(windows[w], 1.0 + (w % 2 == 0 ? 1.0 : -1.0) * (w < 12 ? 1e-4 : 1e-3));
  }
  lengthen(windows[17], 0.995);
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->outliers, 0u);
}

TEST(ExciteFit, AtMostATenthIsLeftOut) {
  std::vector<ObservedWindow> windows = alternating(4, 1.0, 1e-4);
  for (const std::size_t w : {4u, 11u, 18u}) windows[w].power_mw[0] += 400.0;
  EXPECT_EQ(fit_excitation(windows).fit->outliers, 2u) << "of 20";
  windows.pop_back();
  EXPECT_EQ(fit_excitation(windows).fit->outliers, 1u) << "of 19";
}

TEST(ExciteFit, AWindowThatAloneRepeatsAPartIsNeverOdd) {
  std::vector<ObservedWindow> windows = alternating(4, 1.0, 1e-4);
  for (ObservedWindow& one : windows) one.extra.push_back(0.0);
  windows[8].extra = {0.0, 0.0, 3.0};
  windows[8].pass_ms = 16.0;
  windows[14].power_mw[0] += 300.0;
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_THAT(outcome.fit->parts, ElementsAre(0u, 1u, 2u));
  EXPECT_EQ(outcome.fit->outliers, 1u);
}

TEST(ExciteFit, AnOddWindowThatCannotBeSparedIsKept) {
  // A plain pass and six parts, and three windows more. One part is there twice.
  std::vector<ObservedWindow> windows;
  const auto add = [&](double at_ms, double off_mw, int part) {
    ObservedWindow made = window(at_ms, 0.0, 0.0);
    made.extra.assign(6, 0.0);
    if (part >= 0) made.extra[static_cast<std::size_t>(part)] = 4.0;
    if (part >= 0) made.pass_ms = 20.0;
    made.power_mw[0] += off_mw;
    windows.push_back(made);
  };
  int next = 0;
  for (const double at_ms : {0.0, 7e3, 12e3}) add(at_ms, next++ == 1 ? 500.0 : 0.0, -1);
  for (int part = 0; part < 6; ++part) add(1e3 * (part + 1), 0.0, part);
  add(9e3, 1.0, 5);
  const ExciteFitOutcome outcome = fit_excitation(windows);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->outliers, 0u);
  EXPECT_EQ(outcome.fit->degrees, 3u);
}

}  // namespace
}  // namespace layerwatt
