#include "attribution/rounding.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "layerwatt/attribution.hpp"
#include "synthetic.hpp"

namespace layerwatt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> readings(double step_mw, double noise_mw, std::size_t count = 500) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double mw = 5000.0 + 100.0 * static_cast<double>(i % 7) + noise_mw * normal(random);
    values.push_back(step_mw > 0.0 ? step_mw * std::round(mw / step_mw) : mw);
  }
  return values;
}

TEST(Rounding, FindsTheStep) {
  EXPECT_EQ(rounding_step(readings(40.0, 20.0)), 40.0);
  EXPECT_EQ(rounding_step(readings(1.0, 20.0, 5000)), 1.0);
  auto some = readings(40.0, 20.0);
  for (std::size_t i = 0; i < some.size(); i += 3) some[i] = kNaN;
  EXPECT_EQ(rounding_step(some), 40.0);
}

TEST(Rounding, ReadingsThatAreNotRoundedHaveNone) {
  EXPECT_EQ(rounding_step(readings(0.0, 20.0)), 0.0);
  EXPECT_EQ(rounding_step(readings(40.0, 20.0, 30)), 0.0) << "too few";
  EXPECT_EQ(rounding_step(std::vector<double>(500, 4800.0)), 0.0) << "always the same";
  EXPECT_EQ(rounding_step({}), 0.0);
}

TEST(Rounding, NoiseAveragesItOut) {
  EXPECT_DOUBLE_EQ(rounding_left_mw2(12.0, 0.0), 12.0);  // 12² / 12
  EXPECT_NEAR(rounding_left_mw2(40.0, 7.0), 133.33 * std::exp(-1.209), 0.1);
  EXPECT_LT(rounding_left_mw2(40.0, 40.0), 1e-10);
  EXPECT_EQ(rounding_left_mw2(0.0, 3.0), 0.0);
  EXPECT_EQ(rounding_left_mw2(0.0, 0.0), 0.0);
}

TEST(Rounding, OfATotalIsThatOfItsRails) {
  PowerSamples power;
  power.rails = {{"A", true}, {"B", false}, {"C", true}};
  const std::vector<double> coarse = readings(40.0, 0.0);
  for (std::size_t i = 0; i < coarse.size(); ++i) {
    power.time_ns.push_back(static_cast<std::int64_t>(i));
    for (int r = 0; r < 3; ++r) power.rail_mw.push_back(coarse[i]);
  }
  // 40 mW apart (values every 100 mW, rounded: 80 or 120 apart), and no more residual than that.
  const double step = rounding_step(coarse);
  const std::vector<double> residuals(3, step / std::sqrt(12.0));
  EXPECT_NEAR(rounding_of_total_mw2(power, residuals), 2.0 * step * step / 12.0, 1e-9);
  power.reading = Reading::energy;
  EXPECT_EQ(rounding_of_total_mw2(power, residuals), 0.0);
}

TEST(Rounding, IsAllInALayerLongerThanTheResponse) {
  EXPECT_EQ(rounding_share(2.0, 1.0), 1.0);
  EXPECT_EQ(rounding_share(2.0, 0.0), 1.0);
  EXPECT_EQ(rounding_share(0.25, 1.0), 0.25);
  EXPECT_EQ(rounding_share(0.5, 2.0), 0.25);
  EXPECT_EQ(rounding_share(0.0, 1.0), 0.0);
  EXPECT_EQ(rounding_share(0.0, 0.0), 0.0) << "a layer that takes no time has none";
}

