#include "attribution/measured.hpp"

#include <gtest/gtest.h>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using testing::kNaN;
using testing::rail;

Measured measured_of(const Recording& recording) {
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  const SlotTimes times = slot_times(recording.iterations, 20);
  return measure(recording.iterations, recording.power, timing, times, recording.power.has_total());
}

// Readings every 4 ms: 100 stands for (−2, 2], 200 for (2, 6], 400 for (6, 10], 800 for (10, 14].
// Inferences 0–5 and 8–12: 2 ms of 100, 3 of 200, 2 of 400, 2 of 800 = 3200 mW ms in 9 ms.
TEST(Measure, IntegratesOverTheUnionOfTheInferences) {
  Builder b({});
  b.inference(0, 5, {}).inference(8, 12, {});
  b.sample(2, 100).sample(6, 200).sample(10, 400).sample(14, 800);
  const Measured m = measured_of(b.get());
  EXPECT_DOUBLE_EQ(m.total.power_mw->mean, 3200.0 / 9.0);
  EXPECT_DOUBLE_EQ(m.total.energy_mj->mean, 3200.0 / 9.0 * 4.5 / 1000.0);
  EXPECT_DOUBLE_EQ(m.rails[0].power_mw->mean, 3200.0 / 9.0);
  EXPECT_DOUBLE_EQ(m.between_share, 0.25);  // 3 of 12 ms
}

TEST(Measure, MovesReadingsBackByTheSensorsDelay) {
  Builder b({});
  b.inference(0, 8, {}).sample(6, 100).sample(10, 300).response(0, 2, 0, 0);
  // (0, 4] and (4, 8].
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 200.0);
}

TEST(Measure, EnergyReadingsStandForTheirOwnInterval) {
  Builder b({});
  b.inference(0, 10, {}).energy(-4, 2, 100).energy(2, 10, 600).energy(10, 11, 9000);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, (2 * 100 + 8 * 600) / 10.0);
}

TEST(Measure, LeavesAGapInTheReadingsOutInsteadOfFillingItWithItsEnd) {
  Builder b({});
  b.inference(0, 100, {});
  for (int t = 1; t <= 10; ++t) b.sample(t, 100);
  b.sample(100, 400);  // stands for 5 ms, not for 90
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, (10 * 100 + 5 * 400) / 15.0);
}

TEST(Measure, AReadingWithoutATotalLeavesItsTimeOut) {
  Builder b({}, {rail("GPU"), rail("CPU")});
  b.inference(0, 3, {}).sample(1, {100, 100}).sample(2, {100, kNaN}).sample(3, {300, 300});
  const Measured m = measured_of(b.get());
  EXPECT_DOUBLE_EQ(m.total.power_mw->mean, 400.0);
  EXPECT_DOUBLE_EQ(m.rails[0].power_mw->mean, 500.0 / 3.0);
}

TEST(Measure, TheOnlyReadingStandsForAll) {
  Builder b({});
  b.inference(0, 3, {}).sample(1, 250);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 250.0);
  EXPECT_FALSE(measured_of(b.get()).total.power_mw->ci95);
}

// Time constant 1: from 4 on the response to the start is over, after 19 it sees what comes after.
TEST(Measure, WaitsForAKnownResponseToSettle) {
  Builder b({});
  b.inference(0, 20, {}).response(0, 0, 1, 0);
  for (int t = 1; t <= 30; ++t) b.sample(t, t <= 5 || t > 20 ? 0 : 1000);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 1000.0);
}

// What the reference calls overall power and energy (1.2 step 4).
TEST(Measure, PerInferenceFiguresComeFromTheReadingsInside) {
  Builder b({});
  b.inference(0, 10, {}).inference(10, 14, {}).inference(20, 30, {});
  b.sample(1, 100).sample(6, 300).sample(15, 9999).sample(25, 500);
  const Measured m = measured_of(b.get());
  EXPECT_EQ(m.power_draw_mw->count, 3u);
  EXPECT_DOUBLE_EQ(m.power_draw_mw->mean, 300.0);
  EXPECT_EQ(m.energy_mj->count, 2u);  // the second inference caught none
  EXPECT_DOUBLE_EQ(m.energy_mj->min, 2.0);
  EXPECT_DOUBLE_EQ(m.energy_mj->max, 5.0);
}

