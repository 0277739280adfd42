#include "attribution/conversion_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

// A register written every `period`, read every 5 ms ± 2 %: a reading is the number of the write.
Readings readings_of_grid(double period_ms, double phase_ms, std::size_t count) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  Readings readings;
  double t = 100.0;
  for (std::size_t k = 0; k < count; ++k) {
    readings.time_ms.push_back(t);
    readings.weight.push_back(1.0);
    readings.value.push_back(std::floor((t - phase_ms) / period_ms));
    t += 5.0 * (1.0 + 0.02 * normal(random));
  }
  return readings;
}

TEST(FindConversionGrid, FindsPeriodAndPhaseWellEnoughForTheWholeRun) {
  const Readings readings = readings_of_grid(6.6, 1.234, 8000);
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  // 6000 conversions later that is still less than a twentieth of a millisecond.
  EXPECT_NEAR(grid->period_ms, 6.6, 8e-6);
  EXPECT_NEAR(grid->phase_ms, 1.234, 0.02);
}

TEST(FindConversionGrid, SeesNoneWhereEveryReadingIsNew) {
  EXPECT_FALSE(find_conversion_grid(readings_of_grid(2.0, 0.3, 4000), 0.0, 1e9));
}

TEST(FindConversionGrid, ChanceEqualityOfCoarseReadingsIsNoGrid) {
  std::mt19937_64 random(5);
  Readings readings = readings_of_grid(2.0, 0.3, 4000);
  for (double& value : readings.value) value = static_cast<double>(random() % 3);
  EXPECT_FALSE(find_conversion_grid(readings, 0.0, 1e9));
}

TEST(ToConversions, KeepsOneReadingAConversionStampedWhenItCouldBeReadFirst) {
  Readings readings;
  readings.time_ms = {10.5, 14.0, 16.1, 23.0};
  readings.weight = {1.0, 1.0, 1.0, 1.0};
  readings.value = {1.0, 1.0, 2.0, 3.0};
  const Readings kept = to_conversions(readings, {6.0, 4.0, 0.2});
  // Instants at 4, 10, 16, 22; the reading at 16.1 is within the margin of one.
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_DOUBLE_EQ(kept.time_ms[0], 10.0);
  EXPECT_DOUBLE_EQ(kept.time_ms[1], 22.0);
  EXPECT_DOUBLE_EQ(kept.value[1], 3.0);
}

// A conversion every 10 ms, from 8.5 ± 2.5 ms on, each read twice, exactly: 1 and 6 ms, 11 and 16.
Readings read_twice(std::size_t count, double from_ms = 0.0) {
  Readings readings;
  for (std::size_t k = 0; k < count; ++k) {
    readings.time_ms.push_back(from_ms + 1.0 + 5.0 * static_cast<double>(k));
    readings.weight.push_back(1.0);
    readings.value.push_back(static_cast<double>(k / 2));
  }
  return readings;
}

TEST(FindConversionGrid, FortyEqualPairsAreEnough) {
  // The last three readings begin no pair.
  const auto grid = find_conversion_grid(read_twice(82), 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-4);
  EXPECT_NEAR(grid->phase_ms, 8.5, 1e-2);
  EXPECT_DOUBLE_EQ(grid->margin_ms, 0.01);
  EXPECT_FALSE(find_conversion_grid(read_twice(81), 0.0, 1e9));
}

TEST(FindConversionGrid, TimesMayBeBeforeTheFirstPass) {
  const auto grid = find_conversion_grid(read_twice(100, -2000.0), -1e9, 0.0);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-4);
  EXPECT_NEAR(grid->phase_ms, 8.5, 0.03);
}

TEST(FindConversionGrid, LooksAtReadingsWithinItsBoundsAlone) {
  const Readings readings = read_twice(200);
  const double begin = readings.time_ms[2];
  const double end = readings.time_ms[81];
  EXPECT_TRUE(find_conversion_grid(readings, begin, end));
  EXPECT_FALSE(find_conversion_grid(readings, begin + 0.001, end));
  EXPECT_FALSE(find_conversion_grid(readings, begin, end - 0.001));
}

