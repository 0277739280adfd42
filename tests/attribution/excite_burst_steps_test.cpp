#include "attribution/excite_burst_steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

// 200 ms plain at 1 ms a pass, 200 ms with two more runs of the part at 2 ms a pass, 200 ms plain.
BurstRecording three_windows() {
  BurstRecording out;
  for (int w = 0; w < 3; ++w) {
    BurstWindow window;
    window.begin_ms = 200.0 * w;
    window.end_ms = window.begin_ms + 200.0;
    window.plain = w != 1;
    window.pass_ms = window.plain ? 1.0 : 2.0;
    window.extra = {window.plain ? 0.0 : 2.0, 0.0};
    out.windows.push_back(window);
  }
  for (int k = 0; k < 6; ++k)
    out.steps.push_back({100.0 * k + 60.0, 100.0 * k + 160.0, {5.0, 2.0}});
  return out;
}

TEST(ExciteBurstSteps, AStepIsAMixOfTheWindowsThatItSaw) {
  const BurstRecording bursts = three_windows();
  const BurstSteps steps(bursts);
  EXPECT_THAT(steps.parts(), ElementsAre(0u));
  const StepRows rows = steps.rows(10.0, 0.0, {1.0});
  // From 50 to 150, 150 to 250, ..., 450 to 550; the last goes on behind the last window.
  EXPECT_THAT(rows.steps, ElementsAre(0u, 1u, 2u, 3u, 4u));
  EXPECT_EQ(rows.mix(0, 0), 1.0);
  EXPECT_EQ(rows.mix(0, 1), 0.0);
  EXPECT_NEAR(rows.mix(1, 0), 0.75, 1e-12) << "half at 1 a ms, half at 1/2";
  EXPECT_NEAR(rows.mix(1, 1), 0.5, 1e-12) << "half at 2/2";
  EXPECT_NEAR(rows.mix(2, 1), 1.0, 1e-12);
  EXPECT_EQ(rows.adapted.cols(), 0);
  EXPECT_EQ(rows.power(0, 1), 2.0);
}

TEST(ExciteBurstSteps, AWindowTakesUpAShareOfEachStep) {
  const BurstRecording bursts = three_windows();
  BurstSteps steps(bursts);
  steps.skip(0, true);
  // From 120 to 220, 220 to 320, 320 to 420 and 420 to 520: 200 to 400 is the second window.
  const StepRows rows = steps.rows(40.0, 0.0, {1.0});
  const Eigen::VectorXd share = steps.share_of(rows, 1, 40.0);
  ASSERT_EQ(share.size(), 4);
  EXPECT_NEAR(share(0), 0.2, 1e-12);
  EXPECT_NEAR(share(1), 1.0, 1e-12);
  EXPECT_NEAR(share(2), 0.8, 1e-12);
  EXPECT_EQ(share(3), 0.0);
}

TEST(ExciteBurstSteps, WhatAdaptsIsTheIntegralOverTheAgesSeen) {
  const BurstRecording bursts = three_windows();
  const BurstSteps steps(bursts);
  const double tau = 50.0;
  const StepRows rows = steps.rows(10.0, tau, {0.5});
  ASSERT_EQ(rows.adapted.cols(), 1);
  EXPECT_EQ(rows.adapted(0, 0), 0.0) << "nothing has been repeated yet";
  // Ages 50 to 150: 1 − τ/100 (e^(−1) − e^(−3)), taken off.
  EXPECT_NEAR(rows.adapted(2, 0), -(1.0 - 0.5 * (std::exp(-1.0) - std::exp(-3.0))), 1e-12);
  // Ages 50 to 150 of the plain window behind: half, what was reached in 200 ms.
  EXPECT_NEAR(rows.adapted(4, 0),
              -0.5 * (1.0 - std::exp(-4.0)) * 0.5 * (std::exp(-1.0) - std::exp(-3.0)), 1e-12);
}

TEST(ExciteBurstSteps, WindowsThatCannotBeUsedTakeTheirStepsWithThem) {
  BurstRecording bursts = three_windows();
  bursts.windows[1].usable = false;
  const BurstSteps steps(bursts);
  EXPECT_TRUE(steps.parts().empty());
  EXPECT_THAT(steps.rows(10.0, 0.0, {}).steps, ElementsAre(0u)) << "nor the plain one behind it";
}