// D5: the reference ends in an IndexError.
TEST(Measure, D5_NoReadingInsideAnInferenceIsMissing) {
  Builder b({});
  b.inference(10, 14, {}).sample(1, 100).sample(2, 100);
  const Measured m = measured_of(b.get());
  EXPECT_EQ(m.total.power_mw.reason(), "no_samples");
  EXPECT_EQ(m.power_draw_mw.reason(), "no_samples");
  EXPECT_EQ(m.energy_mj.reason(), "no_samples");
}

TEST(Measure, WithoutAKnownRailSetOnlyTheRailsStand) {
  Builder b({}, {rail("R1", false)});
  b.inference(0, 10, {}).sample(5, 100).sample(10, 100);
  const Measured m = measured_of(b.get());
  EXPECT_EQ(m.total.energy_mj.reason(), "unknown_rail_set");
  EXPECT_EQ(m.power_draw_mw.reason(), "unknown_rail_set");
  EXPECT_DOUBLE_EQ(m.rails[0].energy_mj->mean, 1.0);
}

// A quarter of the run lies between inferences, and nothing says that the sensor keeps it apart:
// a third more or less.
TEST(Measure, WidensTheIntervalByWhatMayLeakInFromBetween) {
  Builder b({});
  b.inference(0, 3, {}).inference(4, 8, {}).inference(9, 11, {}).inference(12, 12, {});
  for (int t = 1; t <= 12; ++t) b.sample(t, 300);
  const Measured m = measured_of(b.get());
  EXPECT_DOUBLE_EQ(m.between_share, 0.25);
  EXPECT_DOUBLE_EQ(m.leak_share, 0.25);
  EXPECT_NEAR(m.total.power_mw->ci95->hi, 400.0, 1e-9);
  EXPECT_NEAR(m.total.power_mw->ci95->lo, 200.0, 1e-9);
  // 0.01 ms of the window's, and a quarter of the ms between readings: a reading in a gap stands
  // for what came before it too.
  b.response(0.04, 0, 0, 0);
  EXPECT_NEAR(measured_of(b.get()).leak_share, 0.26 / 2.25, 1e-12);
}

// The same with the idle power read before: a quarter of the run at 100 mW, and a mean of 300 mW
// over all, are 366.7 mW within the inferences, unless the power between was 300 mW too.
TEST(Measure, TakesOutTheIdlePowerBetween) {
  Builder b({});
  b.inference(0, 3, {}).inference(4, 8, {}).inference(9, 11, {}).inference(12, 12, {});
  for (int t = -4; t < 0; ++t) b.sample(t, 100);
  for (int t = 1; t <= 12; ++t) b.sample(t, 300);
  const Measured m = measured_of(b.get());
  EXPECT_NEAR(m.total.power_mw->mean, 300.0 + 200.0 / 3.0, 1e-9);
  EXPECT_NEAR(m.total.power_mw->ci95->lo, 300.0, 1e-9);
  EXPECT_NEAR(m.total.power_mw->ci95->hi, 300.0 + 400.0 / 3.0, 1e-9);
}

// The same with what an estimator found: a quarter of the run at 100 mW.
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

// A reading in a gap counts for the inference before it: the mean is that of the whole run.
TEST(Integrate, WithGapsItIsTheWholeRun) {
  Builder b({});
  b.inference(0, 2, {}).inference(4, 6, {});
  b.sample(2, 100).sample(4, 20).sample(6, 100);
  const Recording& recording = b.get();
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  const Batches batches{2, 2};
  const auto sum_of = [&](bool with_gaps) {
    CellTable cells =
        integrate(recording.iterations, recording.power, timing, batches, true, with_gaps);
    return cells.at(0, 0, 0).sum + cells.at(0, 0, 1).sum;
  };
  EXPECT_DOUBLE_EQ(sum_of(false), 2 * 100.0 + 2 * 100.0);
  EXPECT_DOUBLE_EQ(sum_of(true), 2 * 100.0 + 2 * 20.0 + 2 * 100.0);
}

}  // namespace
}  // namespace layerwatt
