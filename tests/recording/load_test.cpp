#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layerwatt/recording.hpp"
#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kManifest = R"({"format": "layerwatt-recording", "version": 1,
  "sensor": {"kind": "ina3221", "scope": "module", "period_ms": 5, "window_ms": null,
             "rails": [{"name": "VDD_IN", "in_total": true}, {"name": "VDD_SOC", "in_total": false}]},
  "stopped": "done"})";
constexpr const char* kIterations =
    "start_ns,end_ns,conv,fc\n"
    "1000000,2000000,0.25,0.5\n"
    "2000000,3000000,0.25,\n";
constexpr const char* kPower =
    "time_ns,VDD_IN,VDD_SOC\n"
    "1000000,5000,1000\n"
    "2000000,6000,\n"
    "3000000,,1200\n";

TempDir& fill(TempDir& dir) {
  dir.write("manifest.json", kManifest);
  dir.write("iterations.csv", kIterations);
  dir.write("power.csv", kPower);
  return dir;
}

TEST(LoadRecording, ReadsADirectory) {
  TempDir dir;
  const auto recording = load_recording(fill(dir).path());
  EXPECT_THAT(recording.iterations.layers, ElementsAre("conv", "fc"));
  EXPECT_THAT(recording.iterations.start_ns, ElementsAre(1000000, 2000000));
  EXPECT_THAT(recording.iterations.end_ns, ElementsAre(2000000, 3000000));
  EXPECT_EQ(recording.iterations.row(0)[1], 0.5);
  EXPECT_TRUE(std::isnan(recording.iterations.row(1)[1]));  // missing is never zero
  EXPECT_EQ(recording.power.reading, Reading::power);
  EXPECT_THAT(recording.power.begin_ns, IsEmpty());
  EXPECT_EQ(recording.power.total_mw(0), 5000.0);  // VDD_SOC is part of VDD_IN
  EXPECT_EQ(recording.power.total_mw(1), 6000.0);
  EXPECT_TRUE(std::isnan(recording.power.total_mw(2)));  // never a partial sum
  EXPECT_EQ(recording.manifest.sensor.scope, "module");
  EXPECT_EQ(recording.manifest.sensor.model.period_ms, 5.0);
  EXPECT_EQ(recording.manifest.sensor.model.window_ms, std::nullopt);
  EXPECT_EQ(recording.manifest.stopped, "done");
  EXPECT_EQ(recording.manifest.layers.at(1).name, "fc");
  EXPECT_THAT(recording.warnings, IsEmpty());
}

TEST(LoadRecording, TakesDifferencesOfCounters) {
  TempDir dir;
  fill(dir);
  std::filesystem::remove(dir / "power.csv");
  dir.write("energy.csv", "time_ns,VDD_IN,VDD_SOC\n1000000,10,1\n2000000,15,2\n3000000,22,2.5\n");
  const auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.power.reading, Reading::energy);
  EXPECT_EQ(recording.manifest.sensor.reading, Reading::energy);
  EXPECT_EQ(recording.manifest.sensor.format, PowerFormat::energy_csv);
  EXPECT_THAT(recording.power.begin_ns, ElementsAre(1000000, 2000000));
  EXPECT_THAT(recording.power.time_ns, ElementsAre(2000000, 3000000));
  EXPECT_THAT(recording.power.rail_mw, ElementsAre(5000, 1000, 7000, 500));
}

TEST(LoadRecording, ReadsTegrastatsLines) {
  TempDir dir;
  fill(dir);
  std::filesystem::remove(dir / "power.csv");
  dir.write("power.tegrastats",
            "0.001000000::RAM 1/2MB (lfb 1x4MB) VDD_IN 5000mW/5000mW VDD_SOC 1000mW/1000mW\n"
            "0.002::RAM 1/2MB (lfb 1x4MB) VDD_IN 6000mW/5500mW VDD_SOC 1100mW/1000mW\n"
            "0.0025::Unknown command: --count\n"
            "0.003::RAM 1/2MB (lfb 1x4MB) VDD_SOC 1200mW/1000mW\n");
  const auto recording = load_recording(dir.path());
  EXPECT_THAT(recording.power.time_ns, ElementsAre(1000000, 2000000, 3000000));
  EXPECT_EQ(recording.power.total_mw(1), 6000.0);
  EXPECT_TRUE(std::isnan(recording.power.total_mw(2)));
  EXPECT_EQ(recording.power.row(2)[1], 1200.0);
  EXPECT_THAT(codes(recording.warnings), ElementsAre("unreadable_lines"));
  EXPECT_THAT(recording.warnings[0].message, HasSubstr("1 lines"));
  EXPECT_THAT(recording.warnings[0].message, HasSubstr("line 3"));
}