TEST(ExciteBurstSteps, StepsCanBeLeftOutAndWeighed) {
  const BurstRecording bursts = three_windows();
  BurstSteps steps(bursts);
  steps.skip(2, true);
  steps.weigh({1.0, 0.5, 1.0, 0.25, 1.0, 1.0});
  StepRows rows = steps.rows(10.0, 0.0, {1.0});
  EXPECT_THAT(rows.steps, ElementsAre(0u, 1u, 3u, 4u));
  EXPECT_EQ(rows.weight(1), 0.5);
  EXPECT_EQ(rows.weight(2), 0.25);
  steps.skip_none();
  EXPECT_EQ(steps.rows(10.0, 0.0, {1.0}).steps.size(), 5u);
}

TEST(ExciteBurstSteps, OutsideLayersCountsInMilliseconds) {
  BurstRecording bursts = three_windows();
  bursts.windows[1].extra = {0.0, 500.0};
  bursts.windows[1].outside_ms = 1.2;
  const BurstSteps steps(bursts);
  EXPECT_THAT(steps.parts(), ElementsAre(1u));
  EXPECT_THAT(steps.mixes().amount, ElementsAre(ElementsAre(0.0, 1.2)));
  EXPECT_NEAR(steps.rows(10.0, 0.0, {1.0}).mix(2, 1), 0.6, 1e-12);
}

TEST(ExciteBurstSteps, WhatAStepSawOfEachSideOfABoundaryAdds) {
  const BurstRecording bursts = three_windows();
  const BurstSteps steps(bursts);
  const StepRows rows = steps.rows(10.0, 50.0, {0.5});
  // 150 to 250: ages 0 to 50 of the second window, half of the step.
  EXPECT_NEAR(rows.adapted(1, 0), -0.5 * std::exp(-1.0), 1e-12);
  // 350 to 450: its ages 150 to 200, and 0 to 50 of the plain one behind.
  const double burst = -(0.5 - 0.5 * (std::exp(-3.0) - std::exp(-4.0)));
  const double plain = -0.5 * (1.0 - std::exp(-4.0)) * 0.5 * (1.0 - std::exp(-1.0));
  EXPECT_NEAR(rows.adapted(3, 0), burst + plain, 1e-12);
  EXPECT_THAT(rows.at_ms, ElementsAre(110.0, 210.0, 310.0, 410.0, 510.0));
  EXPECT_EQ(rows.weight, Eigen::VectorXd::Ones(5));
  EXPECT_NEAR(rows.mix(3, 0), 0.75, 1e-12);
}

// Plain, two more runs of part 0, plain, one of part 1, plain, plain, two of part 0; 100 ms each.
BurstRecording two_mixes() {
  BurstRecording out;
  const double runs[][2] = {{0, 0}, {2, 0}, {0, 0}, {0, 1}, {0, 0}, {0, 0}, {2, 0}};
  const double pass_ms[] = {1.0, 2.0, 1.0, 4.0, 1.0, 1.0, 2.5};
  for (std::size_t w = 0; w < 7; ++w) {
    BurstWindow window;
    window.begin_ms = 100.0 * static_cast<double>(w);
    window.end_ms = window.begin_ms + 100.0;
    window.plain = runs[w][0] + runs[w][1] == 0.0;
    window.pass_ms = pass_ms[w];
    window.extra = {runs[w][0], runs[w][1], 0.0};
    out.windows.push_back(window);
    out.steps.push_back({window.begin_ms, window.end_ms, {7.0, std::nan("")}});
  }
  return out;
}

TEST(ExciteBurstSteps, WindowsThatRepeatTheSameAreOneMix) {
  BurstRecording bursts = two_mixes();
  const BurstMixes mixes(bursts.windows);
  EXPECT_THAT(mixes.amount, ElementsAre(ElementsAre(2.0, 0.0, 0.0), ElementsAre(0.0, 1.0, 0.0)));
  EXPECT_THAT(mixes.pass_ms, ElementsAre(2.25, 4.0)) << "the mean of both";
  ASSERT_EQ(mixes.of.size(), 7u);
  EXPECT_EQ(mixes.of[1], 0u);
  EXPECT_EQ(mixes.of[3], 1u);
  EXPECT_EQ(mixes.of[6], 0u);

  bursts.windows[1].usable = false;
  const BurstMixes fewer(bursts.windows);
  EXPECT_THAT(fewer.pass_ms, ElementsAre(4.0, 2.5));
  ASSERT_EQ(fewer.of.size(), 7u);
  EXPECT_EQ(fewer.of[3], 0u);
  EXPECT_EQ(fewer.of[6], 1u);
}

