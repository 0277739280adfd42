// What was measured with what an estimator found between the inferences.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "attribution/measured.hpp"
#include "attribution/recordings.hpp"
#include "attribution/two_of_three_ms.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using testing::kT1;
using testing::rail;
using testing::two_of_three_ms;

Measured measured_with(const Recording& recording, const std::vector<BetweenPower>& between,
                       bool with_total = true) {
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  const SlotTimes times = slot_times(recording.iterations, 20);
  return measure(recording.iterations, recording.power, timing, times, with_total, between);
}

// A quarter of the run lies between inferences, at 100 mW.
TEST(Measure, TakesOutWhatWasFoundBetween) {
  Builder b({});
  b.inference(0, 3, {}).inference(4, 8, {}).inference(9, 11, {}).inference(12, 12, {});
  for (int t = 1; t <= 12; ++t) b.sample(t, 300);
  const Recording recording = b.get();
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  const SlotTimes times = slot_times(recording.iterations, 20);
  const auto with = [&](BetweenPower between) {
    return measure(recording.iterations, recording.power, timing, times, true, {between, between});
  };
  const Measured known = with({100.0, 0.0});
  EXPECT_NEAR(known.total.power_mw->mean, (300.0 - 25.0) / 0.75, 1e-9);
  EXPECT_NEAR(known.total.power_mw->ci95->hi, (300.0 - 25.0) / 0.75, 1e-9);
  EXPECT_NEAR(known.total.energy_mj->mean, 2.25 * (300.0 - 25.0) / 0.75 / 1e3, 1e-9);
  EXPECT_NEAR(known.rails[0].power_mw->mean, (300.0 - 25.0) / 0.75, 1e-9);
  EXPECT_NEAR(known.leak_share, 0.0, 1e-12);
  // Nothing was found out: anything from nothing to the mean.
  const Measured unknown = with({100.0, 1e9});
  EXPECT_NEAR(unknown.total.power_mw->mean, (300.0 - 0.25 * 150.0) / 0.75, 1e-6);
  EXPECT_NEAR(unknown.total.power_mw->ci95->hi - unknown.total.power_mw->mean,
              1.96 * 0.25 * 150.0 / 0.75, 0.01);
  EXPECT_NEAR(unknown.leak_share, 0.25 * 150.0 / 300.0, 1e-6);
}

// Means of 297 and 304 mW over 4 and 3 ms: influences of ∓12/7 mW on 300.
TEST(Measure, WhatWasFoundBetweenLeavesTheScatterOfTheRest) {
  Builder b = two_of_three_ms();
  for (int t = 1; t <= 4; ++t) b.sample(t, 297);
  for (int t = 5; t <= 7; ++t) b.sample(t, 304);
  const ColumnPower found = measured_with(b.get(), {{90.0, 0.0}, {90.0, 0.0}}).total;
  const double half = kT1 * 2.0 * 12.0 / 7.0 * 7.0 / 6.0;
  EXPECT_NEAR(found.power_mw->mean, 335.0, 1e-9);
  EXPECT_NEAR(found.power_mw->ci95->lo, 335.0 - half, 1e-6);
  EXPECT_NEAR(found.power_mw->ci95->hi, 335.0 + half, 1e-6);
  EXPECT_NEAR(found.energy_mj->mean, 1.005, 1e-9);
  EXPECT_NEAR(found.energy_mj->ci95->hi, 1.005 + 0.003 * half, 1e-9);
  // More between than there was in all.
  const ColumnPower none = measured_with(b.get(), {{3000.0, 0.0}, {3000.0, 0.0}}).total;
  EXPECT_EQ(none.power_mw->mean, 0.0);
  EXPECT_EQ(none.energy_mj->mean, 0.0);
  EXPECT_EQ(none.power_mw->ci95->lo, 0.0);
}

