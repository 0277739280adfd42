#include "compare/welch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(StudentP, KnownValues) {
  EXPECT_NEAR(student_p(1.0, 1.0), 0.5, 1e-12) << "Cauchy";
  EXPECT_NEAR(student_p(2.0, 10.0), 0.0733880, 1e-7);
  EXPECT_NEAR(student_p(-2.0, 10.0), 0.0733880, 1e-7) << "two-sided";
  EXPECT_NEAR(student_p(2.093024, 19.0), 0.05, 1e-7);
  EXPECT_NEAR(student_p(1.959964, 1e7), 0.05, 1e-6) << "the normal distribution";
  EXPECT_EQ(student_p(0.0, 5.0), 1.0);
  EXPECT_EQ(student_p(std::numeric_limits<double>::infinity(), 5.0), 0.0);
}

// What the interval of a large difference needs: tails that do not end at the rounding of 1 - x.
TEST(StudentP, FarTailsKeepTheirDigits) {
  const double p = student_p(40.0, 19.0);
  EXPECT_GT(p, 0.0);
  EXPECT_LT(p, 1e-18);
}

TEST(StudentT95, KnownValues) {
  EXPECT_NEAR(student_t95(1.0), 12.7062, 1e-4);
  EXPECT_NEAR(student_t95(19.0), 2.093024, 1e-6);
  EXPECT_NEAR(student_t95(1e9), 1.959964, 1e-5);
}

TEST(DegreesOf, AreThoseOfTheAttribution) {
  EXPECT_EQ(degrees_of(1000), 19.0);
  EXPECT_EQ(degrees_of(200), 19.0);
  EXPECT_EQ(degrees_of(199), 9.0);
  EXPECT_EQ(degrees_of(39), 38.0);
  EXPECT_EQ(degrees_of(2), 1.0);
}

TEST(MeanError, UndoesTheInterval) {
  const auto error = mean_error({10.0, Interval{10.0 - 2 * 2.093024, 10.0 + 2 * 2.093024}}, 19.0);
  ASSERT_TRUE(error);
  EXPECT_NEAR(error->error, 2.0, 1e-6);
}

TEST(MeanError, TakesTheLargerSide) {
  EXPECT_NEAR(mean_error({10.0, Interval{9.0, 10.0 + 2.093024}}, 19.0)->error, 1.0, 1e-6);
}

TEST(MeanError, NothingWithoutAnInterval) {
  EXPECT_FALSE(mean_error({10.0, std::nullopt}, 19.0));
  EXPECT_FALSE(mean_error({std::nan(""), Interval{1, 2}}, 19.0));
}

// 20 ± 1 of 9 degrees against 23 ± 2 of 4: worked by hand, p by numerical integration.
TEST(Welch, AWorkedExample) {
  const WelchTest test = welch({20.0, 1.0, 9.0}, {23.0, 2.0, 4.0});
  EXPECT_DOUBLE_EQ(test.difference, 3.0);
  EXPECT_NEAR(test.p, 0.2276408, 1e-6);
  EXPECT_NEAR(test.ci95.hi - 3.0, 5.453826, 1e-5);
  EXPECT_NEAR(3.0 - test.ci95.lo, 5.453826, 1e-5);
}

TEST(Welch, WithoutScatterEveryDifferenceIsReal) {
  EXPECT_EQ(welch({5.0, 0.0, 19.0}, {5.0, 0.0, 19.0}).p, 1.0);
  EXPECT_EQ(welch({5.0, 0.0, 19.0}, {6.0, 0.0, 19.0}).p, 0.0);
}

TEST(Welch, TinyErrorsDoNotVanish) {
  const WelchTest test = welch({1e-100, 1e-101, 19.0}, {1e-100, 1e-101, 19.0});
  EXPECT_EQ(test.p, 1.0);
  EXPECT_TRUE(std::isfinite(test.ci95.hi));
}

TEST(Holm, StepsDown) {
  EXPECT_THAT(holm({0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleEq(0.03), DoubleEq(0.06), DoubleEq(0.06), DoubleEq(0.02)));
}

TEST(Holm, NeverExceedsOneNorFallsBelowASmallerOne) {
  EXPECT_THAT(holm({0.9, 0.8}), ElementsAre(1.0, 1.0));
  EXPECT_THAT(holm({}), testing::IsEmpty());
  EXPECT_THAT(holm({0.2}), ElementsAre(0.2));
}

}  // namespace
}  // namespace layerwatt
