#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "layerwatt/recording.hpp"

namespace layerwatt {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(PowerSamples, TotalIsTheSumOfTheRailsInIt) {
  PowerSamples power;
  power.rails = {{"A", true}, {"B", false}, {"C", true}};
  power.time_ns = {1, 2, 3};
  power.rail_mw = {100, 10, 1, 100, kNone, 1, 100, 10, kNone};
  EXPECT_TRUE(power.has_total());
  EXPECT_EQ(power.total_mw(0), 101.0);
  EXPECT_EQ(power.total_mw(1), 101.0);  // B is not part of it
  EXPECT_TRUE(std::isnan(power.total_mw(2)));
}

TEST(PowerSamples, WithoutARailInItThereIsNoTotal) {
  PowerSamples power;
  power.rails = {{"A", false}};
  power.time_ns = {1};
  power.rail_mw = {100};
  EXPECT_FALSE(power.has_total());
  EXPECT_TRUE(std::isnan(power.total_mw(0)));  // not 0 mW
}

}  // namespace
}  // namespace layerwatt
