#include "record/batch_means.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

TEST(BatchMeans, HasNoMeanOfNothingAndNoIntervalBefore16Batches) {
  BatchMeans means;
  EXPECT_TRUE(std::isnan(means.mean()));
  for (int i = 0; i < 15; ++i) means.add(3.0);
  EXPECT_EQ(means.half_width95(), std::nullopt);
  means.add(3.0);
  EXPECT_DOUBLE_EQ(means.half_width95().value(), 0.0);
  EXPECT_DOUBLE_EQ(means.mean(), 3.0);
}

TEST(BatchMeans, AlternatingValuesGiveTheTextbookInterval) {
  BatchMeans means;
  for (int i = 0; i < 16; ++i) means.add(i % 2 == 0 ? 9.0 : 11.0);
  // s² = 16/15, t(15) = 2.13145, half width = t·s/√16.
  EXPECT_NEAR(means.half_width95().value(), 2.13145 * std::sqrt(16.0 / 15.0) / 4.0, 1e-4);
}

TEST(BatchMeans, ASlowDriftIsNotAveragedAway) {
  // 6400 values in runs of 100 equal ones: 64 independent values, whatever std/√6400 says.
  BatchMeans means;
  for (int i = 0; i < 6400; ++i) means.add((i / 100) % 2 == 0 ? 9.0 : 11.0);
  EXPECT_DOUBLE_EQ(means.mean(), 10.0);
  EXPECT_EQ(means.count(), 6400u);
  BatchMeans runs_of_200;
  for (int i = 0; i < 12800; ++i) runs_of_200.add((i / 400) % 2 == 0 ? 9.0 : 11.0);
  // After 12800 values a batch holds 256; naive: 1.96/√12800 = 0.017.
  EXPECT_GT(runs_of_200.half_width95().value(), 0.1);
}

TEST(StudentT, MatchesTheTables) {
  EXPECT_NEAR(student_t975(5), 2.570582, 3e-3);
  EXPECT_NEAR(student_t975(15), 2.131450, 1e-4);
  EXPECT_NEAR(student_t975(31), 2.039513, 1e-5);
  EXPECT_NEAR(student_t975(63), 1.998341, 1e-5);
}

}  // namespace
}  // namespace layerwatt