// As the third window is plain behind it, that one has nothing to come back from either.
TEST(ExciteBurstSteps, ADeviceDoesNotAdaptToHalfPasses) {
  BurstRecording bursts = two_mixes();
  for (BurstWindow& window : bursts.windows) window.like_plain = window.extra[0] > 0.0;
  const BurstMixes mixes(bursts.windows);
  EXPECT_THAT(mixes.amount, ElementsAre(ElementsAre(0.0, 1.0, 0.0)));
  const BurstSteps steps(bursts);
  const StepRows rows = steps.rows(0.0, 50.0, {0.25});
  ASSERT_EQ(rows.adapted.cols(), 1);
  EXPECT_EQ(rows.adapted(1, 0), 0.0);
  EXPECT_EQ(rows.adapted(2, 0), 0.0);
  EXPECT_LT(rows.adapted(3, 0), 0.0);
  EXPECT_LT(rows.adapted(4, 0), 0.0);
  EXPECT_NEAR(rows.mix(1, 1), 1.0, 1e-12) << "two runs in 2 ms all the same";
}

TEST(ExciteBurstSteps, EachMixAdaptsByItself) {
  const BurstRecording bursts = two_mixes();
  const BurstSteps steps(bursts);
  EXPECT_THAT(steps.parts(), ElementsAre(0u, 1u));
  const StepRows rows = steps.rows(0.0, 50.0, {0.5, 0.25});
  Eigen::MatrixXd mix(7, 3);
  mix << 1, 0, 0, 0.5, 1, 0, 1, 0, 0, 0.25, 0, 0.25, 1, 0, 0, 1, 0, 0, 0.4, 0.8, 0;
  EXPECT_TRUE(rows.mix.isApprox(mix, 1e-12)) << rows.mix;
  // Of a window: 1 less the mean of exp(−age/τ). Of the plain one behind: that mean, times what was
  // reached, times what it draws over the window.
  const double memory = 0.5 * (1.0 - std::exp(-2.0));
  const double reached = 1.0 - std::exp(-2.0);
  Eigen::MatrixXd adapted = Eigen::MatrixXd::Zero(7, 2);
  adapted(1, 0) = adapted(3, 1) = adapted(6, 0) = memory - 1.0;
  adapted(2, 0) = -0.5 * reached * memory;
  adapted(4, 1) = -0.25 * reached * memory;
  EXPECT_TRUE(rows.adapted.isApprox(adapted, 1e-12)) << rows.adapted;
  EXPECT_EQ(rows.adapted(5, 0), 0.0) << "plain behind plain";
  EXPECT_EQ(rows.power.col(0), Eigen::VectorXd::Constant(7, 7.0));
  EXPECT_EQ(rows.power.col(1), Eigen::VectorXd::Zero(7)) << "a rail that was not read";
}

TEST(ExciteBurstSteps, ARecordingMayBeginWithABurst) {
  BurstRecording bursts = two_mixes();
  bursts.windows.erase(bursts.windows.begin());
  bursts.steps.erase(bursts.steps.begin());
  const BurstSteps steps(bursts);
  const StepRows rows = steps.rows(0.0, 50.0, {0.5, 0.25});
  const double memory = 0.5 * (1.0 - std::exp(-2.0));
  EXPECT_NEAR(rows.adapted(0, 0), memory - 1.0, 1e-12);
  EXPECT_NEAR(rows.adapted(1, 0), -0.5 * (1.0 - std::exp(-2.0)) * memory, 1e-12);
}

TEST(ExciteBurstSteps, HowFarAWindowGotIsByItsOwnLength) {
  BurstRecording bursts = two_mixes();
  bursts.windows[1].begin_ms = 75.0;  // 125 ms
  bursts.windows[0].end_ms = 75.0;
  const BurstSteps steps(bursts);
  const StepRows rows = steps.rows(0.0, 50.0, {0.5, 0.25});
  const double memory = 0.5 * (1.0 - std::exp(-2.0));
  EXPECT_NEAR(rows.adapted(2, 0), -0.5 * (1.0 - std::exp(-2.5)) * memory, 1e-12);
}

TEST(ExciteBurstSteps, OnlyPlainWindowsBehindOneThatIsNotUsedAreLost) {
  BurstRecording bursts = two_mixes();
  bursts.windows[5].usable = false;
  // The window behind it repeats a part, and 4 comes before it.
  EXPECT_THAT(BurstSteps(bursts).rows(0.0, 0.0, {}).steps, ElementsAre(0u, 1u, 2u, 3u, 4u, 6u));
  bursts.windows[5].usable = true;
  bursts.windows[3].usable = false;
  EXPECT_THAT(BurstSteps(bursts).parts(), ElementsAre(0u));
  EXPECT_THAT(BurstSteps(bursts).rows(0.0, 0.0, {}).steps, ElementsAre(0u, 1u, 2u, 5u, 6u));
}

