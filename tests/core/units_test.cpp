#include "layerwatt/units.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Units, PowerTimesTimeIsEnergy) {
  // 5 W for 2 ms is 10 mJ.
  EXPECT_DOUBLE_EQ((Milliwatts{5000} * Milliseconds{2}).value, 10.0);
  EXPECT_DOUBLE_EQ((Milliseconds{2} * Milliwatts{5000}).value, 10.0);
  EXPECT_DOUBLE_EQ((Millijoules{10} / Milliseconds{2}).value, 5000.0);
}

TEST(Units, BetweenStampsThatNeed64Bits) {
  EXPECT_DOUBLE_EQ(milliseconds_between(1750866348203969000, 1750866348204469000).value, 0.5);
}

}  // namespace
}  // namespace layerwatt
