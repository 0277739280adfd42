#include "attribution/rounding.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "layerwatt/attribution.hpp"
#include "synthetic.hpp"

namespace layerwatt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> readings(double step_mw, double noise_mw, std::size_t count = 500) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> noise(0.0, noise_mw);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double mw = 5000.0 + 100.0 * static_cast<double>(i % 7) + noise(random);
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
  EXPECT_EQ(rounding_share(0.0, 1.0), 0.0);
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

}  // namespace
}  // namespace layerwatt
