#include "profile/calibration_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;

SysRoot machine(const std::filesystem::path& root, const std::string& config) {
  return SysRoot(root, [config](const std::string& name) -> std::optional<std::string> {
    if (name == "XDG_CONFIG_HOME" && !config.empty()) return config;
    if (name == "HOME") return "/home/ada";
    return std::nullopt;
  });
}

SensorInfo ina() {
  SensorInfo info;
  info.kind = "ina3221";
  info.identity = "INA3221 at 1-0040: samples 1";
  info.rails = {{"VDD_IN", true}, {"VDD_SOC", false}};
  info.model.period_ms = 7.0;
  info.model.window_ms = 1.0;
  info.model.timestamp_error_ms = 0.03;
  info.notes = "INA3221 at 1-0040";
  return info;
}

StoredCalibration calibration(const std::string& host) {
  StoredCalibration stored;
  stored.date = "2026-11-23T18:00:00.000Z";
  stored.host = host;
  stored.kind = "ina3221";
  stored.identity = "INA3221 at 1-0040: samples 1";
  stored.rails = {"VDD_IN", "VDD_SOC"};
  stored.figures.period = {6.6, Interval{6.59, 6.61}, ""};
  stored.figures.grid = stored.figures.period;
  stored.figures.window = {1.1, Interval{1.05, 1.15}, ""};
  stored.figures.latency = {7.3, Interval{7.2, 7.4}, ""};
  stored.figures.time_constant = {std::nullopt, Interval{0.0, 3.0}, "not_resolved"};
  stored.figures.idle_mw = 5440.0;
  stored.figures.readings = 29000;
  stored.figures.edges = 230;
  stored.figures.warnings = {{"late", "3 readings were late", ""}};
  return stored;
}

TEST(CalibrationStore, StandsInTheUsersConfiguration) {
  EXPECT_EQ(calibration_file(machine("/", "/cfg")), "/cfg/layerwatt/calibration.json");
  EXPECT_EQ(calibration_file(machine("/", "")), "/home/ada/.config/layerwatt/calibration.json");
  const SysRoot nobody("/", [](const std::string&) { return std::nullopt; });
  EXPECT_EQ(calibration_file(nobody), "");
}

TEST(CalibrationStore, TheHashTellsMachinesApartAndIsNotTheirId) {
  const fakes::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "a/etc");
  std::filesystem::create_directories(scratch / "b/etc");
  scratch.write("a/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  scratch.write("b/etc/machine-id", "0123456789abcdef0123456789abcdee\n");
  const std::string a = host_hash(machine(scratch / "a", ""));
  EXPECT_EQ(a.size(), 16u);
  EXPECT_EQ(a, host_hash(machine(scratch / "a", "/elsewhere")));
  EXPECT_NE(a, host_hash(machine(scratch / "b", "")));
}

TEST(CalibrationStore, WhatIsStoredIsRead) {
  const fakes::ScratchDirectory scratch;
  const auto file = scratch / "new/folder/calibration.json";
  store_calibration(file, calibration("here"));
  const auto read = read_calibrations(file);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(calibration_json(read[0]), calibration_json(calibration("here")));
  EXPECT_EQ(read[0].figures.time_constant.reason, "not_resolved");
  EXPECT_FALSE(read[0].figures.time_constant.value_ms);
  EXPECT_EQ(read[0].figures.latency.ci95_ms->hi, 7.4);
}

TEST(CalibrationStore, ANewOneTakesTheOldOnesPlaceAndLeavesTheOthers) {
  const fakes::ScratchDirectory scratch;
  const auto file = scratch / "calibration.json";
  store_calibration(file, calibration("here"));
  store_calibration(file, calibration("there"));
  StoredCalibration again = calibration("here");
  again.figures.latency.value_ms = 7.25;
  store_calibration(file, again);
  const auto read = read_calibrations(file);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].host, "there");
  EXPECT_EQ(read[1].figures.latency.value_ms, 7.25);
}

TEST(CalibrationStore, ABrokenFileIsNotOverwritten) {
  const fakes::ScratchDirectory scratch;
  for (const char* text : {"", "{", "[]", R"({"schema":"layerwatt.result/1","calibrations":[]})",
                           R"({"schema":"layerwatt.calibration/1","calibrations":[{"date":3}]})"}) {
    const auto file = scratch.write("calibration.json", text);
    EXPECT_THROW(read_calibrations(file), Error) << text;
    EXPECT_THROW(store_calibration(file, calibration("here")), Error) << text;
    EXPECT_THROW(check_can_store(file), Error) << text;
    EXPECT_EQ(scratch.read("calibration.json"), text);
  }
}

