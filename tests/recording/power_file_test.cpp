#include "recording/power_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PowerFormat guess(std::string_view name, std::string_view text) {
  TempDir dir;
  BlockReader reader(dir.write(name, text));
  return guess_power_format(reader);
}

TEST(GuessPowerFormat, GoesByContentThenByName) {
  EXPECT_EQ(guess("x", "time_ns,A\n"), PowerFormat::power_csv);
  EXPECT_EQ(guess("power.tegrastats", "\"time_ns\",A::B\n"), PowerFormat::power_csv);
  EXPECT_EQ(guess("energy.csv", "time_ns,A\n"), PowerFormat::energy_csv);
  EXPECT_EQ(guess("energy.csv", "1.5::RAM 1/2MB\n"), PowerFormat::tegrastats);
  EXPECT_EQ(guess("x", "01-01-2026 00:00:00 RAM 1/2MB\n"), PowerFormat::tegrastats);
  EXPECT_EQ(guess("x", ""), PowerFormat::power_csv);
}

TEST(ReadPowerFile, WarnsOfCountersInPowerCsv) {
  TempDir dir;
  std::string text = "time_ns,A\n";
  for (int i = 0; i < 12; ++i) text += std::to_string(i) + "," + std::to_string(i * 5) + "\n";
  ReadManifest read;
  std::vector<Warning> warnings;
  BlockReader reader(dir.write("power.csv", text));
  read_power_file(reader, read, LastRow::drop, warnings);
  EXPECT_THAT(codes(warnings), ElementsAre("looks_cumulative"));
}

// 120 readings, 25 ms apart, of which `different` differ from the others.
std::vector<std::string> codes_of_steady(const std::string& name, int different, int cells = 1) {
  TempDir dir;
  std::string text = cells == 1 ? "time_ns,A\n" : "time_ns,A,B\n";
  for (int i = 0; i < 120; ++i) {
    text += std::to_string(i * 25'000'000LL) + "," + (i < different ? "5001" : "5000");
    if (cells == 2) text += i % 2 == 0 ? "," : ",7";
    text += "\n";
  }
  ReadManifest read;
  if (name == "energy.csv") read.manifest.sensor.format = PowerFormat::energy_csv;
  std::vector<Warning> warnings;
  BlockReader reader(dir.write(name, text));
  read_power_file(reader, read, LastRow::drop, warnings);
  return codes(warnings);
}

TEST(ReadPowerFile, AMonitorThatHangsIsTold) {
  EXPECT_THAT(codes_of_steady("power.csv", 0), ElementsAre("power_never_changes"));
  EXPECT_THAT(codes_of_steady("energy.csv", 0), ElementsAre("power_never_changes"));
  EXPECT_THAT(codes_of_steady("power.csv", 1), IsEmpty()) << "it moved once";
  EXPECT_THAT(codes_of_steady("power.csv", 0, 2), Not(Contains("power_never_changes")))
      << "a rail that comes and goes";
}

TEST(ReadPowerFile, SaysHowManyCounterResetsThereWere) {
  TempDir dir;
  ReadManifest read;
  read.manifest.sensor.format = PowerFormat::energy_csv;
  std::vector<Warning> warnings;
  BlockReader reader(dir.write("energy.csv", "time_ns,A\n0,5\n1000000,6\n2000000,1\n3000000,3\n"));
  const auto power = read_power_file(reader, read, LastRow::drop, warnings);
  EXPECT_THAT(power.rail_mw, ElementsAre(1000, 2000));
  EXPECT_THAT(codes(warnings), ElementsAre("counter_reset"));
  EXPECT_THAT(warnings[0].message, HasSubstr("1 times"));
}

TEST(ReadPowerFile, OneReadingOfACounterIsNone) {
  TempDir dir;
  ReadManifest read;
  read.manifest.sensor.format = PowerFormat::energy_csv;
  std::vector<Warning> warnings;
  BlockReader reader(dir.write("energy.csv", "time_ns,A\n0,5\n"));
  EXPECT_THAT(error_of([&] { read_power_file(reader, read, LastRow::drop, warnings); },
                       ErrorKind::bad_input)
                  .problem(),
              HasSubstr("no two readings"));
}

std::vector<Warning> coverage(std::int64_t run_begin, std::int64_t run_end,
                              std::vector<std::int64_t> times,
                              std::vector<std::int64_t> begins = {}) {
  Iterations iterations;
  iterations.start_ns = {run_begin};
  iterations.end_ns = {run_end};
  PowerSamples power;
  power.time_ns = std::move(times);
  power.begin_ns = std::move(begins);
  std::vector<Warning> warnings;
  check_coverage(iterations, power, "power.csv", warnings);
  return warnings;
}

TEST(CheckCoverage, AThousandthOfTheRunIsNotWorthAWord) {
  std::vector<std::int64_t> times;
  for (std::int64_t t = 1; t < 100'000; ++t) times.push_back(1000 * t);
  EXPECT_THAT(coverage(0, 100'050'000, times), IsEmpty());
  EXPECT_THAT(codes(coverage(0, 101'000'000, times)), ElementsAre("power_does_not_cover"));
}

TEST(CheckCoverage, AllowsASensorItsSpacing) {
  EXPECT_THAT(coverage(0, 1000, {10, 110, 210, 310, 410, 510, 610, 710, 810, 910}), IsEmpty());
  EXPECT_THAT(codes(coverage(0, 1000, {0, 100, 200, 300})), ElementsAre("power_does_not_cover"));
  EXPECT_THAT(codes(coverage(0, 1000, {700, 800, 900})), ElementsAre("power_does_not_cover"));
  EXPECT_THAT(
      coverage(0, 3'000'000'000, {2'000'000'000, 2'500'000'000, 3'000'000'000}).at(0).message,
      HasSubstr("no power reading in the first 2000.0 ms of 3000.0 ms"));
}

TEST(CheckCoverage, RefusesTwoRunsOfDifferentTimes) {
  error_of([] { coverage(1000, 2000, {0, 999}); }, ErrorKind::bad_input);
  error_of([] { coverage(1000, 2000, {2001, 3000}); }, ErrorKind::bad_input);
  EXPECT_THAT(coverage(1000, 2000, {0, 1000}), IsEmpty());  // they touch
  // A counter's first interval begins before its stamp.
  EXPECT_THAT(coverage(1000, 2000, {2500}, {1500}), IsEmpty());
}

}  // namespace
}  // namespace layerwatt::recording