TEST(FindConversionGrid, ThePhaseIsBetweenTheTightestBounds) {
  // The second conversion lies between 17 and 20.6 ms, and not only between 16 and 21.
  Readings readings = read_twice(402);
  readings.time_ms[3] += 1.0;
  readings.time_ms[4] -= 0.4;
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->phase_ms, 8.8, 0.02);
  EXPECT_DOUBLE_EQ(grid->margin_ms, 0.01);
}

TEST(FindConversionGrid, ContradictionsWidenTheMargin) {
  // By one pair of readings the conversion comes after 9.0 ms, by the next one before 8.7.
  Readings readings = read_twice(802);
  readings.time_ms[401] += 3.0;
  readings.time_ms[404] -= 2.3;
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->margin_ms, 0.31, 0.005);
}

TEST(FindConversionGrid, OneLateStampInAThousandDoesNotDecide) {
  Readings readings = read_twice(2200);
  readings.time_ms[1001] += 4.9;
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->phase_ms, 8.5, 0.01);
  readings = read_twice(2200);
  readings.time_ms[1002] -= 4.9;
  const auto early = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(early);
  EXPECT_NEAR(early->phase_ms, 8.5, 0.01);
}

// Of ten conversions, `same` equal the one two before: a reading equals the one three later then.
Readings swinging(std::size_t same) {
  Readings readings = read_twice(400);
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const std::size_t conversion = k / 2;
    const std::size_t at = conversion % 10;
    const std::size_t shown = at < same + 2 ? conversion - at + at % 2 : conversion;
    readings.value[k] = static_cast<double>(shown);
  }
  return readings;
}

TEST(FindConversionGrid, AsManyEqualReadingsThreeApartAreChance) {
  EXPECT_TRUE(find_conversion_grid(swinging(4), 0.0, 1e9)) << "0.5 of the pairs, and 0.2";
  EXPECT_FALSE(find_conversion_grid(swinging(6), 0.0, 1e9)) << "0.5 of the pairs, and 0.3";
}

TEST(FindConversionGrid, FindsAGridOfSeveralReadings) {
  const auto grid = find_conversion_grid(readings_of_grid(18.0, 1.5, 4000), 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 18.0, 1e-3);
  EXPECT_NEAR(grid->phase_ms, 1.5, 0.1);
}

// Middles that fill 0.77 of the period gather at no phase any more: sin(0.77 π) / (0.77 π) = 0.27.
TEST(FindConversionGrid, DoesNotTrustAGridOfMoreThanFourReadings) {
  EXPECT_FALSE(find_conversion_grid(readings_of_grid(22.0, 1.5, 4000), 0.0, 1e9));
}

TEST(FindConversionGrid, ReadingsRepeatedAtRandomShowNone) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform;
  Readings readings = readings_of_grid(2.0, 0.3, 4000);
  for (std::size_t k = 1; k < readings.size(); ++k) {
    if (uniform(random) < 0.3) readings.value[k] = readings.value[k - 1];
  }
  EXPECT_FALSE(find_conversion_grid(readings, 0.0, 1e9));
}

// A quarter of the equal pairs is chance, away from the phase of the others: what gathers is 0.57
// of all, and 0.9 of it would on a grid alone.
TEST(FindConversionGrid, TooManyEqualPairsBesideAGridHideIt) {
  std::mt19937_64 random(9);
  Readings readings = readings_of_grid(6.6, 1.234, 8000);
  double last = -1.0;
  double shown = 0.0;
  for (double& value : readings.value) {
    if (value != last) shown = static_cast<double>(random() % 8);
    last = value;
    value = shown;
  }
  EXPECT_FALSE(find_conversion_grid(readings, 0.0, 1e9));
}

