#include "record/prediction.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Prediction, FourTimesTheTimeHalvesTheInterval) {
  const PrecisionThen then{10.0, 12.0};
  EXPECT_DOUBLE_EQ(worst_pct_now(then, 40.0), 6.0);
  EXPECT_DOUBLE_EQ(worst_pct_now(then, 10.0), 12.0);
  EXPECT_DOUBLE_EQ(met_at_s(then, 10.0, 6.0), 40.0);
  EXPECT_DOUBLE_EQ(met_at_s(then, 25.0, 6.0), 40.0);
}

TEST(Prediction, WhatIsMetIsMetNow) { EXPECT_DOUBLE_EQ(met_at_s({10.0, 3.0}, 12.0, 6.0), 12.0); }

TEST(Prediction, WithoutATargetNothingIsExpected) {
  EXPECT_DOUBLE_EQ(ask_again_s(10.0, met_at_s({10.0, 0.0}, 12.0, 0.0)), 20.0);
}

TEST(Prediction, AsksAgainWhenTheTargetShouldBeMetAndAfterTwiceTheTimeAtTheLatest) {
  EXPECT_DOUBLE_EQ(ask_again_s(10.0, 15.0), 15.45);
  EXPECT_DOUBLE_EQ(ask_again_s(10.0, 10.5), 12.0);
  EXPECT_DOUBLE_EQ(ask_again_s(10.0, 300.0), 20.0);
  EXPECT_DOUBLE_EQ(ask_again_s(10.0, {}), 20.0);
}

}  // namespace
}  // namespace layerwatt
