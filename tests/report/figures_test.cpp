#include "report/figures.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

TEST(ScaleFor, PicksTheUnitByTheLargest) {
  EXPECT_EQ(scale_for("mW", 999.0, 4).unit, "mW");
  EXPECT_EQ(scale_for("mW", 1000.0, 4).unit, "W");
  EXPECT_EQ(scale_for("mJ", 9999.0, 4).unit, "mJ");
  EXPECT_EQ(scale_for("mJ", 10000.0, 4).unit, "J");
  EXPECT_EQ(scale_for("mJ", 0.1, 4).unit, "mJ");
  EXPECT_EQ(scale_for("mJ", 0.099, 4).unit, "µJ");
  EXPECT_EQ(scale_for("ms", 0.05, 4).unit, "µs");
  EXPECT_EQ(scale_for("ms", 20000.0, 4).unit, "s");
  EXPECT_EQ(scale_for("parsec", 20000.0, 4).unit, "parsec");
}

TEST(ScaleFor, KeepsTheDigitsOfTheLargest) {
  EXPECT_EQ(scale_for("mJ", 3.872, 4).decimals, 3);
  EXPECT_EQ(scale_for("mJ", 38.72, 4).decimals, 2);
  EXPECT_EQ(scale_for("mJ", 387.2, 4).decimals, 1);
  EXPECT_EQ(scale_for("mJ", 3872.0, 4).decimals, 0);
  EXPECT_EQ(scale_for("mJ", 0.312, 4).decimals, 3);  // three at most
  EXPECT_EQ(scale_for("mW", 12410.0, 4).decimals, 2);
  EXPECT_EQ(scale_for("mW", -12410.0, 4).decimals, 2);
}

TEST(ScaleFor, TakesWhatIsNoNumber) {
  EXPECT_EQ(scale_for("mJ", 0.0, 4).unit, "mJ");
  EXPECT_EQ(scale_for("mJ", std::numeric_limits<double>::quiet_NaN(), 4).unit, "mJ");
  EXPECT_EQ(scale_for("mJ", std::numeric_limits<double>::infinity(), 4).unit, "mJ");
}

TEST(Figure, ConvertsAndRounds) {
  EXPECT_EQ(figure(12414.0, {"W", 1e-3, 2}), "12.41");
  EXPECT_EQ(figure(0.0123, {"µs", 1e3, 1}), "12.3");
  EXPECT_EQ(figure(0.0, {"mJ", 1.0, 3}), "0.000");
}

TEST(Figure, WhatIsSmallIsNotZero) {
  EXPECT_EQ(figure(0.0004, {"mJ", 1.0, 3}), "<0.001");
  EXPECT_EQ(figure(-0.0004, {"mJ", 1.0, 3}), ">-0.001");
  EXPECT_EQ(figure(0.0006, {"mJ", 1.0, 3}), "0.001");
  EXPECT_EQ(percent(0.0003), "<0.1");
}

TEST(FigureWithUnit, StandsAlone) {
  EXPECT_EQ(figure_with_unit(12414.0, "mW"), "12.41 W");
  EXPECT_EQ(figure_with_unit(13.6, "mJ"), "13.60 mJ");
}

TEST(Bar, GrowsInEighths) {
  EXPECT_EQ(bar(1.0, 4), "████");
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(bar(0.5 + 1.0 / 32, 4), "██▏");
  EXPECT_EQ(bar(2.0, 4), "████");
  EXPECT_EQ(bar(1e-9, 4), "▏");
  EXPECT_EQ(bar(0.0, 4), "");
  EXPECT_EQ(bar(-1.0, 4), "");
  EXPECT_EQ(bar(std::numeric_limits<double>::quiet_NaN(), 4), "");
}

}  // namespace
}  // namespace layerwatt