TEST(ToConversions, TheMarginItselfIsFarEnough) {
  Readings readings;
  readings.channels = 2;
  readings.time_ms = {9.75, 10.25, 15.875, 16.125, 17.0, 18.0};
  readings.weight = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  readings.value = {1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0, 6.0, 60.0};
  const Readings kept = to_conversions(readings, {6.0, 4.0, 0.25});
  EXPECT_EQ(kept.channels, 2u);
  EXPECT_EQ(kept.time_ms, (std::vector<double>{4.0, 10.0, 16.0}));
  EXPECT_EQ(kept.weight, (std::vector<double>{1.0, 2.0, 5.0}));
  EXPECT_EQ(kept.value, (std::vector<double>{1.0, 10.0, 2.0, 20.0, 5.0, 50.0}));
}

TEST(ToConversions, AReadingJustBeforeTheNextInstantMayBeOfEither) {
  Readings readings;
  readings.time_ms = {15.875, 17.0};
  readings.weight = {1.0, 1.0};
  readings.value = {1.0, 2.0};
  const Readings kept = to_conversions(readings, {6.0, 4.0, 0.25});
  EXPECT_EQ(kept.time_ms, (std::vector<double>{16.0}));
  EXPECT_EQ(kept.value, (std::vector<double>{2.0}));
}

TEST(FindConversionGrid, FindsThePhaseWhereverItIs) {
  for (const double phase_ms : {0.3, 1.9, 3.4, 4.8, 6.2}) {
    const auto grid = find_conversion_grid(readings_of_grid(6.6, phase_ms, 2000), 0.0, 1e9);
    ASSERT_TRUE(grid) << phase_ms;
    EXPECT_NEAR(grid->period_ms, 6.6, 1e-4);
    EXPECT_NEAR(grid->phase_ms, phase_ms, 0.1);
  }
}

TEST(FindConversionGrid, AHundredPairsAreAsGoodAsFortyOrThousands) {
  const auto grid = find_conversion_grid(read_twice(200), 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-4);
}

// Every 25th conversion shows the value before it: the share of equal pairs is that of a grid of
// 6.9 ms.
TEST(FindConversionGrid, EqualConversionsMisleadTheFirstGuessAlone) {
  Readings readings = readings_of_grid(6.6, 1.234, 8000);
  for (double& value : readings.value) {
    if (std::fmod(value, 25.0) == 0.0) value -= 1.0;
  }
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 6.6, 8e-6);
  EXPECT_NEAR(grid->phase_ms, 1.234, 0.02);
}

// Every other of them is missing for a while half way, so that they are 10 ms apart there.
TEST(FindConversionGrid, MissingReadingsDoNotHideIt) {
  const Readings all = readings_of_grid(6.6, 1.234, 4000);
  Readings readings;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (k > 1900 && k < 2100 && k % 2 == 0) continue;
    readings.time_ms.push_back(all.time_ms[k]);
    readings.weight.push_back(1.0);
    readings.value.push_back(all.value[k]);
  }
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 6.6, 1e-4);
}

// Readings 5 ms apart to the last bit gather at one phase of 5 ms, all of them.
TEST(FindConversionGrid, TheReadingsOwnCadenceIsNoGrid) {
  Readings readings;
  for (int k = 0; k < 4000; ++k) {
    readings.time_ms.push_back(100.0 + 5.0 * k);
    readings.weight.push_back(1.0);
    readings.value.push_back(std::floor(readings.time_ms.back() / 6.6137));
  }
  const auto grid = find_conversion_grid(readings, 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 6.6137, 1e-3);
}

// A minute after the first pass: the period has to be known as well as the time is long.
TEST(FindConversionGrid, ThePhaseIsKnownLongAfterTheFirstPass) {
  const auto grid = find_conversion_grid(read_twice(800, 60000.0), 0.0, 1e9);
  ASSERT_TRUE(grid);
  EXPECT_NEAR(grid->period_ms, 10.0, 1e-4);
}

}  // namespace
}  // namespace layerwatt
