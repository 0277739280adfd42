#include "attribution/measured.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "attribution/recordings.hpp"
#include "attribution/two_of_three_ms.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using testing::kNaN;
using testing::kT1;
using testing::rail;
using testing::two_of_three_ms;

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
  ASSERT_EQ(m.rails.size(), 1u);
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

// Shown 2 ms late: (−4, 4], (4, 10] and (10, 12].
TEST(Measure, EnergyReadingsAreMovedBackAtBothEnds) {
  Builder b({});
  b.inference(0, 10, {}).response(0, 2, 0, 0);
  b.energy(-2, 6, 100).energy(6, 12, 600).energy(12, 14, 9000);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, (4 * 100 + 6 * 600) / 10.0);
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
  EXPECT_EQ(m.energy_mj.reason(), "unknown_rail_set");
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

// Time constant 2: 8 ms at the beginning and 2 at the end leave 10 of 20, no more than half.
TEST(Measure, CountsTheWholeRunWhereHalfOfItIsNotSettled) {
  Builder b({});
  b.inference(0, 20, {}).response(0, 0, 2, 0);
  for (int t = 1; t <= 30; ++t) b.sample(t, t > 10 && t <= 20 ? 1000 : 0);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 500.0);
}

TEST(Measure, TheFirstReadingStandsForOneSpacingAndTheOthersForTheTimeSinceTheLast) {
  Builder b({});
  b.inference(0, 24, {}).sample(10, 100).sample(16, 200).sample(20, 300).sample(24, 400);
  // 4, 6, 4 and 4 ms.
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 4400.0 / 18.0);
}

TEST(Measure, ReadingsOneMillisecondApartStandForOneEach) {
  Builder b({});
  b.inference(0, 2, {}).sample(1, 100).sample(2, 200).sample(3, 900);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 150.0);
}

TEST(Integrate, AnInferenceOfNoLengthTakesNothingFromTheNext) {
  Builder b({});
  b.inference(0, 1, {}).inference(1, 1, {}).inference(1, 4, {}).inference(4, 8, {});
  b.sample(4, 100).sample(8, 200);
  EXPECT_DOUBLE_EQ(measured_of(b.get()).total.power_mw->mean, 150.0);
}

TEST(Integrate, ReadingsCountInTheBatchOfTheirInference) {
  Builder b({});
  b.inference(0, 2, {}).inference(2, 6, {}).sample(2, 100).sample(4, 200).sample(6, 300);
  const Recording& recording = b.get();
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  CellTable cells =
      integrate(recording.iterations, recording.power, timing, Batches{2, 2}, true, false);
  EXPECT_DOUBLE_EQ(cells.at(0, 1, 0).sum, 200.0);
  EXPECT_DOUBLE_EQ(cells.at(0, 1, 0).weight, 2.0);
  EXPECT_DOUBLE_EQ(cells.at(0, 1, 1).sum, 2 * 200.0 + 2 * 300.0);
  EXPECT_DOUBLE_EQ(cells.at(0, 1, 1).weight, 4.0);
}

TEST(Measure, AReadingWithoutATotalIsNoDraw) {
  Builder b({}, {rail("GPU"), rail("CPU")});
  b.inference(0, 4, {}).sample(1, {100, 100}).sample(2, {100, kNaN}).sample(3, {300, 300});
  const Measured m = measured_of(b.get());
  EXPECT_EQ(m.power_draw_mw->count, 2u);
  EXPECT_DOUBLE_EQ(m.energy_mj->mean, 1.6);  // 400 mW for 4 ms
}

// Means of 299 and 301 mW: 300 ± t · 1 mW. A seventh of the run is between: a sixth more or less.
TEST(Measure, ScatterBetweenBatchesAndTheLeakAddUp) {
  Builder b = two_of_three_ms();
  for (int t = 1; t <= 4; ++t) b.sample(t, 299);
  for (int t = 5; t <= 7; ++t) b.sample(t, 301);
  const Measured m = measured_of(b.get());
  EXPECT_DOUBLE_EQ(m.total.power_mw->mean, 300.0);
  EXPECT_NEAR(m.total.power_mw->ci95->lo, 300.0 - kT1 - 50.0, 1e-6);
  EXPECT_NEAR(m.total.power_mw->ci95->hi, 300.0 + kT1 + 50.0, 1e-6);
  EXPECT_NEAR(m.total.energy_mj->ci95->hi, 0.9 + 0.003 * (kT1 + 50.0), 1e-9);
}

