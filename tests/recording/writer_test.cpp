#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "layerwatt/recording.hpp"
#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Manifest two_rails() {
  Manifest manifest;
  manifest.device_json = R"({"name":"bench","cores":6})";
  manifest.engine_json = R"({"name":"tensorrt"})";
  manifest.sensor.kind = "ina3221";
  manifest.sensor.scope = "module";
  manifest.sensor.rails = {{"VDD_IN", true}, {"VDD_SOC", false}};
  manifest.sensor.model.period_ms = 5.5;
  manifest.sensor.notes = "highest rank";
  manifest.layers = {{"conv1, \"relu\"", "Convolution", "INT8"},
                     {"two\nlines", std::nullopt, std::nullopt},
                     {"conv1, \"relu\"", "Convolution", "FP16"},
                     {"层 ☃", "Reformat", std::nullopt}};
  return manifest;
}

TEST(RecordingWriter, RoundTripIsExact) {
  TempDir dir;
  {
    RecordingWriter writer(dir / "new/run", two_rails());
    writer.iteration(1753900000000000001, 1753900000001000001,
                     std::vector<double>{0.1, 1.0 / 3.0, kNone, static_cast<double>(0.2F)});
    writer.sample(1753900000000500000, std::vector<double>{5000.25, kNone});
    writer.iteration(1753900000001000001, 1753900000002000000,
                     std::vector<double>{0.0, 1e-7, 0.25, 0.5});
    writer.sample(1753900000001500000, std::vector<double>{-0.5, 1e6});
    writer.incident({1753900000001600000, "gap", "8 ms, \"late\"\nagain"});
    writer.close("done");
  }
  const auto recording = load_recording(dir / "new/run");
  const auto& iterations = recording.iterations;
  EXPECT_THAT(iterations.layers,
              ElementsAre("conv1, \"relu\"", "two\nlines", "conv1, \"relu\"", "层 ☃"));
  EXPECT_THAT(iterations.start_ns, ElementsAre(1753900000000000001, 1753900000001000001));
  EXPECT_THAT(iterations.end_ns, ElementsAre(1753900000001000001, 1753900000002000000));
  EXPECT_THAT(iterations.row(0),
              ElementsAre(0.1, 1.0 / 3.0, testing::IsNan(), static_cast<double>(0.2F)));
  EXPECT_THAT(iterations.row(1), ElementsAre(0.0, 1e-7, 0.25, 0.5));
  EXPECT_THAT(recording.power.time_ns, ElementsAre(1753900000000500000, 1753900000001500000));
  EXPECT_THAT(recording.power.rail_mw, ElementsAre(5000.25, testing::IsNan(), -0.5, 1e6));
  ASSERT_EQ(recording.incidents.size(), 1U);
  EXPECT_EQ(recording.incidents[0].message, "8 ms, \"late\"\nagain");
  EXPECT_THAT(recording.warnings, IsEmpty());

  const Manifest& manifest = recording.manifest;
  EXPECT_EQ(nlohmann::json::parse(manifest.device_json),
            nlohmann::json::parse(R"({"name":"bench","cores":6})"));
  EXPECT_EQ(nlohmann::json::parse(manifest.engine_json)["name"], "tensorrt");
  EXPECT_EQ(manifest.sensor.kind, "ina3221");
  EXPECT_EQ(manifest.sensor.notes, "highest rank");
  EXPECT_EQ(manifest.sensor.model.period_ms, 5.5);
  EXPECT_EQ(manifest.sensor.model.latency_ms, std::nullopt);
  EXPECT_EQ(manifest.sensor.rails[1].in_total, false);
  EXPECT_EQ(manifest.layers[2].precision, "FP16");
  EXPECT_EQ(manifest.layers[1].type, std::nullopt);
  EXPECT_EQ(manifest.stopped, "done");
  EXPECT_THAT(manifest.created, testing::MatchesRegex("....-..-..T..:..:..Z"));
}

