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

}  // namespace
}  // namespace layerwatt