TEST(LoadRecording, ReadsIncidents) {
  TempDir dir;
  fill(dir).write("incidents.csv", "time_ns,code,message\n1500000,gap,\"8 ms, no reading\"\n");
  const auto recording = load_recording(dir.path());
  ASSERT_EQ(recording.incidents.size(), 1U);
  EXPECT_EQ(recording.incidents[0].time_ns, 1500000);
  EXPECT_EQ(recording.incidents[0].message, "8 ms, no reading");
}

TEST(LoadRecording, WithoutPowerWhereNoneWasMeasured) {
  TempDir dir;
  fill(dir).write("manifest.json",
                  R"({"format":"layerwatt-recording","version":1,"sensor":{"kind":"none"}})");
  std::filesystem::remove(dir / "power.csv");
  const auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.power.size(), 0U);
  EXPECT_FALSE(recording.power.has_total());
  dir.write("power.csv", "time_ns\n");
  EXPECT_EQ(load_recording(dir.path()).power.size(), 0U);
}

TEST(LoadRecording, SaysWhatIsMissing) {
  TempDir dir;
  auto error = error_of([&] { load_recording(dir / "none"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("no such directory"));
  error = error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("no manifest.json"));
  EXPECT_THAT(error.hint(), HasSubstr("--iterations F --power F"));
  dir.write("manifest.json", kManifest);
  error = error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.where(), HasSubstr("iterations.csv"));
  dir.write("iterations.csv", kIterations);
  error = error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("no power.csv"));
  error = error_of([&] { load_recording(dir / "iterations.csv"); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("is not a directory"));
}

TEST(LoadRecording, RefusesToGuessBetweenTwoPowerFiles) {
  TempDir dir;
  fill(dir).write("energy.csv", "time_ns,VDD_IN\n1,1\n2,2\n");
  const auto error = error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("more than one"));
  EXPECT_THAT(error.hint(), HasSubstr("sensor.file"));
}

TEST(LoadRecording, RefusesPowerOfAnotherTime) {
  TempDir dir;
  fill(dir).write("power.csv", "time_ns,VDD_IN\n3000001,5000\n3500000,5000\n");
  auto error = error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("no time in common"));
  EXPECT_THAT(error.where(), HasSubstr("power.csv"));
  dir.write("power.csv", "time_ns,VDD_IN\n1,5000\n999999,5000\n");
  error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input);
  dir.write("power.csv", "time_ns,VDD_IN,VDD_SOC\n1,5000,1\n1000000,5000,1\n");
  EXPECT_THAT(codes(load_recording(dir.path()).warnings), ElementsAre("power_does_not_cover"));
}

TEST(LoadRecording, RefusesAPowerFileWithoutReadings) {
  TempDir dir;
  fill(dir).write("power.csv", "time_ns,VDD_IN,VDD_SOC\n");
  EXPECT_THAT(error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input).problem(),
              HasSubstr("no power reading"));
  dir.write("power.csv", "");
  EXPECT_THAT(error_of([&] { load_recording(dir.path()); }, ErrorKind::bad_input).problem(),
              HasSubstr("empty"));
}

TEST(LoadRecording, LayersOfTheManifestMustBeTheColumns) {
  TempDir dir;
  fill(dir).write("manifest.json", R"({"format":"layerwatt-recording","version":1,
      "layers":[{"name":"conv","type":"Convolution"},{"name":"fc","type":null}],"stopped":"done"})");
  auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.manifest.layers[0].type, "Convolution");
  EXPECT_EQ(recording.manifest.layers[1].type, std::nullopt);
  dir.write("iterations.csv", "start_ns,end_ns,fc,conv\n1000000,2000000,1,\n");
  recording = load_recording(dir.path());
  EXPECT_EQ(recording.manifest.layers[0].type, std::nullopt);
  EXPECT_THAT(codes(recording.warnings), testing::Contains("layers_differ"));
}

