#include "attribution/conditions.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

Iterations from_to(std::int64_t begin, std::int64_t end) {
  Iterations iterations;
  iterations.start_ns = {begin};
  iterations.end_ns = {end};
  return iterations;
}

TEST(Conditions, AValueHoldsUntilTheNext) {
  // 1000 MHz for 30 of the 40 ns in which inferences ran, then 600 MHz.
  const auto all =
      conditions({{"GPU clock", "MHz", {0, 80, 200}, {1000, 600, 5}}}, from_to(50, 90));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "GPU clock");
  EXPECT_EQ(all[0].unit, "MHz");
  EXPECT_DOUBLE_EQ(all[0].mean, 900.0);
  EXPECT_DOUBLE_EQ(all[0].min, 600.0);
  EXPECT_DOUBLE_EQ(all[0].max, 1000.0);
}

TEST(Conditions, TheTimeBeforeTheFirstValueIsLeftOut) {
  const auto all = conditions({{"t", "°C", {75}, {50}}}, from_to(50, 100));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].mean, 50.0);
}

TEST(Conditions, NotReadMeansNotThere) {
  EXPECT_TRUE(conditions({{"t", "°C", {100}, {50}}}, from_to(50, 100)).empty());
  EXPECT_TRUE(conditions({{"t", "°C", {}, {}}}, from_to(50, 100)).empty());
  EXPECT_TRUE(conditions({{"t", "°C", {0}, {50}}}, {}).empty());
}

TEST(Conditions, ClocksThatMovedAreToldAndSteadyOnesAreNot) {
  const std::vector<Condition> conditions = {{"temperature tj", "°C", 60, 40, 80},
                                             {"EMC clock", "MHz", 3199, 3199, 3199},
                                             {"CPU clock", "MHz", 1900, 1700, 2000},
                                             {"GPU clock", "MHz", 1000, 900, 1000}};
  const auto told = condition_warnings(conditions);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].code, "clock_changed");
  EXPECT_EQ(told[0].message, "clocks moved while the network ran: GPU clock 900 to 1000 MHz");
  EXPECT_TRUE(condition_warnings({{"GPU clock", "MHz", 990, 960, 1000}}).empty());
  EXPECT_EQ(condition_warnings({{"CPU clock", "MHz", 1500, 1000, 2000}}).size(), 1u);
}

}  // namespace
}  // namespace layerwatt