// The same with three readings of the idle device, of which 120 is the median: 300 and a sixth of
// 180. Two readings would say nothing, and what is read at the start is not of the idle device.
TEST(Measure, TheIdlePowerIsTheMedianOfThreeReadingsOrMore) {
  const auto with_idle = [](const std::vector<double>& idle_mw) {
    Builder b = two_of_three_ms();
    double at = -static_cast<double>(idle_mw.size());
    for (const double mw : idle_mw) b.sample(at++, mw);
    b.sample(0, 250);
    for (int t = 1; t <= 4; ++t) b.sample(t, 299);
    for (int t = 5; t <= 7; ++t) b.sample(t, 301);
    return measured_of(b.get()).total;
  };
  const ColumnPower found = with_idle({120, 130, 100});
  EXPECT_NEAR(found.power_mw->mean, 330.0, 1e-9);
  EXPECT_NEAR(found.power_mw->ci95->lo, 330.0 - 1.1 * kT1 - 30.0, 1e-6);
  EXPECT_NEAR(found.power_mw->ci95->hi, 330.0 + 1.1 * kT1 + 30.0, 1e-6);
  EXPECT_NEAR(found.energy_mj->mean, 0.99, 1e-9);
  EXPECT_NEAR(found.energy_mj->ci95->lo, 0.99 - 0.003 * (1.1 * kT1 + 30.0), 1e-9);
  EXPECT_NEAR(with_idle({130, 120}).power_mw->mean, 300.0, 1e-9);
  EXPECT_NEAR(with_idle({90, 130, 120, 100}).power_mw->mean, 330.0, 1e-9);  // the upper middle
  // No less than the inferences': nothing to take out.
  EXPECT_NEAR(with_idle({300, 300, 300}).power_mw->mean, 300.0, 1e-9);
  EXPECT_NEAR(with_idle({300, 300, 300}).power_mw->ci95->hi, 300.0 + kT1 + 50.0, 1e-6);
}

// Half of the run between inferences is the most that is borne.
TEST(Measure, NoIntervalWhereMoreThanHalfMayHaveLeaked) {
  const auto ending_at = [](double second_end_ms, bool idle_read) {
    Builder b({});
    b.inference(0, 2, {}).inference(3, second_end_ms, {}).inference(6, 6, {});
    for (int t = -4; idle_read && t < 0; ++t) b.sample(t, 100);
    for (int t = 1; t <= 6; ++t) b.sample(t, 300);
    return measured_of(b.get());
  };
  const Measured half = ending_at(4, false);
  EXPECT_DOUBLE_EQ(half.leak_share, 0.5);
  EXPECT_NEAR(half.total.power_mw->mean, 300.0, 1e-9);
  EXPECT_NEAR(half.total.power_mw->ci95->hi, 600.0, 1e-9);
  const Measured corrected = ending_at(4, true);
  EXPECT_NEAR(corrected.total.power_mw->mean, 500.0, 1e-9);
  EXPECT_NEAR(corrected.total.power_mw->ci95->lo, 300.0, 1e-9);
  EXPECT_NEAR(corrected.total.power_mw->ci95->hi, 700.0, 1e-9);
  const Measured more = ending_at(3.5, true);
  EXPECT_NEAR(more.between_share, 3.5 / 6.0, 1e-12);
  EXPECT_NEAR(more.total.power_mw->mean, 300.0, 1e-9);
  EXPECT_FALSE(more.total.power_mw->ci95);
}

TEST(Measure, ASlowSensorsLeakIsAtMostWhatLiesBetween) {
  Builder b = two_of_three_ms();
  for (int t = 1; t <= 7; ++t) b.sample(t, 300);
  b.response(40, 0, 0, 0);
  EXPECT_NEAR(measured_of(b.get()).leak_share, 1.0 / 7.0, 1e-12);
}

TEST(Measure, InferencesShorterThanAMillisecondLeakToo) {
  Builder b({});
  b.inference(0, 0.2, {}).inference(0.6, 0.8, {});
  for (int k = 1; k <= 8; ++k) b.sample(0.1 * k, 300);
  EXPECT_NEAR(measured_of(b.get()).between_share, 0.5, 1e-12);
  b.response(0.04, 0, 0, 0);
  // 0.01 ms of the window's and a quarter of 0.1 ms.
  EXPECT_NEAR(measured_of(b.get()).leak_share, 0.035 / 0.2, 1e-9);
}

TEST(Measure, ARunOfNoLengthHasNothingBetween) {
  Builder b({});
  b.inference(0, 0, {}).sample(1, 100).sample(2, 100);
  EXPECT_EQ(measured_of(b.get()).between_share, 0.0);
}

}  // namespace
}  // namespace layerwatt
