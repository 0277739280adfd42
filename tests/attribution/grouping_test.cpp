#include "attribution/grouping.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;

ColumnPower known(double mw, double mj, double half_mj) {
  return {Estimate{mw, Interval{mw - 1, mw + 1}},
          Estimate{mj, Interval{mj - half_mj, mj + half_mj}}};
}

// An inference of 10 ms at 1000 mW = 10 ± 0.5 mJ: layers of 4, 1, 3 and 0 ms (the last never
// reported), 2 ms outside. The first is known by itself: 5 ± 0.25 mJ.
class Grouping : public ::testing::Test {
 protected:
  Grouping() {
    estimates.layers.resize(4);
    for (LayerPower& layer : estimates.layers) {
      layer.samples = 7;
      layer.total = known(1000, 99, 9);
      layer.rails = {known(500, 99, 9)};
    }
    estimates.layers[0].total = known(1250, 5, 0.25);
    estimates.layers[0].rails = {known(250, 1, 0.125)};
    estimates.layers[3].total = {Missing{"not_reported"}, Missing{"not_reported"}};
    estimates.layers[3].rails = {{Missing{"not_reported"}, Missing{"not_reported"}}};
    estimates.outside.total = known(500, 1, 0.125);
    estimates.outside.rails = {known(250, 0.5, 0.125)};
    measured.total = known(1000, 10, 0.5);
    measured.rails = {known(500, 5.5, 0.25)};
    times.mean_ms = {4, 1, 3, 0, 2};
  }
  const std::vector<bool> outside_known = {false, true, true, false, false};
  const std::vector<bool> outside_grouped = {false, true, true, false, true};
  PowerEstimates estimates;
  Measured measured;
  SlotTimes times;
};

TEST_F(Grouping, TheGroupIsWhatIsLeftOfTheMeasuredEnergy) {
  share_group(estimates, outside_known, measured, times);
  ASSERT_EQ(estimates.groups.size(), 1u);
  const LayerGroup& group = estimates.groups[0];
  EXPECT_THAT(group.layers, ElementsAre(1u, 2u));
  EXPECT_DOUBLE_EQ(group.energy_mj->mean, 4.0);  // 10 − 5 − 1
  // 0.5 + 0.25 + 0.125: what was taken off may all be wrong to the same side.
  EXPECT_DOUBLE_EQ(group.energy_mj->ci95->lo, 3.125);
  EXPECT_DOUBLE_EQ(group.energy_mj->ci95->hi, 4.875);
}

TEST_F(Grouping, MembersCarryTheSplitByTimeAndTheReasonButNoInterval) {
  share_group(estimates, outside_known, measured, times);
  const LayerPower& one = estimates.layers[1];
  const LayerPower& three = estimates.layers[2];
  EXPECT_DOUBLE_EQ(one.total.energy_mj->mean, 1.0);
  EXPECT_DOUBLE_EQ(three.total.energy_mj->mean, 3.0);
  EXPECT_DOUBLE_EQ(three.total.power_mw->mean, 1000.0);
  EXPECT_FALSE(three.total.energy_mj->ci95);
  EXPECT_FALSE(three.total.power_mw->ci95);
  EXPECT_EQ(three.reason, "not_separable");
  EXPECT_EQ(three.group, 0u);
  EXPECT_DOUBLE_EQ(three.rails[0].energy_mj->mean, 3.0);  // (5.5 − 1 − 0.5) × 3 / 4
  EXPECT_FALSE(estimates.layers[0].group);
  EXPECT_DOUBLE_EQ(estimates.layers[0].total.energy_mj->mean, 5.0);
  EXPECT_FALSE(estimates.layers[3].group);
  EXPECT_FALSE(estimates.outside.group);
}

TEST_F(Grouping, TimeOutsideThatCannotBeToldApartGetsItsShareAndWidensTheInterval) {
  share_group(estimates, outside_grouped, measured, times);
  // 5 mJ are left for 1 + 3 ms of layers and 2 ms outside.
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 5.0 * 4 / 6);
  EXPECT_DOUBLE_EQ(estimates.outside.total.energy_mj->mean, 5.0 * 2 / 6);
  EXPECT_EQ(estimates.outside.reason, "not_separable");
  EXPECT_FALSE(estimates.outside.group) << "it is no layer";
  EXPECT_FALSE(estimates.outside.total.energy_mj->ci95);
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->ci95->hi, 5.0 * 4 / 6 + 0.75 + 5.0 * 2 / 6);
}

TEST_F(Grouping, WithoutAnIntervalOfEveryPartTakenOffThereIsNoneOfTheGroup) {
  estimates.layers[0].total.energy_mj.value().ci95.reset();
  share_group(estimates, outside_known, measured, times);
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 4.0);
  EXPECT_FALSE(estimates.groups[0].energy_mj->ci95);
}

// Its energy is in the remainder: left alone it would be charged to the group and reported missing.
TEST_F(Grouping, ALayerWithoutAReadingJoins) {
  estimates.layers[0] = {};
  estimates.layers[0].total = {Missing{"no_samples"}, Missing{"no_samples"}};
  estimates.layers[0].rails = {{Missing{"no_samples"}, Missing{"no_samples"}}};
  estimates.layers[0].reason = "no_samples";
  share_group(estimates, outside_known, measured, times);
  EXPECT_THAT(estimates.groups[0].layers, ElementsAre(0u, 1u, 2u));
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 9.0);
}

