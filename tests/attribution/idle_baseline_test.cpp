#include "attribution/idle_baseline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

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

// A recording whose first inference was cut off: what begins with the run does not lie before it.
TEST(IdleBaseline, AWindowThatBeginsWithTheFirstInferenceIsNotBeforeIt) {
  Recording made = recording(2000.0);
  made.idle = {window(1000.0, 1200.0, 1999.0)};
  const Result result = attribute(made);
  EXPECT_EQ(result.idle->before_mw.reason(), "not_measured");
  EXPECT_DOUBLE_EQ(result.idle->after_mw->mean, 2000.0);
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

// One inference from 10 to 20 ms. Idle windows 0–8 ms and 21–28 ms, settled from 2 and 22 ms on;
// what is read outside them is far off.
Result with_idle(const std::vector<double>& before_mw, const std::vector<double>& after_mw) {
  Builder b({});
  b.inference(10, 20, {}).sample(1, 9e3);
  const auto spread = [&](const std::vector<double>& mw, double first_ms, double last_ms) {
    for (std::size_t k = 0; k < mw.size(); ++k) {
      const double share = static_cast<double>(k) / static_cast<double>(mw.size() - 1);
      b.sample(first_ms + share * (last_ms - first_ms), mw[k]);
    }
  };
  spread(before_mw, 2, 8);
  b.sample(9, 9e3).sample(15, 8e3).sample(21.5, 9e3);
  spread(after_mw, 22, 28);
  b.sample(29, 9e3);
  Recording made = b.get();
  if (!before_mw.empty()) made.idle.push_back(window(0, 2, 8));
  if (!after_mw.empty()) made.idle.push_back(window(21, 22, 28));
  Result result;
  result.total.energy_mj = Estimate{80.0, std::nullopt};
  add_idle_baseline(result, made, slot_times(made.iterations, 20));
  return result;
}

TEST(IdleBaseline, IsTheMeanOfTheTwoSidesAndHalfOfWhatTheyDiffer) {
  const Result result = with_idle({100, 200, 600}, {400, 400, 400});
  ASSERT_TRUE(result.idle);
  EXPECT_DOUBLE_EQ(result.idle->before_mw->mean, 300.0);
  const double half = 4.30265 * std::sqrt(140000.0 / 2.0 / 3.0);
  EXPECT_NEAR(result.idle->before_mw->ci95->hi, 300.0 + half, 1e-6);
  EXPECT_DOUBLE_EQ(result.idle->after_mw->mean, 400.0);
  EXPECT_DOUBLE_EQ(*result.idle->drift_mw, 100.0);
  EXPECT_DOUBLE_EQ(result.idle->power_mw->mean, 350.0);
  EXPECT_NEAR(result.idle->power_mw->ci95->lo, 350.0 - 0.5 * half - 50.0, 1e-6);
  EXPECT_NEAR(result.idle->power_mw->ci95->hi, 350.0 + 0.5 * half + 50.0, 1e-6);
  EXPECT_DOUBLE_EQ(result.total.active_energy_mj->mean, 80.0 - 3.5);
  EXPECT_FALSE(result.total.active_energy_mj->ci95);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].code, "idle_drift");
  EXPECT_EQ(result.warnings[0].message,
            "idle power was 300 mW before and 400 mW after the inferences (+33 %)");
}

TEST(IdleBaseline, BothSidesScatterInSquares) {
  const Result result = with_idle({290, 300, 310}, {280, 300, 320});
  const double before = 4.30265 * 10.0 / std::sqrt(3.0);
  EXPECT_NEAR(result.idle->power_mw->ci95->hi, 300.0 + 0.5 * std::hypot(before, 2.0 * before),
              1e-6);
}

TEST(IdleBaseline, ATwentiethIsNoNotableDrift) {
  EXPECT_TRUE(with_idle({97.5, 97.5, 97.5}, {102.5, 102.5, 102.5}).warnings.empty());
  EXPECT_EQ(with_idle({97.5, 97.5, 97.5}, {103, 103, 103}).warnings.size(), 1u);
  EXPECT_EQ(with_idle({103, 103, 103}, {97, 97, 97}).warnings.size(), 1u);
}

TEST(IdleBaseline, TwoReadingsAreTooFewAndOneSideIsTold) {
  const Result few = with_idle({100, 100}, {400, 400});
  EXPECT_EQ(few.idle->before_mw.reason(), "few_samples");
  ASSERT_EQ(few.warnings.size(), 1u);
  EXPECT_EQ(few.warnings[0].code, "no_idle_baseline");
  const Result after = with_idle({}, {400, 400, 400});
  EXPECT_EQ(after.idle->before_mw.reason(), "not_measured");
  EXPECT_DOUBLE_EQ(after.idle->power_mw->mean, 400.0);
  EXPECT_EQ(after.idle->drift_mw.reason(), "not_measured");
  ASSERT_EQ(after.warnings.size(), 1u);
  EXPECT_EQ(after.warnings[0].code, "idle_once");
  EXPECT_EQ(with_idle({100, 100}, {400, 400, 400}).idle->drift_mw.reason(), "few_samples");
}

TEST(IdleBaseline, ACountersIntervalLiesInSettledIdleTimeToo) {
  Builder b({});
  b.inference(10, 20, {});
  b.energy(1, 3, 9e3).energy(2, 4, 100).energy(4, 6, 200).energy(6, 8, 300).energy(8, 9, 9e3);
  Recording made = b.get();
  made.idle = {window(0, 2, 8)};
  Result result;
  add_idle_baseline(result, made, slot_times(made.iterations, 20));
  EXPECT_DOUBLE_EQ(result.idle->before_mw->mean, 200.0);
}

TEST(IdleBaseline, TheFirstReadingOfAllCounts) {
  Builder b({});
  b.inference(10, 20, {}).sample(2, 300).sample(4, 100).sample(6, 200);
  Recording made = b.get();
  made.idle = {window(0, 2, 8)};
  Result result;
  add_idle_baseline(result, made, slot_times(made.iterations, 20));
  ASSERT_TRUE(result.idle->before_mw);
  EXPECT_DOUBLE_EQ(result.idle->before_mw->mean, 200.0);
}

TEST(IdleBaseline, WithoutReadingsNothingIsSaid) {
  Builder b({});
  Recording made = b.inference(10, 20, {}).get();
  made.idle = {window(0, 2, 8)};
  Result result;
  add_idle_baseline(result, made, slot_times(made.iterations, 20));
  EXPECT_FALSE(result.idle);
  EXPECT_TRUE(result.warnings.empty());
}

TEST(IdleBaseline, NoIntervalWhereOneIsMissing) {
  const Known<Estimate> with = Estimate{50.0, Interval{47.0, 53.0}};
  const Known<Estimate> without = Estimate{50.0, std::nullopt};
  EXPECT_FALSE(active_energy(with, without, 10.0)->ci95);
  EXPECT_FALSE(active_energy(without, with, 10.0)->ci95);
  EXPECT_EQ(active_energy(with, Missing{"few_samples"}, 10.0).reason(), "no_idle_baseline");
}

}  // namespace
}  // namespace layerwatt
