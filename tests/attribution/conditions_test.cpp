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

TEST(Conditions, LeastAndMostAreOfAllValuesWhileInferencesRan) {
  const auto all = conditions({{"up", "MHz", {0, 10, 50, 51, 52}, {1, 2, 600, 1000, 800}},
                               {"down", "MHz", {50, 51, 52, 53, 90}, {800, 500, 900, 7, 8}}},
                              from_to(50, 53));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0].min, 600.0);
  EXPECT_DOUBLE_EQ(all[0].max, 1000.0);
  EXPECT_DOUBLE_EQ(all[0].mean, 800.0);
  EXPECT_DOUBLE_EQ(all[1].min, 500.0);
  EXPECT_DOUBLE_EQ(all[1].max, 900.0);
  EXPECT_DOUBLE_EQ(all[1].mean, 2200.0 / 3.0);
}

TEST(Conditions, ASignalThatWasNotReadDoesNotHideTheNext) {
  const auto all =
      conditions({{"late", "°C", {100}, {50}}, {"t", "°C", {0, 99}, {40, 60}}}, from_to(98, 100));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_DOUBLE_EQ(all[0].mean, 50.0);
}

TEST(Conditions, ATwentiethAndAFifthAreNoNotableChange) {
  EXPECT_TRUE(condition_warnings({{"GPU clock", "MHz", 990, 950, 1000}}).empty());
  EXPECT_EQ(condition_warnings({{"GPU clock", "MHz", 990, 949, 1000}}).size(), 1u);
  EXPECT_TRUE(condition_warnings({{"CPU clock", "MHz", 900, 800, 1000}}).empty());
  const auto both = condition_warnings(
      {{"CPU clock", "MHz", 900, 799, 1000}, {"GPU clock", "MHz", 990, 900, 1000}});
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].message,
            "clocks moved while the network ran: CPU clock 799 to 1000 MHz, GPU clock 900 to "
            "1000 MHz");
}

TEST(Conditions, ANanosecondCountsAndSoDoesFrost) {
  const auto peak = conditions({{"t", "°C", {50, 51}, {900, 500}}}, from_to(50, 60));
  ASSERT_EQ(peak.size(), 1u);
  EXPECT_DOUBLE_EQ(peak[0].max, 900.0);
  EXPECT_EQ(conditions({{"t", "°C", {50}, {900}}}, from_to(50, 51)).size(), 1u);
  const auto frost = conditions({{"t", "°C", {0}, {-5}}}, from_to(50, 90));
  ASSERT_EQ(frost.size(), 1u);
  EXPECT_DOUBLE_EQ(frost[0].max, -5.0);
  EXPECT_DOUBLE_EQ(frost[0].min, -5.0);
}

}  // namespace
}  // namespace layerwatt
