#include "recording/idle_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"
#include "temp_dir.hpp"

namespace layerwatt {
namespace {

using recording::TempDir;
using testing::HasSubstr;

Manifest one_layer() {
  Manifest manifest;
  manifest.sensor.kind = "test";
  manifest.sensor.rails = {{"BOARD", true}};
  manifest.layers = {{"conv", {}, {}}};
  return manifest;
}

std::filesystem::path written(const TempDir& temp, const std::string& idle) {
  const auto directory = temp.path() / "recording";
  RecordingWriter writer(directory, one_layer());
  writer.iteration(1000, 1020, std::vector<double>{1e-6});
  writer.sample(1010, std::vector<double>{5.0});
  writer.close("done");
  temp.write("recording/idle.csv", idle);
  return directory;
}

std::string error_of(const std::filesystem::path& directory) {
  try {
    load_recording(directory);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(IdleCsv, WhatIsWrittenIsRead) {
  const TempDir temp;
  const auto directory = temp.path() / "recording";
  {
    RecordingWriter writer(directory, one_layer());
    writer.idle({100, 300, 900});
    writer.iteration(1000, 1020, std::vector<double>{1e-6});
    writer.sample(1010, std::vector<double>{5.0});
    writer.idle({1100, 1100, 1900});
    writer.close("done");
  }
  const Recording read = load_recording(directory);
  ASSERT_EQ(read.idle.size(), 2u);
  EXPECT_EQ(read.idle[0].start_ns, 100);
  EXPECT_EQ(read.idle[0].settled_ns, 300);
  EXPECT_EQ(read.idle[0].end_ns, 900);
  EXPECT_EQ(read.idle[1].start_ns, 1100);
  EXPECT_EQ(read.idle[1].end_ns, 1900);
}

TEST(IdleCsv, WithoutTheFileThereIsNone) {
  const TempDir temp;
  const auto directory = written(temp, recording::idle_header());
  EXPECT_TRUE(load_recording(directory).idle.empty());
  std::filesystem::remove(directory / "idle.csv");
  EXPECT_TRUE(load_recording(directory).idle.empty());
}

TEST(IdleCsv, WindowsOutOfOrderAreRefusedWithTheirLine) {
  const TempDir temp;
  EXPECT_THAT(error_of(written(temp, "start_ns,settled_ns,end_ns\n100,50,200\n")),
              HasSubstr("idle.csv:2"));
  const TempDir other;
  EXPECT_THAT(error_of(written(other, "start_ns,settled_ns,end_ns\n100,150,200\n190,200,300\n")),
              HasSubstr("idle.csv:3"));
}

}  // namespace
}  // namespace layerwatt
