#include "record/steady.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

SteadyWatch watched(const std::vector<double>& power_mw, const std::vector<double>& celsius) {
  SteadyWatch watch;
  for (std::size_t i = 0; i < std::max(power_mw.size(), celsius.size()); ++i) {
    watch.add(i < power_mw.size() ? std::optional(power_mw[i]) : std::nullopt,
              i < celsius.size() ? std::optional(celsius[i]) : std::nullopt);
  }
  return watch;
}

TEST(Steady, PowerAndTemperatureThatStayAre) {
  EXPECT_TRUE(watched({9000, 9010, 8995, 9005, 9000}, {61.0, 61.5, 61.0, 61.5, 61.0}).steady());
}

TEST(Steady, NotBeforeEnoughStretches) {
  EXPECT_FALSE(watched({9000, 9000, 9000, 9000}, {}).steady());
}

TEST(Steady, PowerThatRisesIsNot) {
  EXPECT_FALSE(watched({9000, 9100, 9050, 9150, 9200}, {}).steady());
  EXPECT_FALSE(watched({9000, 9020, 9040, 9060, 9080}, {}).steady()) << "within 1 %, but creeping";
  EXPECT_TRUE(watched({9000, 9010, 9020, 9030, 9040}, {}).steady()) << "hardly any more";
}

TEST(Steady, ATemperatureThatRisesIsNot) {
  const std::vector<double> flat(5, 9000.0);
  EXPECT_FALSE(watched(flat, {60.0, 60.5, 61.0, 61.5, 62.0}).steady());
  EXPECT_TRUE(watched(flat, {60.0, 60.5, 60.5, 60.5, 60.5}).steady());
}

TEST(Steady, OnlyTheLastStretchesCount) {
  EXPECT_TRUE(watched({5000, 7000, 8000, 9000, 9000, 9001, 9000, 9002}, {}).steady());
}

TEST(Steady, WhatCannotBeReadIsNotAskedFor) {
  EXPECT_TRUE(watched({}, {60, 60, 60, 60, 60}).steady());
  EXPECT_FALSE(watched({}, {}).steady());
  SteadyWatch nothing;
  for (int i = 0; i < 9; ++i) nothing.add({}, {});
  EXPECT_FALSE(nothing.steady()) << "nobody knows";
}

TEST(Steady, TellsHowFarItIsFromIt) {
  const SteadyWatch watch = watched({9000, 9900, 9000, 9900, 9000}, {60, 63, 62, 61, 60});
  EXPECT_NEAR(watch.power_range_pct(), 100.0 * 900.0 / 9360.0, 1e-9);
  EXPECT_DOUBLE_EQ(watch.temperature_range_c(), 3.0);
}

}  // namespace
}  // namespace layerwatt
