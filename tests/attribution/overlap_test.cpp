#include "attribution/overlap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using ::testing::ElementsAre;
using testing::kNaN;
using testing::rail;

PowerEstimates estimates_of(const Recording& recording) {
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  const SlotTimes times = slot_times(recording.iterations, 20);
  const bool with_total = recording.power.has_total();
  const OverlapTally tally =
      tally_samples(recording.iterations, recording.power, timing, times.batches, with_total);
  return overlap_estimates(recording.iterations, recording.power, timing, times, tally, with_total);
}

// a 0–2, b 2–7, outside 7–10; again from 10. Readings at 1 (a), 3 and 6 (b), 8 (outside),
// 11 (a), 12 (b: the boundary belongs to the later layer).
Builder two_layers() {
  Builder b({"a", "b"});
  b.inference(0, 10, {2, 5}).inference(10, 20, {2, 5});
  b.sample(1, 100).sample(3, 200).sample(6, 400).sample(8, 50).sample(11, 300).sample(12, 600);
  return b;
}

TEST(Overlap, PowerIsTheMeanOfTheReadingsInsideTheLayer) {
  Builder b = two_layers();
  const PowerEstimates e = estimates_of(b.get());
  EXPECT_DOUBLE_EQ(e.layers[0].total.power_mw->mean, 200.0);  // (100 + 300) / 2
  EXPECT_DOUBLE_EQ(e.layers[1].total.power_mw->mean, 400.0);  // (200 + 400 + 600) / 3
  EXPECT_DOUBLE_EQ(e.outside.total.power_mw->mean, 50.0);
  EXPECT_EQ(e.layers[0].samples, 2u);
  EXPECT_EQ(e.layers[1].samples, 3u);
  EXPECT_EQ(e.outside.samples, 1u);
  // mW × ms / 1000
  EXPECT_DOUBLE_EQ(e.layers[0].total.energy_mj->mean, 0.4);
  EXPECT_DOUBLE_EQ(e.layers[1].total.energy_mj->mean, 2.0);
  EXPECT_DOUBLE_EQ(e.outside.total.energy_mj->mean, 0.15);
}

// 1.2 step 3 of the reference: no sample → power = energy = 0.
TEST(Overlap, ALayerWithoutAReadingIsMissingAndNeverZero) {
  Builder b({"a", "b", "c"});
  b.inference(0, 10, {2, 5, 3}).sample(3, 200);
  const PowerEstimates e = estimates_of(b.get());
  EXPECT_EQ(e.layers[0].total.power_mw.reason(), "no_samples");
  EXPECT_EQ(e.layers[0].total.energy_mj.reason(), "no_samples");
  EXPECT_EQ(e.layers[0].reason, "no_samples");
  EXPECT_TRUE(e.layers[1].total.power_mw);
}

TEST(Overlap, EnergyCountsInferencesThatDidNotReportTheLayer) {
  Builder b({"a", "b"});
  b.inference(0, 10, {4, 6}).inference(10, 20, {kNaN, 10});
  b.sample(1, 100).sample(5, 100).sample(11, 100);
  const PowerEstimates e = estimates_of(b.get());
  EXPECT_DOUBLE_EQ(e.layers[0].total.power_mw->mean, 100.0);
  EXPECT_DOUBLE_EQ(e.layers[0].total.energy_mj->mean, 0.2);  // 100 mW × (4 + 0) / 2 ms
  EXPECT_DOUBLE_EQ(e.layers[1].total.energy_mj->mean, 0.8);
}

TEST(Overlap, ALayerThatWasNeverReportedIsMissing) {
  Builder b({"a", "b"});
  b.inference(0, 10, {10, kNaN}).sample(1, 100);
  EXPECT_EQ(estimates_of(b.get()).layers[1].total.power_mw.reason(), "not_reported");
}