TEST(RecordingWriter, ManifestSaysWhatTheContractNames) {
  TempDir dir;
  RecordingWriter writer(dir.path(), two_rails());
  const auto manifest = nlohmann::json::parse(dir.read("manifest.json"));
  EXPECT_EQ(manifest["format"], "layerwatt-recording");
  EXPECT_EQ(manifest["version"], 1);
  EXPECT_EQ(manifest["clock"], "unix_ns");
  EXPECT_EQ(manifest["sensor"]["period_ms"], 5.5);
  EXPECT_TRUE(manifest["sensor"]["window_ms"].is_null());  // unknown, not 0
  EXPECT_EQ(manifest["sensor"]["reading"], "power");
  EXPECT_EQ(manifest["sensor"]["measured"], true);
  EXPECT_EQ(manifest["sensor"]["rails"][1]["name"], "VDD_SOC");
  EXPECT_EQ(manifest["sensor"]["rails"][1]["in_total"], false);
  EXPECT_EQ(manifest["layers"][0]["type"], "Convolution");
  EXPECT_TRUE(manifest.at("stopped").is_null());  // it is not finished
  writer.close("interrupted");
  EXPECT_EQ(nlohmann::json::parse(dir.read("manifest.json"))["stopped"], "interrupted");
}

TEST(RecordingWriter, KeepsCountersAsTheyAre) {
  TempDir dir;
  auto manifest = two_rails();
  manifest.sensor.reading = Reading::energy;
  RecordingWriter writer(dir.path(), manifest);
  writer.iteration(0, 2000000, std::vector<double>{1, kNone, kNone, kNone});
  writer.sample(0, std::vector<double>{10, 1});
  writer.sample(1000000, std::vector<double>{15, 2});
  writer.close("done");
  EXPECT_EQ(dir.read("energy.csv"), "time_ns,VDD_IN,VDD_SOC\n0,10,1\n1000000,15,2\n");
  EXPECT_THAT(load_recording(dir.path()).power.rail_mw, ElementsAre(5000, 1000));
}

TEST(RecordingWriter, KeepsTegrastatsLines) {
  TempDir dir;
  auto manifest = two_rails();
  manifest.sensor.format = PowerFormat::tegrastats;
  RecordingWriter writer(dir.path(), manifest);
  writer.iteration(1753900000000000000, 1753900001000000000, std::vector<double>(4, 1.0));
  writer.line(1753900000000000042, "RAM 1/2MB (lfb 1x4MB) VDD_IN 5/5\nVDD_SOC 1/1");
  writer.line(1753900001000000000, "RAM 1/2MB (lfb 1x4MB) VDD_IN 6/5 VDD_SOC 2/1");
  error_of([&] { writer.sample(1, std::vector<double>{1, 2}); }, ErrorKind::usage);
  writer.close("done");
  EXPECT_EQ(dir.read("power.tegrastats"),
            "1753900000.000000042::RAM 1/2MB (lfb 1x4MB) VDD_IN 5/5 VDD_SOC 1/1\n"
            "1753900001.000000000::RAM 1/2MB (lfb 1x4MB) VDD_IN 6/5 VDD_SOC 2/1\n");
  const auto recording = load_recording(dir.path());
  EXPECT_THAT(recording.power.time_ns, ElementsAre(1753900000000000042, 1753900001000000000));
  EXPECT_THAT(recording.power.rail_mw, ElementsAre(5, 1, 6, 2));
}

TEST(RecordingWriter, LeavesOutWhatTheLoaderWouldRefuse) {
  TempDir dir;
  RecordingWriter writer(dir.path(), two_rails());
  const std::vector<double> ones(4, 1.0);
  writer.iteration(10000000, 20000000, ones);
  writer.iteration(19000000, 30000000, ones);  // overlaps
  writer.iteration(30000000, 29000000, ones);  // ends before it starts
  writer.iteration(20000000, 30000000,
                   std::vector<double>{-1.0, std::numeric_limits<double>::infinity(), 1.0, kNone});
  writer.sample(15000000, std::vector<double>{1, 2});
  writer.sample(15000000, std::vector<double>{3, 4});
  writer.sample(14000000, std::vector<double>{3, 4});
  writer.sample(25000000, std::vector<double>{std::numeric_limits<double>::infinity(), 4});
  writer.close("done");
  const auto recording = load_recording(dir.path());
  EXPECT_THAT(recording.iterations.start_ns, ElementsAre(10000000, 20000000));
  EXPECT_THAT(recording.iterations.row(1),
              ElementsAre(testing::IsNan(), testing::IsNan(), 1.0, testing::IsNan()));
  EXPECT_THAT(recording.power.time_ns, ElementsAre(15000000, 25000000));
  EXPECT_TRUE(std::isnan(recording.power.row(1)[0]));
  std::vector<std::string> told;
  for (const auto& incident : recording.incidents) told.push_back(incident.code);
  EXPECT_THAT(told, ElementsAre("iteration_out_of_order", "bad_layer_time", "sample_out_of_order",
                                "bad_reading"));
}

