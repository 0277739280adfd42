#include "recording/power_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsNan;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Readings read(std::string_view text) {
  TempDir dir;
  BlockReader reader(dir.write("power.csv", text));
  return read_power_csv(reader, LastRow::drop);
}

TEST(ReadPowerCsv, KeepsReadingsAsTheyAre) {
  const auto readings = read("time_ns,A,B\n1,5000,-2\n3,,4.5\n");
  EXPECT_THAT(readings.rails, ElementsAre("A", "B"));
  EXPECT_THAT(readings.time_ns, ElementsAre(1, 3));
  EXPECT_THAT(readings.values, ElementsAre(5000, -2, IsNan(), 4.5));
}

TEST(ReadPowerCsv, KeepsTheFirstReadingOfAStamp) {
  const auto readings = read("time_ns,A,B\n1,1,2\n1,3,4\n2,5,6\n2,7,8\n2,9,10\n3,11,12\n");
  EXPECT_THAT(readings.time_ns, ElementsAre(1, 2, 3));
  EXPECT_THAT(readings.values, ElementsAre(1, 2, 5, 6, 11, 12));
  EXPECT_EQ(readings.repeated_stamps, 3U);
}

TEST(ReadPowerCsv, RefusesTimeThatGoesBack) {
  const auto error = error_of([] { read("time_ns,A\n5,1\n4,1\n"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.where(), EndsWith("power.csv:3"));
  EXPECT_THAT(error.problem(), HasSubstr("time_ns 4 is before the row above it (5)"));
}

TEST(PowerFromEnergy, IsTheMeanBetweenTwoReadings) {
  // 5 mJ in 1 ms is 5 W; 3 mJ in 2 ms is 1.5 W.
  const std::int64_t times[] = {0, 1000000, 3000000};
  const double mj[] = {100, 105, 108};
  const auto power = power_from_energy(times, mj, 1);
  EXPECT_THAT(power.begin_ns, ElementsAre(0, 1000000));
  EXPECT_THAT(power.end_ns, ElementsAre(1000000, 3000000));
  EXPECT_THAT(power.mw, ElementsAre(5000, 1500));
  EXPECT_EQ(power.dropped_resets, 0U);
}

TEST(PowerFromEnergy, DropsTheIntervalOfAReset) {
  const std::int64_t times[] = {0, 1000000, 2000000, 3000000};
  const double mj[] = {100, 1, 105, 2, /* B starts anew */ 110, 0.5, 115, 1.5};
  const auto power = power_from_energy(times, mj, 2);
  EXPECT_THAT(power.begin_ns, ElementsAre(0, 2000000));
  EXPECT_THAT(power.end_ns, ElementsAre(1000000, 3000000));
  EXPECT_THAT(power.mw, ElementsAre(5000, 1000, 5000, 1000));
  EXPECT_EQ(power.dropped_resets, 1U);
}

TEST(PowerFromEnergy, AMissingReadingMakesItsRailUnknownOnBothSides) {
  const std::int64_t times[] = {0, 1000000, 2000000, 3000000};
  const double mj[] = {0, 0, 1, kNone, 2, 2, 3, 3};
  EXPECT_THAT(power_from_energy(times, mj, 2).mw,
              ElementsAre(1000, IsNan(), 1000, IsNan(), 1000, 1000));
}

TEST(PowerFromEnergy, PassesOverAReadingOfNothing) {
  const std::int64_t times[] = {0, 1000000, 2000000};
  const double mj[] = {0, kNone, 8};
  const auto power = power_from_energy(times, mj, 1);
  EXPECT_THAT(power.begin_ns, ElementsAre(0));
  EXPECT_THAT(power.end_ns, ElementsAre(2000000));
  EXPECT_THAT(power.mw, ElementsAre(4000));
}

TEST(PowerFromEnergy, NeedsTwoReadings) {
  const std::int64_t times[] = {0};
  const double mj[] = {7};
  EXPECT_THAT(power_from_energy(times, mj, 1).mw, IsEmpty());
  EXPECT_THAT(power_from_energy({}, {}, 1).mw, IsEmpty());
}

TEST(LooksCumulative, OnlyWhenEveryRailAlwaysGrows) {
  std::string growing = "time_ns,A,B\n";
  for (int i = 0; i < 10; ++i) {
    growing += std::to_string(i) + "," + std::to_string(100 + i) + "," + std::to_string(i) + ".5\n";
  }
  EXPECT_TRUE(looks_cumulative(read(growing)));
  EXPECT_FALSE(looks_cumulative(read(growing + "10,109,20\n")));  // A stands still
  EXPECT_FALSE(looks_cumulative(read(growing + "10,,20\n")));
  EXPECT_FALSE(looks_cumulative(read("time_ns,A\n1,1\n2,2\n")));  // too few to say
}

}  // namespace
}  // namespace layerwatt::recording
