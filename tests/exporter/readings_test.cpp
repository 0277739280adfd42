#include "exporter/readings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace layerwatt::exporter {
namespace {

constexpr std::int64_t kS = 1'000'000'000;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// --- energy
// ---------------------------------------------------------------------------------------

TEST(EnergyCount, PowerIsIntegratedByTrapezoid) {
  EnergyCount count;
  count.add(0, 1000.0, Reading::power, kS);
  EXPECT_EQ(count.joules(), 0.0);
  EXPECT_EQ(count.watts(), 1.0);
  count.add(kS / 2, 3000.0, Reading::power, kS);
  EXPECT_DOUBLE_EQ(count.joules(), 1.0);  // (1 W + 3 W) / 2 × 0.5 s
  EXPECT_DOUBLE_EQ(count.observed_s(), 0.5);
  EXPECT_EQ(count.watts(), 3.0);
}

TEST(EnergyCount, AGapIsInNeitherEnergyNorTime) {
  EnergyCount count;
  count.add(0, 1000.0, Reading::power, kS);
  count.add(3 * kS, 1000.0, Reading::power, kS);
  EXPECT_EQ(count.joules(), 0.0);
  EXPECT_EQ(count.observed_s(), 0.0);
  count.add(4 * kS, 1000.0, Reading::power, kS);
  EXPECT_DOUBLE_EQ(count.joules(), 1.0);
}

TEST(EnergyCount, AMissingReadingIsNotBridgedAndNotZero) {
  EnergyCount count;
  count.add(0, 1000.0, Reading::power, kS);
  count.add(kS / 10, kNone, Reading::power, kS);
  EXPECT_EQ(count.watts(), std::nullopt);
  count.add(kS / 5, 1000.0, Reading::power, kS);
  EXPECT_EQ(count.joules(), 0.0);
  EXPECT_EQ(count.lost(), 1U);
}

TEST(EnergyCount, ACounterBridgesGapsAndNeverFalls) {
  EnergyCount count;
  count.add(0, 5'000'000.0, Reading::energy, kS);
  count.add(10 * kS, 5'020'000.0, Reading::energy, kS);
  EXPECT_DOUBLE_EQ(count.joules(), 20.0);
  EXPECT_DOUBLE_EQ(count.observed_s(), 10.0);
  EXPECT_EQ(count.watts(), 2.0);
  count.add(11 * kS, 1000.0, Reading::energy, kS);  // set back: what it lost is not known
  EXPECT_DOUBLE_EQ(count.joules(), 20.0);
  EXPECT_EQ(count.watts(), std::nullopt);
  count.add(12 * kS, 4000.0, Reading::energy, kS);
  EXPECT_DOUBLE_EQ(count.joules(), 23.0);
  EXPECT_DOUBLE_EQ(count.observed_s(), 11.0);
}

// One that steps more slowly than it is read would show twice its power, then none.
TEST(EnergyCount, PowerOfACounterIsTheMeanOfASecond) {
  EnergyCount count;
  for (int i = 0; i <= 40; ++i) {
    count.add(i * kS / 20, (i / 2) * 100.0, Reading::energy, kS);  // 1 W, steps of 100 ms
  }
  EXPECT_NEAR(count.watts().value_or(0.0), 1.0, 0.06);
}

TEST(EnergyCount, WhatIsCutIsNotJoined) {
  EnergyCount count;
  count.add(0, 0.0, Reading::energy, kS);
  count.cut();
  count.add(kS, 1'000'000.0, Reading::energy, kS);
  EXPECT_EQ(count.joules(), 0.0);
}

// --- a sensor
// -------------------------------------------------------------------------------------

struct Bench {
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>(1000 * kS);
  LiveReadings readings{std::nullopt};
  SensorInfo info;
  Bench() {
    info.kind = "meter";
    info.scope = "board";
    info.rails = {{"VIN", true}, {"GPU", false}};
    info.model.period_ms = 100.0;
  }
  void begin() { readings.begin(info, 100.0, clock); }
  void read(double seconds, std::vector<double> values) {
    clock->sleep_until_ns(1000 * kS + std::llround(seconds * 1e9));
    readings.sample(clock->now_ns(), values);
  }
  std::optional<double> value(const std::string& name, const std::string& label = {}) const {
    Families families;
    readings.collect(families);
    std::optional<double> found;
    for (const Family& family : std::move(families).take()) {
      if (family.metric->name != name) continue;
      for (const Sample& sample : family.samples) {
        bool matches = label.empty();
        for (const auto& [key, text] : sample.labels) matches = matches || text == label;
        if (!matches) continue;
        EXPECT_FALSE(found) << name << " twice";
        found = sample.value;
      }
    }
    return found;
  }
};

TEST(LiveReadings, RailsAndTotal) {
  Bench bench;
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), std::nullopt) << "no sensor yet";
  bench.begin();
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), 0.0);
  EXPECT_EQ(bench.value("layerwatt_power_watts"), std::nullopt);
  bench.read(0.1, {4000.0, 1000.0});
  bench.read(0.2, {4000.0, 3000.0});
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), 1.0);
  EXPECT_EQ(bench.value("layerwatt_power_watts"), 4.0) << "GPU is not in the total";
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "GPU"), 3.0);
  EXPECT_NEAR(*bench.value("layerwatt_rail_energy_joules_total", "GPU"), 0.2, 1e-9);
  EXPECT_NEAR(*bench.value("layerwatt_energy_joules_total"), 0.4, 1e-9);
  EXPECT_EQ(bench.value("layerwatt_sensor_samples_total"), 2.0);
  EXPECT_EQ(bench.value("layerwatt_sensor_missed_readings_total"), 0.0);
}