TEST(RecordingWriter, ChecksTheNumberOfValues) {
  TempDir dir;
  RecordingWriter writer(dir.path(), two_rails());
  EXPECT_THAT(
      error_of([&] { writer.iteration(0, 1, std::vector<double>(3)); }, ErrorKind::usage).problem(),
      HasSubstr("3 layer times for 4 layers"));
  EXPECT_THAT(
      error_of([&] { writer.sample(0, std::vector<double>(3)); }, ErrorKind::usage).problem(),
      HasSubstr("3 readings for 2 rails"));
  error_of([&] { writer.line(0, "RAM"); }, ErrorKind::usage);
}

TEST(RecordingWriter, RefusesADirectoryThatHoldsARecording) {
  for (const auto* taken : {"manifest.json", "iterations.csv", "power.csv", "energy.csv",
                            "power.tegrastats", "incidents.csv"}) {
    TempDir dir;
    dir.write(taken, "mine");
    const auto error =
        error_of([&] { RecordingWriter(dir.path(), two_rails()); }, ErrorKind::usage);
    EXPECT_THAT(error.problem(), HasSubstr("already holds a recording"));
    EXPECT_THAT(error.hint(), HasSubstr("choose a new directory"));
    EXPECT_EQ(dir.read(taken), "mine");
  }
}

TEST(RecordingWriter, DoesNotWriteThroughALink) {
  TempDir dir;
  TempDir elsewhere;
  std::filesystem::create_symlink(elsewhere / "victim", dir / "power.csv");  // dangling
  error_of([&] { RecordingWriter(dir.path(), two_rails()); }, ErrorKind::usage);
  EXPECT_FALSE(std::filesystem::exists(elsewhere / "victim"));
}

TEST(RecordingWriter, LeavesNothingBehindWhenItCannotStart) {
  TempDir dir;
  auto manifest = two_rails();
  manifest.device_json = "[1]";
  error_of([&] { RecordingWriter(dir.path(), manifest); }, ErrorKind::usage);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  // A file where the directory should be.
  dir.write("file", "");
  error_of([&] { RecordingWriter(dir / "file", two_rails()); }, ErrorKind::io);
}

TEST(RecordingWriter, TakesTimesAndReadingsFromTwoThreads) {
  TempDir dir;
  constexpr std::int64_t kRows = 20000;
  {
    RecordingWriter writer(dir.path(), two_rails());
    std::thread sampler([&] {
      for (std::int64_t i = 0; i < kRows; ++i) {
        writer.sample(i * 1000, std::vector<double>{static_cast<double>(i), 1.5});
        if (i % 1000 == 0) writer.incident({i * 1000, "tick", "from the sampler"});
      }
    });
    for (std::int64_t i = 0; i < kRows; ++i) {
      writer.iteration(i * 1000, i * 1000 + 900, std::vector<double>(4, 0.0002));
      if (i % 1000 == 0) writer.incident({i * 1000, "tock", "from the engine"});
    }
    sampler.join();
    writer.close("done");
  }
  const auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.iterations.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(recording.power.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(recording.power.row(kRows - 1)[0], static_cast<double>(kRows - 1));
  EXPECT_EQ(recording.incidents.size(), 2U * kRows / 1000U);
}

}  // namespace
}  // namespace layerwatt::recording