// What was found is weighed against 150 ± 150 mW (half of the mean), or the idle power and half of
// the way from there to the mean.
TEST(Measure, AnUncertainPowerBetweenIsPulledToTheUsualOne) {
  const auto with = [](const std::vector<double>& idle_mw, const BetweenPower& of_total) {
    Builder b({}, {rail("GPU"), rail("CPU")});
    b.inference(0, 3, {}).inference(4, 7, {});
    double at = -static_cast<double>(idle_mw.size());
    for (const double mw : idle_mw) b.sample(at++, {0.5 * mw, 0.5 * mw});
    for (int t = 1; t <= 7; ++t) b.sample(t, {150, 150});
    return measured_with(b.get(), {{45.0, 0.0}, {45.0, 0.0}, of_total});
  };
  // 0.9 of the 60 mW that 90 ± 50 lies below.
  const Measured unread = with({}, {90.0, 50.0});
  const double std_mw = std::sqrt(0.9 * 2500.0);
  EXPECT_NEAR(unread.total.power_mw->mean, (2100.0 - 96.0) / 6.0, 1e-9);
  EXPECT_NEAR(unread.total.power_mw->ci95->hi - unread.total.power_mw->mean,
              1.959963984540054 * std_mw / 6.0, 1e-9);
  EXPECT_NEAR(unread.leak_share, std_mw / 7.0 / 300.0, 1e-12);
  EXPECT_NEAR(unread.rails[0].power_mw->mean, (7.0 * 150.0 - 45.0) / 6.0, 1e-9);
  // 60 ± 120 and 110 ± 90: 0.64 of the 50 mW.
  const Measured read = with({60, 60, 60}, {110.0, 90.0});
  EXPECT_NEAR(read.total.power_mw->mean, (2100.0 - 92.0) / 6.0, 1e-9);
  EXPECT_NEAR(read.leak_share, 72.0 / 7.0 / 300.0, 1e-12);
  // An idle power that is no lower than the inferences' is none.
  EXPECT_NEAR(with({300, 300, 300}, {90.0, 50.0}).total.power_mw->mean, (2100.0 - 96.0) / 6.0,
              1e-9);
}

TEST(Measure, NothingDrawnIsNothingWithWhatWasFoundBetweenToo) {
  Builder b = two_of_three_ms();
  for (int t = 1; t <= 7; ++t) b.sample(t, 0);
  const Measured m = measured_with(b.get(), {{0.0, 0.0}, {0.0, 0.0}});
  const ColumnPower& none = m.total;
  EXPECT_EQ(none.power_mw->mean, 0.0);
  EXPECT_EQ(none.power_mw->ci95->hi, 0.0);
  EXPECT_EQ(none.energy_mj->mean, 0.0);
  EXPECT_DOUBLE_EQ(m.leak_share, 1.0 / 7.0) << "of the time; of nothing there is no share";
}

TEST(Measure, InferencesOfNoLengthHaveNoPowerBesideWhatLiesBetween) {
  Builder b({});
  b.inference(0, 0, {}).inference(4, 4, {}).sample(2, 100).sample(4, 100);
  const Measured m = measured_with(b.get(), {{90.0, 0.0}, {90.0, 0.0}});
  EXPECT_EQ(m.total.power_mw.reason(), "no_samples");
}

// A device of 0.3 mW: 0.9 of the 0.06 mW that 0.09 ± 0.05 lies below 0.15, as with a thousand times
// as much.
TEST(Measure, ASmallPowerBetweenIsWeighedAsALargeOneIs) {
  Builder b = two_of_three_ms();
  for (int t = 1; t <= 7; ++t) b.sample(t, 0.3);
  const Measured m = measured_with(b.get(), {{0.09, 0.05}, {0.09, 0.05}});
  const double std_mw = std::sqrt(0.9 * 0.0025);
  EXPECT_NEAR(m.total.power_mw->mean, (2.1 - 0.096) / 6.0, 1e-12);
  EXPECT_NEAR(m.total.power_mw->ci95->hi - m.total.power_mw->mean, 1.959963984540054 * std_mw / 6.0,
              1e-12);
  EXPECT_NEAR(m.total.energy_mj->mean, 0.003 * (2.1 - 0.096) / 6.0, 1e-15);
  EXPECT_NEAR(m.leak_share, std_mw / 7.0 / 0.3, 1e-12);
}

// Without a total nothing says how much of it may be from between: as much as lies between.
TEST(Measure, ARailAloneDoesNotTellHowMuchLeaked) {
  Builder b({}, {rail("R1", false)});
  b.inference(0, 3, {}).inference(4, 7, {});
  for (int t = 1; t <= 7; ++t) b.sample(t, 300);
  const Measured m = measured_with(b.get(), {{90.0, 50.0}, {90.0, 50.0}}, false);
  EXPECT_NEAR(m.rails[0].power_mw->mean, (2100.0 - 96.0) / 6.0, 1e-9);
  EXPECT_DOUBLE_EQ(m.leak_share, 1.0 / 7.0);
}

}  // namespace
}  // namespace layerwatt