TEST(LiveReadings, AStaleReadingIsNoPower) {
  Bench bench;
  bench.begin();
  bench.read(0.1, {4000.0, 1000.0});
  bench.clock->sleep_until_ns(1000 * kS + 4 * kS);
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), 1.0);
  bench.clock->sleep_until_ns(1000 * kS + 6 * kS);
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), 0.0);
  EXPECT_EQ(bench.value("layerwatt_power_watts"), std::nullopt);
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "VIN"), std::nullopt);
  EXPECT_NEAR(*bench.value("layerwatt_sensor_sample_age_seconds"), 5.9, 1e-6);
  EXPECT_NE(bench.value("layerwatt_energy_joules_total"), std::nullopt) << "a counter stays";
}

TEST(LiveReadings, ALostRailTakesTheTotalWithIt) {
  Bench bench;
  bench.begin();
  bench.read(0.1, {4000.0, 1000.0});
  bench.read(0.2, {kNone, 1000.0});
  EXPECT_EQ(bench.value("layerwatt_power_watts"), std::nullopt);
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "VIN"), std::nullopt);
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "GPU"), 1.0);
  EXPECT_EQ(bench.value("layerwatt_rail_lost_readings_total", "VIN"), 1.0);
}

TEST(LiveReadings, ReadingsThatDidNotComeAreCounted) {
  Bench bench;
  bench.begin();
  bench.read(0.1, {1.0, 1.0});
  bench.read(0.5, {1.0, 1.0});
  EXPECT_EQ(bench.value("layerwatt_sensor_missed_readings_total"), 3.0);
  bench.info.model.period_ms.reset();
  bench.begin();
  EXPECT_EQ(bench.value("layerwatt_sensor_missed_readings_total"), std::nullopt) << "not known";
}

TEST(LiveReadings, CountersOutliveTheSensor) {
  Bench bench;
  bench.begin();
  bench.read(0.1, {1000.0, 0.0});
  bench.read(0.2, {1000.0, 0.0});
  bench.readings.end();
  EXPECT_EQ(bench.value("layerwatt_sensor_up"), 0.0);
  EXPECT_EQ(bench.value("layerwatt_power_watts"), std::nullopt);
  bench.read(0.3, {1000.0, 0.0});  // after the end
  // The clock of a board without one was set meanwhile.
  bench.clock = std::make_shared<VirtualClock>(1000 * kS + kS * 3 / 10);
  bench.begin();
  EXPECT_NEAR(*bench.value("layerwatt_sensor_sample_age_seconds"), 0.1, 1e-6);
  bench.read(0.4, {9000.0, 0.0});
  EXPECT_NEAR(*bench.value("layerwatt_energy_joules_total"), 0.1, 1e-9) << "not joined";
  bench.read(0.5, {1000.0, 0.0});
  EXPECT_NEAR(*bench.value("layerwatt_energy_joules_total"), 0.6, 1e-9);
  EXPECT_EQ(bench.value("layerwatt_sensor_restarts_total"), 1.0);
}

TEST(LiveReadings, StampsOfAnotherTimeAreNotTaken) {
  Bench bench;
  bench.begin();
  bench.readings.sample(1, std::vector<double>{1000.0, 1.0});
  bench.readings.sample(2000 * kS, std::vector<double>{1000.0, 1.0});
  EXPECT_EQ(bench.value("layerwatt_sensor_samples_total"), 0.0);
  EXPECT_EQ(bench.value("layerwatt_sensor_incidents_total", "stamp_out_of_range"), 2.0);
}

TEST(LiveReadings, WhatIsNotMeasuredSaysSo) {
  Bench bench;
  bench.info.measured = false;
  bench.begin();
  bench.read(0.1, {4000.0, 1000.0});
  for (const char* name : {"layerwatt_power_watts", "layerwatt_energy_joules_total"}) {
    EXPECT_NE(bench.value(name, "false"), std::nullopt) << name;
  }
}

// AGX Orin prints two rails called NC; their series must differ.
TEST(LiveReadings, RailsOfOneNameAreToldApart) {
  Bench bench;
  bench.info.rails = {{"NC", false}, {"NC", false}, {"NC_2", false}};
  bench.begin();
  bench.read(0.1, {1.0, 2.0, 3.0});
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "NC"), 0.001);
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "NC_2"), 0.002);
  EXPECT_EQ(bench.value("layerwatt_rail_power_watts", "NC_2_2"), 0.003);
  EXPECT_EQ(bench.value("layerwatt_power_watts"), std::nullopt) << "none is in the total";
  EXPECT_EQ(bench.value("layerwatt_energy_joules_total"), std::nullopt);
}

TEST(LiveReadings, ClocksAndTemperaturesOfTheLatestLine) {
  Bench bench;
  bench.begin();
  bench.readings.line(0,
                      "RAM 2000/7000MB CPU [1%@1420,off,2%@710] GR3D_FREQ 14%@[407,306] CPU@40.5C "
                      "tj@41C VIN 4000mW/4000mW");
  bench.read(0.1, {4000.0, 1000.0});
  EXPECT_EQ(bench.value("layerwatt_temperature_celsius", "tj"), 41.0);
  EXPECT_EQ(bench.value("layerwatt_clock_hertz", "GR3D_FREQ")
                .value_or(bench.value("layerwatt_clock_hertz", "GR3D").value_or(0.0)),
            407e6);
  EXPECT_EQ(bench.value("layerwatt_clock_hertz", "CPU"), 1420e6);
  bench.clock->sleep_until_ns(1010 * kS);
  EXPECT_EQ(bench.value("layerwatt_temperature_celsius", "tj"), std::nullopt) << "stale";
}

}  // namespace
}  // namespace layerwatt::exporter