TEST(Overlap, OutsideWithoutLengthHasNoEnergyAndWithLengthButNoReadingIsMissing) {
  Builder none({"a"});
  none.inference(0, 10, {10}).sample(1, 100);
  EXPECT_DOUBLE_EQ(estimates_of(none.get()).outside.total.energy_mj->mean, 0.0);
  EXPECT_EQ(estimates_of(none.get()).outside.total.power_mw.reason(), "no_time");
  Builder some({"a"});
  some.inference(0, 10, {8}).sample(1, 100);
  EXPECT_EQ(estimates_of(some.get()).outside.total.energy_mj.reason(), "no_samples");
}

// D7: the reference keys by name, so the second "conv" would overwrite the first.
TEST(Overlap, D7_RepeatedNamesStayApart) {
  Builder b({"conv", "conv"});
  b.inference(0, 10, {5, 5}).sample(1, 100).sample(6, 900);
  const PowerEstimates e = estimates_of(b.get());
  EXPECT_DOUBLE_EQ(e.layers[0].total.power_mw->mean, 100.0);
  EXPECT_DOUBLE_EQ(e.layers[1].total.power_mw->mean, 900.0);
}

TEST(Overlap, AReadingThatLacksARailCountsForTheOtherRailsAlone) {
  Builder b({"a"}, {rail("GPU"), rail("CPU"), rail("DRAM", false)});
  b.inference(0, 10, {10});
  b.sample(1, {100, 10, 1}).sample(2, {300, kNaN, 3}).sample(3, {200, 30, kNaN});
  const LayerPower a = estimates_of(b.get()).layers[0];
  EXPECT_DOUBLE_EQ(a.rails[0].power_mw->mean, 200.0);
  EXPECT_DOUBLE_EQ(a.rails[1].power_mw->mean, 20.0);
  EXPECT_DOUBLE_EQ(a.rails[2].power_mw->mean, 2.0);
  EXPECT_DOUBLE_EQ(a.total.power_mw->mean, 170.0);  // (110 + 230) / 2: the second has no total
  EXPECT_EQ(a.samples, 3u);
}

// D4: the reference adds what rails it knows and calls it the total.
TEST(Overlap, D4_WithoutAKnownRailSetRailsStandAndTheTotalIsMissing) {
  Builder b({"a"}, {rail("RAIL_1", false), rail("RAIL_2", false)});
  b.inference(0, 10, {10}).sample(1, {100, 10});
  const LayerPower a = estimates_of(b.get()).layers[0];
  EXPECT_EQ(a.total.power_mw.reason(), "unknown_rail_set");
  EXPECT_DOUBLE_EQ(a.rails[1].power_mw->mean, 10.0);
  EXPECT_EQ(a.reason, "unknown_rail_set");
}

// D6: a reading speaks of the time before its stamp. With the sign turned round, or no shift, it
// falls into another layer.
TEST(Overlap, D6_LatencyAndHalfTheWindowMoveAReadingBack) {
  Builder b({"a", "b", "c"});
  b.inference(0, 30, {10, 10, 10}).sample(15, 700);
  EXPECT_EQ(estimates_of(b.get()).layers[1].samples, 1u);
  b.response(2, 5, 0, 0);  // 15 − 5 − 1 = 9: a; turned round 21: c
  EXPECT_EQ(estimates_of(b.get()).layers[0].samples, 1u);
  b.response(2, 3, 0, 0);  // 15 − 3 − 1 = 11: b
  EXPECT_EQ(estimates_of(b.get()).layers[1].samples, 1u);
  b.response(6, 3, 0, 0);  // 15 − 3 − 3 = 9: a
  EXPECT_EQ(estimates_of(b.get()).layers[0].samples, 1u);
  b.response(0, 3, 3, 0);  // 15 − 3 − 3 = 9: a
  EXPECT_EQ(estimates_of(b.get()).layers[0].samples, 1u);
}

TEST(Overlap, AnEnergyReadingSpeaksOfTheMiddleOfItsInterval) {
  Builder b({"a", "b"});
  b.inference(0, 20, {10, 10}).energy(4, 14, 500).energy(14, 19, 900);  // middles 9 and 16.5
  const PowerEstimates e = estimates_of(b.get());
  EXPECT_DOUBLE_EQ(e.layers[0].total.power_mw->mean, 500.0);
  EXPECT_DOUBLE_EQ(e.layers[1].total.power_mw->mean, 900.0);
}