TEST(CalibrationStore, WhereItCannotBeWrittenIsToldBefore) {
  const fakes::ScratchDirectory scratch;
  EXPECT_NO_THROW(check_can_store(scratch / "a/b/calibration.json"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "a"));
  EXPECT_THROW(check_can_store(scratch.path()), Error) << "a folder";
  scratch.write("file", "x");
  EXPECT_THROW(check_can_store(scratch / "file/calibration.json"), Error);
  EXPECT_THROW(store_calibration(scratch / "file/calibration.json", calibration("here")), Error);
}

TEST(CalibrationStore, BelongsToOneSensorWithItsSettingsOnOneMachine) {
  const StoredCalibration stored = calibration("here");
  EXPECT_TRUE(stored.matches("here", ina()));
  EXPECT_FALSE(stored.matches("there", ina()));
  SensorInfo other = ina();
  other.identity = "INA3221 at 1-0040: samples 64";
  EXPECT_FALSE(stored.matches("here", other));
  other = ina();
  other.rails.pop_back();
  EXPECT_FALSE(stored.matches("here", other));
  other = ina();
  other.reading = Reading::energy;
  EXPECT_FALSE(stored.matches("here", other));
}

TEST(CalibrationStore, CalibratedFiguresWinOverTheDriversAndGivenOnesOverBoth) {
  const StoredCalibration stored = calibration("here");
  const SensorInfo used = with_calibration(ina(), &stored, {}, 5.0);
  EXPECT_EQ(used.model.period_ms, 6.6);
  EXPECT_EQ(used.model.window_ms, 1.1);
  EXPECT_EQ(used.model.latency_ms, 7.3);
  EXPECT_FALSE(used.model.time_constant_ms) << "not found, and the driver does not know it";
  EXPECT_EQ(used.model.timestamp_error_ms, 0.03);
  EXPECT_EQ(used.calibrated, "2026-11-23");
  EXPECT_EQ(used.notes, "INA3221 at 1-0040. Calibrated on 2026-11-23: period, window, latency.");

  SensorModel given;
  given.window_ms = 2.2;
  const SensorInfo told = with_calibration(ina(), &stored, given, 5.0);
  EXPECT_EQ(told.model.window_ms, 2.2);
  EXPECT_EQ(told.model.latency_ms, 7.3);
  EXPECT_THAT(told.notes, HasSubstr("Given by --response: window 2.2 ms."));

  const SensorInfo plain = with_calibration(ina(), nullptr, {}, 5.0);
  EXPECT_EQ(plain.model.period_ms, 7.0);
  EXPECT_EQ(plain.calibrated, "");
}

TEST(CalibrationStore, WhereTheGridCannotBeFoundAReadingsAgeIsInTheFigures) {
  const StoredCalibration stored = calibration("here");
  for (const double interval_ms : {1.0, 20.0}) {
    const SensorInfo used = with_calibration(ina(), &stored, {}, interval_ms);
    EXPECT_NEAR(*used.model.latency_ms, 7.3 + 3.3, 1e-9);
    EXPECT_NEAR(*used.model.timestamp_error_ms, std::hypot(0.03, 6.6 / std::sqrt(12.0)), 1e-9);
    EXPECT_THAT(used.notes, HasSubstr("of an age of 0 to 6.6 ms"));
  }
}

TEST(CalibrationStore, TheDefaultFileMayBeBrokenANamedOneMayNot) {
  const fakes::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "layerwatt");
  scratch.write("layerwatt/calibration.json", "{");
  Host host;
  host.sys = machine("/", scratch.path());
  const Calibrations broken(host, {});
  EXPECT_THAT(broken.trouble(), HasSubstr("is not a file of calibrations"));
  EXPECT_EQ(broken.find(ina()), nullptr);
  SensorOptions named;
  named.calibration = scratch / "layerwatt/calibration.json";
  EXPECT_THROW(Calibrations(host, named), Error);
  named.calibration = scratch / "nothing.json";
  EXPECT_THROW(Calibrations(host, named), Error);
  named.calibration = "none";
  EXPECT_EQ(Calibrations(host, named).trouble(), "");
}

TEST(CalibrationStore, FindsTheOneOfThisMachine) {
  const fakes::ScratchDirectory scratch;
  Host host;
  host.sys = machine("/", scratch.path());
  const auto file = calibration_file(host.sys);
  store_calibration(file, calibration("elsewhere"));
  EXPECT_EQ(Calibrations(host, {}).find(ina()), nullptr);
  store_calibration(file, calibration(host_hash(host.sys)));
  const Calibrations found(host, {});
  ASSERT_NE(found.find(ina()), nullptr);
  EXPECT_EQ(found.find(ina())->figures.window.value_ms, 1.1);
}

}  // namespace
}  // namespace layerwatt