TEST_F(Grouping, MoreTakenOffThanMeasuredLeavesNothingToSay) {
  estimates.layers[0].total = known(3000, 12, 0.25);
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups[0].energy_mj.reason(), "not_separable");
  EXPECT_EQ(estimates.layers[1].total.energy_mj.reason(), "not_separable");
}

TEST_F(Grouping, WithoutATotalTheGroupHasNoneButItsRailsDo) {
  measured.total = {Missing{"unknown_rail_set"}, Missing{"unknown_rail_set"}};
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups[0].energy_mj.reason(), "unknown_rail_set");
  EXPECT_EQ(estimates.layers[1].total.energy_mj.reason(), "unknown_rail_set");
  EXPECT_DOUBLE_EQ(estimates.layers[1].rails[0].energy_mj->mean, 1.0);
}

TEST_F(Grouping, TheIntervalDoesNotReachBelowNothing) {
  measured.total = known(1000, 10, 5);
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups[0].energy_mj->ci95->lo, 0.0);
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->ci95->hi, 4.0 + 5.375);
}

TEST_F(Grouping, NothingLeftIsAnEnergyOfNothing) {
  measured.total = known(600, 6, 0.5);
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups[0].energy_mj->mean, 0.0);
  EXPECT_EQ(estimates.layers[1].total.power_mw->mean, 0.0);
}

TEST_F(Grouping, LayersOfNoTimeHaveNoShare) {
  times.mean_ms[1] = times.mean_ms[2] = 0.0;
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups[0].energy_mj.reason(), "not_separable");
}

TEST_F(Grouping, LessThanAMillisecondHasItsShare) {
  times.mean_ms = {4, 0.25, 0.25, 0, 0.25};
  share_group(estimates, outside_grouped, measured, times);
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 5.0 * 2 / 3);
  EXPECT_DOUBLE_EQ(estimates.outside.total.energy_mj->mean, 5.0 / 3);
}

TEST_F(Grouping, ComesAfterTheGroupsThatAreThere) {
  estimates.groups.resize(2);
  share_group(estimates, outside_known, measured, times);
  EXPECT_EQ(estimates.groups.size(), 3u);
  EXPECT_EQ(estimates.layers[2].group, 2u);
}

TEST_F(Grouping, TimeOutsideAloneIsNoGroup) {
  share_group(estimates, {false, false, false, false, true}, measured, times);
  EXPECT_TRUE(estimates.groups.empty());
  EXPECT_DOUBLE_EQ(estimates.outside.total.energy_mj->mean, 1.0);
  EXPECT_FALSE(estimates.outside.reason);
}

TEST_F(Grouping, TimeOutsideWithoutAReadingJoins) {
  estimates.outside.samples = 0;
  estimates.outside.reason = "no_samples";
  estimates.layers[0].samples = 0;  // but it has a figure
  estimates.layers[3].reason = "no_samples";
  share_group(estimates, outside_known, measured, times);
  EXPECT_THAT(estimates.groups[0].layers, ElementsAre(1u, 2u));
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 5.0 * 4 / 6);
  EXPECT_EQ(estimates.outside.reason, "not_separable");
}

TEST_F(Grouping, AMeasuredEnergyWithoutAnIntervalGivesNone) {
  measured.total.energy_mj.value().ci95.reset();
  share_group(estimates, outside_known, measured, times);
  EXPECT_DOUBLE_EQ(estimates.groups[0].energy_mj->mean, 4.0);
  EXPECT_FALSE(estimates.groups[0].energy_mj->ci95);
}

TEST_F(Grouping, TheFirstLayerMayBeInTheGroupByItselfOrForWantOfAReading) {
  for (const bool unread : {false, true}) {
    PowerEstimates these = estimates;
    if (unread) {
      these.layers[0].samples = 0;
      these.layers[0].reason = "no_samples";
    }
    share_group(these, {!unread, true, true, false, false}, measured, times);
    ASSERT_EQ(these.groups.size(), 1u);
    EXPECT_THAT(these.groups[0].layers, ElementsAre(0u, 1u, 2u));
    EXPECT_EQ(these.layers[0].reason, "not_separable");
    EXPECT_EQ(these.layers[0].group, 0u);
    EXPECT_DOUBLE_EQ(these.layers[0].total.energy_mj->mean, 9.0 * 4.0 / 8.0);
  }
}

TEST_F(Grouping, AGroupThatIsShorterThanTheTimeOutsideHasItsShare) {
  estimates.layers[2].total = known(1000, 3.5, 0.25);
  share_group(estimates, {false, true, false, false, true}, measured, times);
  // 10 less 5 and 3.5 mJ, for 1 ms in the layer and 2 outside.
  EXPECT_DOUBLE_EQ(estimates.groups.at(0).energy_mj->mean, 1.5 * 1.0 / 3.0);
}

}  // namespace
}  // namespace layerwatt
