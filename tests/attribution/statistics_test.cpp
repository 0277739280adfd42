#include "attribution/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace layerwatt {
namespace {

using ::testing::DoubleNear;

TEST(Metric, MatchesValuesWorkedOutByHand) {
  const Known<Metric> m = metric({4.0, 1.0, 3.0, 2.0});
  ASSERT_TRUE(m);
  EXPECT_EQ(m->count, 4u);
  EXPECT_DOUBLE_EQ(m->mean, 2.5);
  EXPECT_DOUBLE_EQ(m->min, 1.0);
  EXPECT_DOUBLE_EQ(m->max, 4.0);
  // (2.25 + 0.25 + 0.25 + 2.25) / 3
  EXPECT_DOUBLE_EQ(m->std, std::sqrt(5.0 / 3.0));
  // numpy.percentile([1, 2, 3, 4], [90, 99])
  EXPECT_DOUBLE_EQ(m->p90, 3.7);
  EXPECT_DOUBLE_EQ(m->p99, 3.97);
  // 3.18245 × sqrt(5/3) / 2
  EXPECT_THAT(m->ci95->lo, DoubleNear(2.5 - 2.05427, 1e-4));
  EXPECT_THAT(m->ci95->hi, DoubleNear(2.5 + 2.05427, 1e-4));
}

// D7: the reference takes the upper middle for an even number.
TEST(Metric, D7_MedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle) {
  EXPECT_DOUBLE_EQ(metric({4.0, 1.0, 3.0, 2.0})->median, 2.5);
  EXPECT_DOUBLE_EQ(metric({7.0, 1.0, 3.0})->median, 3.0);
}

TEST(Metric, OfOneReadingHasNoSpreadAndNoInterval) {
  const Known<Metric> m = metric({5.0});
  EXPECT_DOUBLE_EQ(m->std, 0.0);
  EXPECT_DOUBLE_EQ(m->median, 5.0);
  EXPECT_DOUBLE_EQ(m->p99, 5.0);
  EXPECT_FALSE(m->ci95);
}

TEST(Metric, OfNothingIsMissing) {
  const Known<Metric> m = metric({});
  EXPECT_FALSE(m);
  EXPECT_EQ(m.reason(), "no_readings");
}

TEST(Metric, PercentilesAgreeWithAFullSort) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> skewed;
  for (std::size_t n : {2u, 3u, 10u, 101u, 1000u}) {
    std::vector<double> readings(n);
    for (double& r : readings) r = skewed(random);
    const Known<Metric> m = metric(readings);
    std::sort(readings.begin(), readings.end());
    const auto at = [&](double share) {
      const double rank = share * static_cast<double>(n - 1);
      const auto below = static_cast<std::size_t>(std::floor(rank));
      const double next = readings[std::min(below + 1, n - 1)];
      return readings[below] + (rank - std::floor(rank)) * (next - readings[below]);
    };
    EXPECT_DOUBLE_EQ(m->median, at(0.5)) << n;
    EXPECT_DOUBLE_EQ(m->p90, at(0.9)) << n;
    EXPECT_DOUBLE_EQ(m->p99, at(0.99)) << n;
  }
}

// Each percentile starts from what the one before has put in order.
TEST(Metric, PercentilesAreThoseOfASortForAnyNumberOfReadings) {
  for (std::size_t n = 1; n <= 60; ++n) {
    std::vector<double> sorted(n);
    std::iota(sorted.begin(), sorted.end(), 1.0);
    for (std::size_t turn = 0; turn < 7; ++turn) {
      // The largest first, or every other one, or …
      std::vector<double> readings(sorted.rbegin(), sorted.rend());
      const std::size_t cut = turn * n / 7;
      std::rotate(readings.begin(), readings.begin() + static_cast<std::ptrdiff_t>(cut),
                  readings.end());
      const Known<Metric> m = metric(readings);
      // Readings 1 … n: the percentile at rank r is 1 + r.
      const double last = static_cast<double>(n - 1);
      EXPECT_NEAR(m->median, 1.0 + 0.5 * last, 1e-9) << n << ' ' << turn;
      EXPECT_NEAR(m->p90, 1.0 + 0.9 * last, 1e-9) << n << ' ' << turn;
      EXPECT_NEAR(m->p99, 1.0 + 0.99 * last, 1e-9) << n << ' ' << turn;
    }
  }
}

// Their mean comes out as 0.09999999999999999.
TEST(Metric, ReadingsThatAreAllAlikeDoNotScatter) {
  EXPECT_LT(metric(std::vector<double>(10, 0.1))->std, 1e-15);
  EXPECT_LT(metric(std::vector<double>(30, 12345.6))->std, 1e-9);
}

TEST(StudentT, MatchesPublishedTables) {
  EXPECT_DOUBLE_EQ(student_t(1), 12.7062);
  EXPECT_DOUBLE_EQ(student_t(30), 2.04227);
  EXPECT_THAT(student_t(31), DoubleNear(2.03951, 1e-5));
  EXPECT_THAT(student_t(60), DoubleNear(2.00030, 1e-5));
  EXPECT_THAT(student_t(1000), DoubleNear(1.96234, 1e-5));
}

TEST(Batches, CutWithoutALeftover) {
  const Batches batches{10, 4};
  std::vector<std::size_t> lengths(4, 0);
  for (std::size_t i = 0; i < 10; ++i) ++lengths[batches.of(i)];
  EXPECT_THAT(lengths, ::testing::ElementsAre(3, 2, 3, 2));
  for (std::size_t b = 0; b < 4; ++b) EXPECT_EQ(batches.length(b), lengths[b]) << b;
  EXPECT_EQ(batches.first(2), 5u);
}

