#include "recording/tegrastats_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsNan;

Readings read(std::string_view text, LastRow last_row = LastRow::drop) {
  TempDir dir;
  BlockReader reader(dir.write("log", text));
  return read_tegrastats_log(reader, last_row);
}

const std::string kRam = "RAM 1/2MB (lfb 1x4MB) ";

TEST(TegrastatsLog, ReadsTheCurrentValueOfEveryRail) {
  const auto readings =
      read("1753900000.000000042::" + kRam + "VDD_IN 5000mW/4000mW VDD_SOC 7/9\n" +
           "1753900000.5::" + kRam + "VDD_IN 5001mW/4000mW VDD_SOC 8/9\r\n");
  EXPECT_THAT(readings.rails, ElementsAre("VDD_IN", "VDD_SOC"));
  EXPECT_THAT(readings.time_ns, ElementsAre(1753900000000000042, 1753900000500000000));
  EXPECT_THAT(readings.values, ElementsAre(5000, 7, 5001, 8));
}

TEST(TegrastatsLog, RailsMayComeAndGo) {
  const auto readings =
      read("1::" + kRam + "A 1/1\n2::" + kRam + "A 2/1 B 3/1\n3::" + kRam + "B 4/1\n");
  EXPECT_THAT(readings.rails, ElementsAre("A", "B"));
  EXPECT_THAT(readings.values, ElementsAre(1, IsNan(), 2, 3, IsNan(), 4));
}

TEST(TegrastatsLog, ARepeatedNameIsTwoRails) {
  const auto readings = read("1::" + kRam + "NC 1mW/1mW NC 2mW/2mW\n");
  EXPECT_THAT(readings.rails, ElementsAre("NC", "NC"));
  EXPECT_THAT(readings.values, ElementsAre(1, 2));
}

TEST(TegrastatsLog, ClocksAndTemperaturesAreSignalsWhereTheyChange) {
  const std::string a = "CPU [1%@1500,off,2%@1728] GR3D_FREQ 9%@[305,611] tj@48.5C A 1/1\n";
  const std::string b = "CPU [1%@1500,off,2%@1728] GR3D_FREQ 9%@[918,918] tj@48.5C A 1/1\n";
  const auto readings = read("1::" + kRam + a + "2::" + kRam + a + "3::" + kRam + b);
  ASSERT_EQ(readings.signals.size(), 3U);
  EXPECT_EQ(readings.signals[0].name, "GR3D_FREQ clock");
  EXPECT_EQ(readings.signals[0].unit, "MHz");
  EXPECT_THAT(readings.signals[0].time_ns, ElementsAre(1'000'000'000, 3'000'000'000));
  EXPECT_THAT(readings.signals[0].values, ElementsAre(611, 918)) << "of clusters, the fastest";
  EXPECT_EQ(readings.signals[1].name, "CPU clock");
  EXPECT_THAT(readings.signals[1].values, ElementsAre(1728));
  EXPECT_EQ(readings.signals[2].name, "tj temperature");
  EXPECT_THAT(readings.signals[2].values, ElementsAre(48.5));
}

TEST(TegrastatsLog, CountsLinesItCannotRead) {
  const auto readings =
      read("1::" + kRam + "A 1/1\n\n1.5::Unknown command: --count\nnoise\n2::" + kRam + "A 2/1\n");
  EXPECT_THAT(readings.values, ElementsAre(1, 2));
  EXPECT_EQ(readings.unreadable_lines, 2U);
  EXPECT_THAT(readings.first_unreadable, HasSubstr("line 3"));
}

TEST(TegrastatsLog, KeepsTheFirstLineOfAStamp) {
  const auto readings = read("1::" + kRam + "A 1/1\n1::" + kRam + "A 2/1\n2::" + kRam + "A 3/1\n");
  EXPECT_THAT(readings.values, ElementsAre(1, 3));
  EXPECT_EQ(readings.repeated_stamps, 1U);
}

TEST(TegrastatsLog, DropsACutLine) {
  const auto text = "1::" + kRam + "A 1/1\n2::" + kRam + "A 222/1";
  auto readings = read(text);
  EXPECT_THAT(readings.time_ns, ElementsAre(1000000000));
  EXPECT_TRUE(readings.truncated);
  readings = read(text, LastRow::accept_if_whole);
  EXPECT_THAT(readings.values, ElementsAre(1, 222));
  EXPECT_FALSE(readings.truncated);
  readings = read("1::" + kRam + "A 1/1\n2::" + kRam + "A 222/", LastRow::accept_if_whole);
  EXPECT_THAT(readings.values, ElementsAre(1));
  EXPECT_TRUE(readings.truncated);
}

TEST(TegrastatsLog, NeedsStampsThatDoNotGoBack) {
  auto error =
      error_of([] { read("1::" + kRam + "A 1/1\n" + kRam + "A 1/1\n"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.where(), EndsWith("log:2"));
  EXPECT_THAT(error.problem(), HasSubstr("no time stamp"));
  error =
      error_of([] { read("2::" + kRam + "A 1/1\n1::" + kRam + "A 1/1\n"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("before the line above it"));
}

TEST(TegrastatsLog, SaysWhenThereIsNoRailAtAll) {
  EXPECT_THAT(error_of([] { read("1::" + kRam + "CPU@40C\n"); }, ErrorKind::bad_input).hint(),
              HasSubstr("sudo"));
  EXPECT_THAT(error_of([] { read("hello\n"); }, ErrorKind::bad_input).problem(),
              HasSubstr("no line is one of tegrastats"));
  EXPECT_THAT(read("").time_ns, IsEmpty());
}

TEST(TegrastatsLog, ALineOfNonsenseRailsCostsNoMemory) {
  std::string line = "1::" + kRam;
  for (int i = 0; i < 1000; ++i) line += "R" + std::to_string(i) + " 1/1 ";
  const auto readings = read("0.5::" + kRam + "A 1/1\n" + line + "\n");
  EXPECT_EQ(readings.unreadable_lines, 1U);
  EXPECT_LE(readings.rails.size(), 64U);
  EXPECT_EQ(readings.time_ns.size(), 1U);
}

}  // namespace
}  // namespace layerwatt::recording