// The reference's arithmetic as its text has it: every window of every layer against every reading.
TEST(Overlap, AgreesWithTheReferencesMethodOnRandomRecordings) {
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> ms(0.05, 1.0);
  std::uniform_real_distribution<double> mw(100, 9000);
  Builder b({"a", "b", "a", "c"});
  double t = 0;
  std::vector<std::vector<std::pair<double, double>>> windows(4);
  std::vector<double> reported(4, 0.0);
  for (int i = 0; i < 300; ++i) {
    std::vector<double> row;
    double at = t;
    for (std::size_t j = 0; j < 4; ++j) {
      row.push_back(j == 2 && i % 3 == 0 ? kNaN : ms(random));
      if (std::isnan(row[j])) continue;
      windows[j].emplace_back(at, at + row[j]);
      reported[j] += row[j];
      at += row[j];
    }
    b.inference(t, at + 0.3, row);
    t = at + 0.3 + ms(random);
  }
  std::vector<std::pair<double, double>> readings;
  for (double s = 0.013; s < t; s += 0.1717) {
    readings.emplace_back(s, mw(random));
    b.sample(s, readings.back().second);
  }
  const PowerEstimates e = estimates_of(b.get());
  for (std::size_t j = 0; j < 4; ++j) {
    double sum = 0;
    double n = 0;
    for (const auto& [start, stop] : windows[j]) {
      for (const auto& [time, power] : readings) {
        if (start <= time && time <= stop) {
          sum += power;
          n += 1;
        }
      }
    }
    EXPECT_EQ(e.layers[j].samples, static_cast<std::uint64_t>(n)) << j;
    EXPECT_NEAR(e.layers[j].total.power_mw->mean, sum / n, 1e-9) << j;
    EXPECT_NEAR(e.layers[j].total.energy_mj->mean, sum / n * reported[j] / 300 / 1000, 1e-9) << j;
  }
}

TEST(MergeSamples, TellsReadingsInsideFromThoseBetweenAndLeavesOutTheRest) {
  Builder b({});
  b.inference(10, 20, {}).inference(30, 40, {});
  for (double t : {5.0, 10.0, 19.9, 20.0, 25.0, 30.0, 39.9, 40.0}) b.sample(t, 1);
  std::vector<std::pair<std::size_t, std::size_t>> inside;
  std::vector<std::pair<std::size_t, std::size_t>> between;
  const SensorTiming timing = sensor_timing({}, b.get().power);
  merge_samples(
      b.get().iterations, EffectiveTimes(b.get().power, timing),
      [&](std::size_t k, std::size_t i, double) { inside.emplace_back(k, i); },
      [&](std::size_t k, std::size_t i) { between.emplace_back(k, i); });
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_THAT(inside, ElementsAre(Pair(1, 0), Pair(2, 0), Pair(5, 1), Pair(6, 1)));
  EXPECT_THAT(between, ElementsAre(Pair(3, 0), Pair(4, 0)));
}

// Two inferences, a reading of 100 and one of 300 in the layer: means 100 and 300 of two batches,
// so 200 ± 12.7062 × 100.
TEST(OverlapInterval, IsStudentTOnTheBatchesWhereTheSensorIsKnownAndFast) {
  Builder b({"a"});
  b.inference(0, 10, {10}).inference(10, 20, {10}).sample(5, 190).sample(15, 210);
  b.response(0, 0, 0, 0);
  const LayerPower a = estimates_of(b.get()).layers[0];
  EXPECT_NEAR(a.total.power_mw->ci95->lo, 200 - 127.062, 1e-6);
  EXPECT_NEAR(a.total.power_mw->ci95->hi, 200 + 127.062, 1e-6);
  EXPECT_NEAR(a.total.energy_mj->ci95->hi, 2 + 1.27062, 1e-8);
  EXPECT_FALSE(a.reason);
}

