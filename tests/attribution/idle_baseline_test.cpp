#include "attribution/idle_baseline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "attribution/recordings.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

using testing::at_ms;
using testing::Builder;

IdleWindow window(double start_ms, double settled_ms, double end_ms) {
  return {at_ms(start_ms), at_ms(settled_ms), at_ms(end_ms)};
}

// 2 W of idle power before (5 W while it settles), `after_mw` after; ten inferences of 10 ms at 8
// W.
Recording recording(double after_mw) {
  Builder builder({"a", "b"});
  for (int i = 0; i < 10; ++i) {
    builder.inference(1000.0 + 10.0 * i, 1010.0 + 10.0 * i, {6.0, 3.0});
  }
  for (double t = 1.0; t <= 2000.0; t += 1.0) {
    const bool runs = t > 1000.0 && t <= 1100.0;
    const double idle = t <= 100.0 ? 5000.0 : t <= 1000.0 ? 2000.0 : after_mw;
    builder.sample(t, runs ? 8000.0 : idle);
  }
  Recording made = builder.response(0.0, 0.0, 0.0, 0.0).get();
  made.idle = {window(0.0, 100.5, 999.0), window(1101.0, 1200.0, 1999.0)};
  return made;
}

TEST(IdleBaseline, ActiveEnergyIsWhatExceedsIdlePower) {
  const Result result = attribute(recording(2000.0));
  ASSERT_TRUE(result.idle);
  EXPECT_DOUBLE_EQ(result.idle->before_mw->mean, 2000.0) << "without what was still settling";
  EXPECT_DOUBLE_EQ(result.idle->after_mw->mean, 2000.0);
  EXPECT_DOUBLE_EQ(*result.idle->drift_mw, 0.0);
  // 8 W for 10 ms, less 2 W.
  EXPECT_NEAR(result.total.energy_mj->mean, 80.0, 0.5);
  EXPECT_NEAR(result.total.active_energy_mj->mean, result.total.energy_mj->mean - 20.0, 1e-9);
  EXPECT_NEAR(result.layers[0].active_energy_mj->mean, result.layers[0].energy_mj->mean - 12.0,
              1e-9);
  EXPECT_NEAR(result.outside_layers.active_energy_mj->mean,
              result.outside_layers.energy_mj->mean - 2.0, 1e-9);
}

TEST(IdleBaseline, DriftIsToldAndInTheInterval) {
  const Result result = attribute(recording(2400.0));
  EXPECT_DOUBLE_EQ(*result.idle->drift_mw, 400.0);
  EXPECT_DOUBLE_EQ(result.idle->power_mw->mean, 2200.0);
  EXPECT_NEAR(result.idle->power_mw->ci95->hi, 2400.0, 1.0) << "half of the drift";
  const auto told = [](const Result& of) {
    return std::count_if(of.warnings.begin(), of.warnings.end(),
                         [](const Warning& warning) { return warning.code == "idle_drift"; });
  };
  EXPECT_EQ(told(result), 1);
  EXPECT_EQ(told(attribute(recording(2060.0))), 0) << "3 %";
}

TEST(IdleBaseline, OneSideAloneHasNoInterval) {
  Recording one = recording(2000.0);
  one.idle.pop_back();
  const Result result = attribute(one);
  EXPECT_DOUBLE_EQ(result.idle->power_mw->mean, 2000.0);
  EXPECT_FALSE(result.idle->power_mw->ci95);
  EXPECT_EQ(result.idle->drift_mw.reason(), "not_measured");
  EXPECT_FALSE(result.total.active_energy_mj->ci95);
}

TEST(IdleBaseline, FewReadingsAreNoBaseline) {
  Recording few = recording(2000.0);
  few.idle = {window(200.0, 200.5, 202.0)};
  const Result result = attribute(few);
  EXPECT_EQ(result.idle->before_mw.reason(), "few_samples");
  EXPECT_FALSE(result.idle->power_mw);
  EXPECT_EQ(result.total.active_energy_mj.reason(), "no_idle_baseline");
}

TEST(IdleBaseline, WithoutWindowsNothingIsSaid) {
  Recording none = recording(2000.0);
  none.idle.clear();
  const Result result = attribute(none);
  EXPECT_FALSE(result.idle);
  EXPECT_EQ(result.layers[0].active_energy_mj.reason(), "no_idle_baseline");
}

TEST(IdleBaseline, HalfWidthsAddInSquares) {
  const Known<Estimate> energy = Estimate{50.0, Interval{47.0, 53.0}};
  const Known<Estimate> idle = Estimate{2000.0, Interval{1600.0, 2400.0}};
  const auto active = active_energy(energy, idle, 10.0);
  EXPECT_DOUBLE_EQ(active->mean, 30.0);
  EXPECT_DOUBLE_EQ(active->ci95->lo, 25.0);
  EXPECT_DOUBLE_EQ(active->ci95->hi, 35.0);
  EXPECT_EQ(active_energy(Missing{"no_samples"}, idle, 1.0).reason(), "no_samples");
}

}  // namespace
}  // namespace layerwatt