TEST(ExciteBurstSteps, AStepWithHardlyAGapCountsWhatWindowsCover) {
  BurstRecording bursts = two_mixes();
  bursts.windows[1].begin_ms = 101.0;
  bursts.windows[3].begin_ms = 302.0;
  const BurstSteps steps(bursts);
  const StepRows rows = steps.rows(0.0, 50.0, {0.5, 0.25});
  EXPECT_THAT(rows.steps, ElementsAre(0u, 1u, 2u, 4u, 5u, 6u)) << "2 % of step 3 is not covered";
  EXPECT_NEAR(rows.mix(1, 0), 0.5, 1e-12);
  EXPECT_NEAR(rows.adapted(1, 0), 50.0 / 99.0 * (1.0 - std::exp(-99.0 / 50.0)) - 1.0, 1e-12);
  bursts.steps[2] = {150.0, 250.0, {7.0, 7.0}};
  bursts.windows[1].end_ms = 199.0;
  const StepRows across = steps.rows(0.0, 50.0, {0.5, 0.25});
  ASSERT_EQ(across.steps[1], 2u) << "step 1 lacks a ms at either end";
  // 49 ms, from the age of 49, and 50 ms of the plain window.
  EXPECT_NEAR(across.mix(1, 0), (49.0 / 2.0 + 50.0) / 99.0, 1e-12);
  EXPECT_NEAR(across.mix(1, 1), 49.0 / 99.0, 1e-12);
  const double burst = 50.0 * (std::exp(-49.0 / 50.0) - std::exp(-98.0 / 50.0)) - 49.0;
  const double plain = -0.5 * (1.0 - std::exp(-98.0 / 50.0)) * 50.0 * (1.0 - std::exp(-1.0));
  EXPECT_NEAR(across.adapted(1, 0), (burst + plain) / 99.0, 1e-12);
}

TEST(ExciteBurstSteps, WithoutStepsThereAreNoRows) {
  BurstRecording bursts = two_mixes();
  bursts.steps.clear();
  const StepRows rows = BurstSteps(bursts).rows(0.0, 0.0, {});
  EXPECT_EQ(rows.mix.rows(), 0);
  EXPECT_EQ(rows.power.cols(), 1) << "the total";
}

TEST(ExciteBurstSteps, ThePlainWindowBehindTheFirstMayBeLostToo) {
  BurstRecording bursts = two_mixes();
  bursts.windows.erase(bursts.windows.begin());
  bursts.windows[0].usable = false;
  EXPECT_THAT(BurstSteps(bursts).rows(0.0, 0.0, {}).steps, ElementsAre(3u, 4u, 5u, 6u));
}

TEST(ExciteBurstSteps, HalfAMillisecondOfAWindowCounts) {
  BurstRecording bursts = two_mixes();
  bursts.steps[2] = {199.5, 299.5, {7.0, 7.0}};
  const StepRows rows = BurstSteps(bursts).rows(0.0, 0.0, {});
  // Half a ms of 100, with two runs in a pass of 2 ms, and the rest at 1 ms a pass.
  EXPECT_NEAR(rows.mix(2, 0), 0.995 + 0.005 / 2.0, 1e-12);
  EXPECT_NEAR(rows.mix(2, 1), 0.005, 1e-12);
  bursts.windows[1].usable = false;
  bursts.windows[2].plain = false;  // else it were lost itself
  EXPECT_THAT(BurstSteps(bursts).rows(0.0, 0.0, {}).steps, ElementsAre(0u, 3u, 4u, 5u, 6u));
}

TEST(ExciteBurstSteps, AStepMayLackOneAndAHalfPerCent) {
  BurstRecording bursts = two_mixes();
  bursts.windows[1].begin_ms = 101.5;
  bursts.windows[3].begin_ms = 301.6;
  EXPECT_THAT(BurstSteps(bursts).rows(0.0, 0.0, {}).steps, ElementsAre(0u, 1u, 2u, 4u, 5u, 6u));
}

TEST(ExciteBurstSteps, ADeviceMayAdaptWithinHalfAMillisecond) {
  const BurstRecording bursts = two_mixes();
  const StepRows rows = BurstSteps(bursts).rows(0.0, 0.5, {0.5, 0.25});
  ASSERT_EQ(rows.adapted.cols(), 2);
  EXPECT_NEAR(rows.adapted(1, 0), -0.995, 1e-12);
}

}  // namespace
}  // namespace layerwatt
