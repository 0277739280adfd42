#include "attribution/conversion_grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

}  // namespace
}  // namespace layerwatt