TEST(HalfWidth, IsStudentTOnTheBatches) {
  // Four means 1, 2, 3, 4 of equal batches: the influence of each is its deviation / 4.
  const std::vector<double> influence = {-1.5 / 4, -0.5 / 4, 0.5 / 4, 1.5 / 4};
  EXPECT_THAT(*half_width(influence, 4), DoubleNear(2.05427, 1e-4));
  EXPECT_FALSE(half_width(influence, 1));
}

// How often the interval of the mean holds the truth (0) for readings of which each keeps `memory`
// of the one before.
double coverage(double memory, std::size_t n, bool as_if_independent) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise;
  const int runs = 400;
  int held = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> readings(n);
    double last = noise(random) / std::sqrt(1.0 - memory * memory);
    for (double& r : readings) r = last = memory * last + noise(random);
    const Known<Metric> m = metric(readings);
    Interval interval = *m->ci95;
    if (as_if_independent) {
      const double half = 1.96 * m->std / std::sqrt(static_cast<double>(n));
      interval = {m->mean - half, m->mean + half};
    }
    held += interval.lo <= 0.0 && 0.0 <= interval.hi ? 1 : 0;
  }
  return static_cast<double>(held) / runs;
}

// D8 and 1.1: ci95 = 1.96 std / sqrt(n) takes readings for independent that are not.
TEST(MeanInterval, D8_HoldsTheTruthForReadingsThatRememberEachOther) {
  EXPECT_LT(coverage(0.9, 2000, true), 0.5);
  EXPECT_GT(coverage(0.9, 2000, false), 0.91);
  EXPECT_LT(coverage(0.9, 2000, false), 0.985);
}

TEST(MeanInterval, HoldsTheTruthForIndependentReadings) {
  for (std::size_t n : {5u, 39u, 40u, 250u}) {
    EXPECT_GT(coverage(0.0, n, false), 0.92) << n;
    EXPECT_LT(coverage(0.0, n, false), 0.985) << n;
  }
}

TEST(StudentT, ExpansionIsGoodToFiveDecimals) {
  EXPECT_THAT(student_t(31), DoubleNear(2.0395134, 2.5e-6));
  EXPECT_THAT(student_t(40), DoubleNear(2.0210754, 1.5e-6));
  EXPECT_THAT(student_t(120), DoubleNear(1.9799304, 5e-7));
  EXPECT_DOUBLE_EQ(student_t(2), 4.30265);
}

TEST(BatchCount, IsTenFromFortyReadingsOnAndTwentyFromTwoHundredOn) {
  EXPECT_EQ(batch_count(39), 0u);
  EXPECT_EQ(batch_count(40), 10u);
  EXPECT_EQ(batch_count(199), 10u);
  EXPECT_EQ(batch_count(200), 20u);
}

TEST(HalfWidth, OfTwoBatches) {
  EXPECT_THAT(*half_width(std::vector<double>{1.0, -1.0}, 2), DoubleNear(12.7062 * 2.0, 1e-9));
}

TEST(MeanInterval, OfTwoReadingsAndOfTenBatches) {
  const auto two = mean_interval(std::vector<double>{1.0, 3.0}, 2.0);
  EXPECT_THAT(two->lo, DoubleNear(2.0 - 12.7062, 1e-9));
  EXPECT_THAT(two->hi, DoubleNear(2.0 + 12.7062, 1e-9));
  // Batches of four readings, five of them at 1 and five at −1: 2.26216 × √(1 / 9).
  std::vector<double> readings;
  for (int k = 0; k < 40; ++k) readings.push_back(k / 4 % 2 == 0 ? 1.0 : -1.0);
  EXPECT_THAT(mean_interval(readings, 0.0)->hi, DoubleNear(2.26216 / 3.0, 1e-9));
  EXPECT_FALSE(mean_interval(std::vector<double>{1.0}, 1.0));
}

TEST(Metric, OfTwoReadings) {
  const Known<Metric> m = metric({3.0, 1.0});
  EXPECT_DOUBLE_EQ(m->std, std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(m->median, 2.0);
  EXPECT_DOUBLE_EQ(m->p90, 2.8);
}

TEST(Percentile, InterpolatesAndTakesWhatIsSortedAsItIs) {
  std::vector<double> readings = {5.0, 4.0, 1.0, 3.0, 2.0};
  EXPECT_DOUBLE_EQ(percentile(readings, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(percentile(readings, 0.3, 0), 2.2);
  EXPECT_DOUBLE_EQ(percentile(readings, 0.5, 1), 3.0);
  EXPECT_DOUBLE_EQ(percentile(readings, 0.25, 4), 2.0);
  EXPECT_DOUBLE_EQ(percentile(readings, 1.0, 2), 5.0);
}

TEST(Percentile, LooksAtNoReadingBeyondItsOwn) {
  std::vector<double> readings = {2.0, 1.0, std::numeric_limits<double>::infinity()};
  EXPECT_DOUBLE_EQ(percentile(std::span(readings).first(2), 1.0), 2.0);
  EXPECT_DOUBLE_EQ(percentile(std::span(readings).first(1), 0.5), 1.0);
}

TEST(Statistics, TheMedianIsTheUpperOfTwo) {
  EXPECT_EQ(median({3.0, 1.0, 2.0}), 2.0);
  EXPECT_EQ(median({4.0, 1.0, 3.0, 2.0}), 3.0);
  EXPECT_EQ(median({7.0}), 7.0);
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace layerwatt