// Window 2 in layers of 10: 2 / 4 / 10 = 5 % of the readings in a were drawn outside it. Means 100
// and 300: 200 × 0.05 / (1 − 0.1) = 11.11 mW may have leaked.
TEST(OverlapInterval, IsWidenedByWhatLeaksInFromTheNeighbours) {
  Builder b({"a", "b"});
  b.inference(0, 20, {10, 10}).inference(20, 40, {10, 10});
  b.sample(6, 100).sample(16, 300).sample(26, 100).sample(36, 300).response(2, 0, 0, 0);
  const LayerPower a = estimates_of(b.get()).layers[0];
  EXPECT_NEAR(a.total.power_mw->ci95->hi, 100 + 200 * 0.05 / 0.9, 1e-9);
  EXPECT_NEAR(a.total.energy_mj->ci95->hi, 1 + 2 * 0.05 / 0.9, 1e-9);
  EXPECT_NEAR(a.rails[0].power_mw->ci95->hi, 100 + 200 * 0.05 / 0.9, 1e-9);
}

TEST(OverlapInterval, IsAbsentWithTheReasonWhereTheSensorIsSlowOrUnknown) {
  Builder b({"a"});
  b.inference(0, 10, {10}).inference(10, 20, {10}).sample(5, 190).sample(15, 210);
  EXPECT_EQ(estimates_of(b.get()).layers[0].reason, "sensor_response_unknown");
  b.response(0, 0, 0, 0).get().manifest.sensor.model.timestamp_error_ms.reset();
  EXPECT_EQ(estimates_of(b.get()).layers[0].reason, "sensor_response_unknown");
  EXPECT_FALSE(estimates_of(b.get()).layers[0].total.power_mw->ci95);
  b.response(4, 0, 2.1, 0);  // 4 + 3 × 2.1 > 10
  EXPECT_EQ(estimates_of(b.get()).layers[0].reason, "sensor_slower_than_layer");
  EXPECT_FALSE(estimates_of(b.get()).layers[0].total.power_mw->ci95);
  EXPECT_FALSE(estimates_of(b.get()).layers[0].rails[0].power_mw->ci95);
}

TEST(OverlapInterval, DoesNotReachBelowNothingAndOneBatchHasNone) {
  Builder b({"a"});
  b.inference(0, 10, {10}).inference(10, 20, {10}).sample(5, 50).sample(15, 350);
  b.response(0, 0, 0, 0);
  const LayerPower a = estimates_of(b.get()).layers[0];
  EXPECT_EQ(a.total.power_mw->ci95->lo, 0.0);
  EXPECT_NEAR(a.total.power_mw->ci95->hi, 200 + 12.7062 * 150, 1e-6);
  Builder one({"a"});
  one.inference(0, 10, {10}).sample(5, 50).sample(7, 350).response(0, 0, 0, 0);
  EXPECT_EQ(estimates_of(one.get()).layers[0].reason, "few_samples");
  EXPECT_FALSE(estimates_of(one.get()).layers[0].total.power_mw->ci95);
}

// Of 100, 250 and 300 mW what can leak into the second is 150 mW away; where 900 mW were read
// between inferences, 650.
TEST(OverlapInterval, TheFarthestPowerOfAnySlotMayLeakIn) {
  const auto high = [](bool between) {
    Builder b({"a", "b", "c"});
    b.inference(0, 30, {10, 10, 10}).inference(40, 70, {10, 10, 10});
    b.sample(6, 100).sample(16, 250).sample(26, 300);
    if (between) b.sample(36, 900);
    b.sample(46, 100).sample(56, 250).sample(66, 300).response(2, 0, 0, 0);
    const PowerEstimates e = estimates_of(b.get());
    EXPECT_NEAR(e.layers[0].total.power_mw->ci95->hi, 100 + (between ? 800 : 200) * 0.05 / 0.9,
                1e-9);
    return e.layers[1].total.power_mw->ci95->hi;
  };
  EXPECT_NEAR(high(false), 250 + 150 * 0.05 / 0.9, 1e-9);
  EXPECT_NEAR(high(true), 250 + 650 * 0.05 / 0.9, 1e-9);
}