TEST(Rounding, IntervalsHoldTheTruthThoughReadingsAreCoarse) {
  std::size_t covered = 0;
  std::size_t layers = 0;
  for (std::uint64_t seed = 901; seed <= 908; ++seed) {
    synthetic::Spec spec;
    spec.layers = 12;
    spec.noise_mw = 7.0;
    spec.step_mw = 40.0;
    spec.seconds = 30.0;
    spec.seed = seed;
    synthetic::Synthetic made = synthetic::make(spec);
    SensorModel& model = made.recording.manifest.sensor.model;
    model.window_ms = spec.window_ms;
    model.latency_ms = spec.latency_ms;
    model.time_constant_ms = 0.0;
    model.timestamp_error_ms = 0.0;
    const Result result = attribute(made.recording);
    ASSERT_EQ(result.method, Method::deconvolve);
    for (std::size_t j = 0; j < result.layers.size(); ++j) {
      const Estimate& mj = result.layers[j].energy_mj.value();
      if (!mj.ci95) continue;
      ++layers;
      if (mj.ci95->lo <= made.energy_mj[j] && made.energy_mj[j] <= mj.ci95->hi) ++covered;
    }
  }
  // Without the rounding in them 73 % do.
  EXPECT_GE(static_cast<double>(covered), 0.9 * static_cast<double>(layers))
      << covered << " of " << layers;
}

std::vector<double> each(const std::vector<double>& values, std::size_t times) {
  std::vector<double> all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

TEST(Rounding, TheStepIsTheGapInTheMiddle) {
  // Gaps of 50, 10, 40, 20 and 30.
  EXPECT_EQ(rounding_step(each({0, 50, 60, 100, 120, 150}, 10)), 30.0);
  EXPECT_EQ(rounding_step(each({0, 50, 60, 100}, 20)), 40.0);
  EXPECT_EQ(rounding_step(each({7, 12}, 25)), 5.0);
}

TEST(Rounding, FiftyReadingsAndFourOfEachValueAreEnough) {
  EXPECT_EQ(rounding_step(each({0, 1}, 25)), 1.0);
  std::vector<double> values = each({0, 1}, 25);
  values.back() = kNaN;
  EXPECT_EQ(rounding_step(values), 0.0);
  std::vector<double> fifteen;
  for (int v = 0; v < 15; ++v) fifteen.push_back(v);
  EXPECT_EQ(rounding_step(each(fifteen, 4)), 1.0);
  std::vector<double> sixteenth = each(fifteen, 4);
  sixteenth.back() = 99.0;
  EXPECT_EQ(rounding_step(sixteenth), 0.0);
}

TEST(Rounding, WhatIsLeftOfASmallStep) {
  EXPECT_DOUBLE_EQ(rounding_left_mw2(0.5, 0.0), 0.25 / 12.0);
  // 2π σ / q = 1
  EXPECT_NEAR(rounding_left_mw2(12.0, 12.0 / (2.0 * std::numbers::pi)), 12.0 * std::exp(-1.0),
              1e-9);
  EXPECT_NEAR(rounding_left_mw2(12.0, 24.0 / (2.0 * std::numbers::pi)), 12.0 * std::exp(-4.0),
              1e-9);
}

// The residual has the rounding in it: what is left of it, 12 / 2π mW, is the noise.
TEST(Rounding, NoiseIsTheResidualWithoutTheRounding) {
  PowerSamples power;
  power.rails = {{"A", true}};
  power.rail_mw = each({0, 12, 24, 36, 48}, 12);
  power.time_ns.assign(power.rail_mw.size(), 0);
  const double noise_mw2 = std::pow(12.0 / (2.0 * std::numbers::pi), 2);
  const std::vector<double> residual = {std::sqrt(12.0 + noise_mw2)};
  EXPECT_NEAR(rounding_of_total_mw2(power, residual), 12.0 * std::exp(-1.0), 1e-9);
}

// Of so many readings every second is looked at: the others, which no step fits, are not seen.
TEST(Rounding, OfManyReadingsSomeAreEnough) {
  PowerSamples power;
  power.rails = {{"A", true}};
  for (int i = 0; i < 60000; ++i) {
    power.rail_mw.push_back(i % 2 == 0 ? 12.0 * (i / 2 % 7) : 0.01 * i);
  }
  power.time_ns.assign(power.rail_mw.size(), 0);
  EXPECT_NEAR(rounding_of_total_mw2(power, std::vector<double>{0.0}), 12.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