TEST(LoadRecording, TrustsTheLastRowOnlyOfAClosedRecording) {
  TempDir dir;
  fill(dir).write("iterations.csv", "start_ns,end_ns,a\n1000000,2000000,1\n2000000,3000000,0.5");
  EXPECT_EQ(load_recording(dir.path()).iterations.size(), 2U);
  EXPECT_THAT(load_recording(dir.path()).warnings, IsEmpty());
  dir.write("manifest.json", R"({"format":"layerwatt-recording","version":1})");
  const auto recording = load_recording(dir.path());
  EXPECT_EQ(recording.iterations.size(), 1U);
  EXPECT_THAT(codes(recording.warnings), testing::Contains("truncated_row"));
}

TEST(LoadLooseFiles, KnowsTheRailSet) {
  TempDir dir;
  const auto recording = load_loose_files(
      dir.write("i.csv", kIterations),
      dir.write("p.csv",
                "time_ns,VDD_IN,VDD_CPU_GPU_CV,VDD_SOC\n1000000,5000,1,2\n3000000,1,2,3\n"));
  EXPECT_EQ(recording.power.total_mw(0), 5000.0);
  EXPECT_EQ(recording.manifest.sensor.scope, "module");
  EXPECT_THAT(recording.warnings, IsEmpty());
}

TEST(LoadLooseFiles, FormsNoTotalOfUnknownRails) {
  TempDir dir;
  const auto recording =
      load_loose_files(dir.write("i.csv", kIterations),
                       dir.write("p.csv", "time_ns,A,B\n1000000,5000,1\n3000000,1,2\n"));
  EXPECT_FALSE(recording.power.has_total());
  EXPECT_TRUE(std::isnan(recording.power.total_mw(0)));
  EXPECT_EQ(recording.power.row(0)[0], 5000.0);
  EXPECT_EQ(recording.manifest.sensor.scope, "");
  EXPECT_THAT(codes(recording.warnings), ElementsAre("unknown_rail_set"));
}

TEST(LoadLooseFiles, ASingleRailIsTheTotal) {
  TempDir dir;
  const auto recording =
      load_loose_files(dir.write("i.csv", kIterations),
                       dir.write("p.csv", "time_ns,METER\n1000000,5000\n3000000,5001\n"));
  EXPECT_EQ(recording.power.total_mw(1), 5001.0);
  EXPECT_EQ(recording.manifest.sensor.scope, "rail METER");
}

TEST(LoadLooseFiles, TellsTheFormatsApart) {
  TempDir dir;
  const auto iterations = dir.write("i.csv", kIterations);
  auto recording = load_loose_files(
      iterations, dir.write("energy-42.csv", "time_ns,METER\n1000000,1\n3000000,11\n"));
  EXPECT_EQ(recording.power.reading, Reading::energy);
  EXPECT_THAT(recording.power.rail_mw, ElementsAre(5000));
  recording =
      load_loose_files(iterations, dir.write("log.txt",
                                             "0.001::RAM 1/2MB (lfb 1x4MB) POM_5V_IN 5000/4000\n"
                                             "0.003::RAM 1/2MB (lfb 1x4MB) POM_5V_IN 5001/4000\n"));
  EXPECT_EQ(recording.manifest.sensor.kind, "tegrastats");
  EXPECT_EQ(recording.power.total_mw(1), 5001.0);
}

TEST(LoadLooseFiles, TegrastatsNeedsAStamp) {
  TempDir dir;
  const auto error = error_of(
      [&] {
        load_loose_files(dir.write("i.csv", kIterations),
                         dir.write("log.txt", "RAM 1/2MB (lfb 1x4MB) POM_5V_IN 5000/4000\n"));
      },
      ErrorKind::bad_input);
  EXPECT_THAT(error.where(), HasSubstr("log.txt:1"));
  EXPECT_THAT(error.problem(), HasSubstr("no time stamp"));
  EXPECT_THAT(error.hint(), HasSubstr("SECONDS::"));
}

TEST(LoadLooseFiles, NeedARail) {
  TempDir dir;
  const auto error = error_of(
      [&] {
        load_loose_files(dir.write("i.csv", kIterations), dir.write("p.csv", "time_ns\n1000000\n"));
      },
      ErrorKind::bad_input);
  EXPECT_THAT(error.problem(), HasSubstr("no rail"));
}

}  // namespace
}  // namespace layerwatt::recording
