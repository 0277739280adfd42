#include "report/trace_sampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

using testing::ElementsAre;

TEST(StrideFor, TakesAtMostThatMany) {
  EXPECT_EQ(stride_for(10, 10), 1u);
  EXPECT_EQ(stride_for(11, 10), 2u);
  EXPECT_EQ(stride_for(20, 10), 2u);
  EXPECT_EQ(stride_for(21, 10), 3u);
  EXPECT_EQ(stride_for(1, 10), 1u);
}

TEST(Extremes, AllOfAFew) {
  EXPECT_THAT(extremes(std::vector<double>{3, 1, 2}, 3), ElementsAre(0, 1, 2));
}

TEST(Extremes, LowestAndHighestOfEachRunInTheirOrder) {
  const std::vector<double> values{5, 9, 1, 5, 2, 2, 8, 3};
  EXPECT_THAT(extremes(values, 4), ElementsAre(1, 2, 4, 6));
}

TEST(Extremes, ARunOfOneValueIsOnePoint) {
  EXPECT_THAT(extremes(std::vector<double>{2, 2, 2, 2, 7, 2, 2, 2}, 4), ElementsAre(0, 4, 5));
}

TEST(Extremes, PassOverWhatWasNotRead) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(extremes(std::vector<double>{kNaN, 1, kNaN}, 9), ElementsAre(1));
  EXPECT_THAT(extremes(std::vector<double>{kNaN, kNaN, kNaN, 4, 1, kNaN}, 4), ElementsAre(3, 4));
}

}  // namespace
}  // namespace layerwatt
