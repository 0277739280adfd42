#include "recording/excitation_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layerwatt/error.hpp"
#include "temp_dir.hpp"

namespace layerwatt {
namespace {

using recording::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

Manifest two_layers() {
  Manifest manifest;
  manifest.sensor.kind = "test";
  manifest.sensor.rails = {{"BOARD", true}};
  manifest.layers = {{"conv, \"1\"", {}, {}}, {"passes", {}, {}}};
  return manifest;
}

ExcitationWindow window(std::int64_t start_ns, std::vector<std::uint32_t> extra) {
  ExcitationWindow made;
  made.start_ns = start_ns;
  made.settled_ns = start_ns + 300;
  made.end_ns = start_ns + 1000;
  made.round = 1;
  made.passes = 7;
  made.extra = std::move(extra);
  return made;
}

TEST(ExcitationCsv, WhatIsWrittenIsRead) {
  const TempDir temp;
  const auto directory = temp.path() / "recording";
  {
    RecordingWriter writer(directory, two_layers());
    writer.iteration(10, 20, std::vector<double>{1e-6, 2e-6});
    writer.sample(15, std::vector<double>{5.0});
    writer.excitation(window(100, {0, 0, 0}));
    ExcitationWindow excited = window(1100, {3, 0, 1});
    excited.clock_mhz = 1980.5;
    writer.excitation(excited);
    writer.close("done");
  }
  const Recording read = load_recording(directory);
  ASSERT_EQ(read.excitation.size(), 2u);
  EXPECT_TRUE(read.excitation[0].plain());
  EXPECT_TRUE(std::isnan(read.excitation[0].clock_mhz));
  const ExcitationWindow& second = read.excitation[1];
  EXPECT_FALSE(second.plain());
  EXPECT_EQ(second.start_ns, 1100);
  EXPECT_EQ(second.settled_ns, 1400);
  EXPECT_EQ(second.end_ns, 2100);
  EXPECT_EQ(second.round, 1u);
  EXPECT_EQ(second.passes, 7u);
  EXPECT_EQ(second.clock_mhz, 1980.5);
  EXPECT_THAT(second.extra, ElementsAre(3u, 0u, 1u));
}

TEST(ExcitationCsv, FlushBringsTheWindowsToTheDisk) {
  const TempDir temp;
  const auto directory = temp.path() / "recording";
  RecordingWriter writer(directory, two_layers());
  writer.iteration(10, 20, std::vector<double>{1e-6, 2e-6});
  writer.sample(15, std::vector<double>{5.0});
  writer.excitation(window(100, {0, 0, 0}));
  writer.flush();
  EXPECT_EQ(load_recording(directory).excitation.size(), 1u);
}

TEST(ExcitationCsv, CountsThatDoNotFitTheLayersAreRefused) {
  const TempDir temp;
  RecordingWriter writer(temp.path() / "recording", two_layers());
  EXPECT_THROW(writer.excitation(window(100, {0, 0})), Error);
}

std::string why_refused(const std::string& rows) {
  const TempDir temp;
  const auto path = temp.write("excitation.csv",
                               "start_ns,settled_ns,end_ns,round,passes,clock_mhz,a,out\n" + rows);
  recording::BlockReader reader(path);
  try {
    recording::read_excitation(reader, recording::LastRow::drop, 1);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
  return "";
}

TEST(ExcitationCsv, BadRowsAreRefusedByFileAndLine) {
  EXPECT_EQ(why_refused("0,1,2,1,5,,0,0\n"), "");
  EXPECT_THAT(why_refused("0,3,2,1,5,,0,0\n"), HasSubstr("excitation.csv:2: a window starts"));
  EXPECT_THAT(why_refused("0,1,2,1,5,,0,0\n1,2,3,1,5,,0,0\n"), HasSubstr(":3: the window begins"));
  EXPECT_THAT(why_refused("0,1,2,1,0,,0,0\n"), HasSubstr("without a pass"));
  EXPECT_THAT(why_refused("0,1,2,1,5,,1.5,0\n"), HasSubstr("1.5 is not a count"));
  EXPECT_THAT(why_refused("0,1,2,1,5,,-1,0\n"), HasSubstr("-1 is not a count"));
  EXPECT_THAT(why_refused("0,1,2,1,5,,,0\n"), HasSubstr("is not a count"));
}

TEST(ExcitationCsv, ALayerTooManyIsRefused) {
  const TempDir temp;
  const auto path =
      temp.write("excitation.csv", "start_ns,settled_ns,end_ns,round,passes,clock_mhz,a,out\n");
  recording::BlockReader reader(path);
  EXPECT_THROW(recording::read_excitation(reader, recording::LastRow::drop, 2), Error);
}

}  // namespace
}  // namespace layerwatt
