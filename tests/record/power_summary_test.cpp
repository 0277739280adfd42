#include "record/power_summary.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMs = 1'000'000;

// Readings every 10 ms from 0 on.
PowerSamples readings(std::vector<double> mw) {
  PowerSamples power;
  power.rails = {{"VDD_IN", true}};
  for (std::size_t i = 0; i < mw.size(); ++i) {
    power.time_ns.push_back(static_cast<std::int64_t>(i) * 10 * kMs);
  }
  power.rail_mw = std::move(mw);
  return power;
}

TEST(SummarizePower, AReadingSpeaksOfTheTimeNearestToIt) {
  // 5 … 15 ms are the second reading's, 15 … 25 ms the third's; 5 ms to 20 ms are asked for.
  const PowerSummary found =
      summarize_power(readings({9000.0, 1000.0, 4000.0, 9000.0}), {}, 5 * kMs, 20 * kMs);
  EXPECT_DOUBLE_EQ(found.duration_ms, 15.0);
  EXPECT_DOUBLE_EQ(found.total.power_mw->mean, (10.0 * 1000.0 + 5.0 * 4000.0) / 15.0);
  EXPECT_DOUBLE_EQ(found.total.energy_mj->mean, 30.0) << "2 W for 15 ms";
  EXPECT_DOUBLE_EQ(found.total.peak_mw.value(), 4000.0);
  EXPECT_DOUBLE_EQ(found.total.coverage, 1.0);
  EXPECT_FALSE(found.total.energy_mj->ci95.has_value()) << "two readings tell no spread";
}

TEST(SummarizePower, LatencyAndHalfTheWindowMoveReadingsBack) {
  SensorModel model;
  model.latency_ms = 6.0;
  model.window_ms = 8.0;
  const PowerSummary found =
      summarize_power(readings({9000.0, 1000.0, 4000.0, 9000.0}), model, -5 * kMs, 10 * kMs);
  EXPECT_DOUBLE_EQ(found.total.energy_mj->mean, 30.0);
}

TEST(SummarizePower, AnEnergyCounterIsExact) {
  PowerSamples power;
  power.rails = {{"package-0", true}};
  power.reading = Reading::energy;
  power.begin_ns = {0, 10 * kMs};
  power.time_ns = {10 * kMs, 40 * kMs};
  power.rail_mw = {1000.0, 3000.0};
  const PowerSummary found = summarize_power(power, {}, 5 * kMs, 25 * kMs);
  EXPECT_DOUBLE_EQ(found.total.energy_mj->mean, 5.0 * 1.0 + 15.0 * 3.0);
}

TEST(SummarizePower, AGapIsNotFilledAndTooLittleClaimsNothing) {
  PowerSamples power = readings({1000.0, 1000.0, 1000.0, 1000.0});
  power.time_ns = {0, 10 * kMs, 20 * kMs, 220 * kMs};
  PowerSummary found = summarize_power(power, {}, 0, 40 * kMs);
  EXPECT_DOUBLE_EQ(found.total.coverage, 0.75) << "the reading at 20 ms speaks up to 30 ms";
  EXPECT_DOUBLE_EQ(found.total.energy_mj->mean, 40.0);
  found = summarize_power(power, {}, 0, 200 * kMs);
  EXPECT_EQ(found.total.energy_mj.reason(), "too_few_readings");
  EXPECT_DOUBLE_EQ(found.total.peak_mw.value(), 1000.0);
  EXPECT_EQ(summarize_power(power, {}, 500 * kMs, 600 * kMs).total.power_mw.reason(), "no_samples");
}

TEST(SummarizePower, NoTotalIsInventedFromAMissingRailOrFromNone) {
  PowerSamples power = readings({});
  power.rails = {{"GPU", true}, {"CPU", true}, {"PART", false}};
  power.time_ns = {0, 10 * kMs, 20 * kMs};
  power.rail_mw = {1.0, 2.0, 5.0, 1.0, kNan, 5.0, 1.0, kNan, 5.0};
  const PowerSummary found = summarize_power(power, {}, -5 * kMs, 25 * kMs);
  EXPECT_DOUBLE_EQ(found.rails[0].power_mw->mean, 1.0);
  EXPECT_EQ(found.rails[1].power_mw.reason(), "too_few_readings");
  EXPECT_EQ(found.total.power_mw.reason(), "too_few_readings") << "one reading of three is whole";
  EXPECT_FALSE(found.rails[2].in_total);

  for (Rail& rail : power.rails) rail.in_total = false;
  EXPECT_EQ(summarize_power(power, {}, 0, 20 * kMs).total.energy_mj.reason(), "no_total_rails");
}

TEST(SummarizePower, SixteenReadingsHaveAnInterval) {
  std::vector<double> mw;
  for (int i = 0; i < 16; ++i) mw.push_back(i % 2 == 0 ? 900.0 : 1100.0);
  const PowerSummary found = summarize_power(readings(mw), {}, -5 * kMs, 155 * kMs);
  // t(15) · 100 · √(16/15) / 4 = 55.03 mW, over 160 ms 8.805 mJ.
  EXPECT_NEAR(found.total.power_mw->ci95->hi, 1055.03, 0.01);
  EXPECT_NEAR(found.total.energy_mj->ci95->lo, 160.0 - 8.805, 0.002);
}

}  // namespace
}  // namespace layerwatt