TEST(OverlapInterval, ASensorAsSlowAsTheLayerIsFastEnough) {
  Builder b({"a"});
  b.inference(0, 10, {10}).inference(10, 20, {10}).sample(5, 200).sample(15, 200);
  b.response(4, 0, 2, 0);  // 4 + 3 × 2
  EXPECT_FALSE(estimates_of(b.get()).layers[0].reason);
  EXPECT_NEAR(estimates_of(b.get()).layers[0].total.power_mw->ci95->hi, 200.0, 1e-9);
}

// Two of three inferences have 4 ms of `a`: that, not the mean over all, is what a sensor must be
// faster than. 2 ms outside.
TEST(OverlapInterval, ALayerIsAsLongAsItIsWhereItOccurs) {
  const auto with_window = [](double window_ms) {
    Builder b({"a", "b"});
    b.inference(0, 10, {4, 4}).inference(10, 20, {kNaN, 8}).inference(20, 30, {4, 4});
    for (int t = 1; t < 30; t += 2) b.sample(t + 0.5 * window_ms, 200);
    return estimates_of(b.response(window_ms, 0, 0, 0).get());
  };
  EXPECT_FALSE(with_window(3.0).layers[0].reason);
  EXPECT_EQ(with_window(4.5).layers[0].reason, "sensor_slower_than_layer");
  EXPECT_EQ(with_window(3.0).outside.reason, "sensor_slower_than_layer");
  EXPECT_FALSE(with_window(1.5).outside.reason);
}

TEST(Overlap, WhatIsNotThereIsMissingOnEveryRail) {
  Builder b({"a", "b"}, {rail("GPU"), rail("CPU")});
  b.inference(0, 10, {10, kNaN}).sample(1, {100, 10});
  const PowerEstimates e = estimates_of(b.get());
  ASSERT_EQ(e.layers[1].rails.size(), 2u);
  EXPECT_EQ(e.layers[1].rails[1].energy_mj.reason(), "not_reported");
  EXPECT_EQ(e.layers[1].reason, "not_reported");
  EXPECT_EQ(e.outside.reason, "no_time");
  EXPECT_EQ(e.outside.rails[1].energy_mj->ci95->lo, 0.0);
  EXPECT_EQ(e.outside.rails[1].energy_mj->ci95->hi, 0.0);
  EXPECT_EQ(e.outside.rails[1].power_mw.reason(), "no_time");
}

TEST(Overlap, ALayerThatIsNotReportedHidesNoneBehindIt) {
  Builder b({"a", "b"});
  b.inference(0, 10, {kNaN, 10}).sample(1, 100);
  const PowerEstimates e = estimates_of(b.get());
  ASSERT_EQ(e.layers.size(), 2u);
  EXPECT_EQ(e.layers[0].reason, "not_reported");
  EXPECT_NEAR(e.layers[1].total.power_mw->mean, 100.0, 1e-9);
}

TEST(TallySamples, CountsByBatchAndWhatLiesBetweenByTheInferenceBeforeIt) {
  Builder b({"a"});
  b.inference(0, 10, {4}).inference(20, 30, {4});
  b.sample(1, 10).sample(8, 20).sample(15, 40).sample(21, 80).sample(22, 160);
  const Recording& recording = b.get();
  const SensorTiming timing = sensor_timing({}, recording.power);
  OverlapTally tally =
      tally_samples(recording.iterations, recording.power, timing, Batches{2, 2}, true);
  EXPECT_THAT(tally.samples, ElementsAre(3u, 1u, 1u));
  EXPECT_EQ(tally.cells.at(0, 1, 0).sum, 10.0);
  EXPECT_EQ(tally.cells.at(0, 1, 1).sum, 240.0);
  EXPECT_EQ(tally.cells.at(0, 0, 1).weight, 2.0);
  EXPECT_EQ(tally.cells.at(1, 1, 0).sum, 20.0);
  EXPECT_EQ(tally.cells.at(2, 1, 0).sum, 40.0);
  EXPECT_EQ(tally.cells.at(2, 1, 1).weight, 0.0);
}

}  // namespace
}  // namespace layerwatt
