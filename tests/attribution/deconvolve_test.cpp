#include "attribution/deconvolve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

using synthetic::energy_weighted_error;

std::vector<double> energies(const Result& result) {
  std::vector<double> out;
  for (const LayerResult& layer : result.layers) out.push_back(layer.energy_mj.value().mean);
  return out;
}

TEST(Deconvolve, KnownResponseGivesTheLayersBack) {
  const auto made = synthetic::make({.layers = 20, .window_ms = 4.4});
  SensorModel model;
  model.window_ms = 4.4;
  model.latency_ms = 7.3;
  model.time_constant_ms = 0.0;
  model.timestamp_error_ms = 0.0;
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, model);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_DOUBLE_EQ(outcome.fit->response.window_ms, 4.4);
  double wrong = 0.0;
  double sum = 0.0;
  for (std::size_t j = 0; j < 20; ++j) {
    wrong += std::abs(outcome.fit->power_mw(static_cast<Eigen::Index>(j), 0) - made.power_mw[j]);
    sum += made.power_mw[j];
  }
  EXPECT_LT(wrong / sum, 0.05);
  EXPECT_FALSE(outcome.fit->latency_std_ms);
}

TEST(Deconvolve, ALayerIsNotChargedForTheGapBeforeIt) {
  // 0.1 ms at 3.6 W between inferences of devices that rest at 3 W: as one column with the rest, it
  // was the first layer that paid, by 6 of its deviations.
  const auto made = synthetic::make(
      {.layers = 20, .seconds = 60.0, .gap_ms = 0.1, .window_ms = 3.2, .noise_mw = 10.0});
  SensorModel model;
  model.window_ms = 3.2;
  model.latency_ms = 7.3;
  model.time_constant_ms = 0.0;
  model.timestamp_error_ms = 0.0;
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, model);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  for (const std::size_t j : {std::size_t{0}, std::size_t{19}}) {
    const auto i = static_cast<Eigen::Index>(j);
    const double off = outcome.fit->power_mw(i, 0) - made.power_mw[j];
    EXPECT_LT(std::abs(off) / std::sqrt(outcome.fit->covariance(i, i)), 3.5) << "layer " << j;
  }
}

// With gaps of 1 ms and nothing read of the idle device the total was the mean of the whole run.
TEST(Deconvolve, WhatIsDrawnBetweenInferencesIsNotInTheTotal) {
  auto made = synthetic::make({.layers = 10, .inference_ms = 5.0, .gap_ms = 1.0});
  synthetic::take_idle_out(made.recording);
  made.recording.manifest.sensor.model = {std::nullopt, 1.1, 7.3, 0.0, 0.0};
  const Result result = attribute(made.recording, {.method = Method::deconvolve});
  ASSERT_EQ(result.method, Method::deconvolve) << result.method_reason;
  double truth = made.outside_mj;
  for (const double mj : made.energy_mj) truth += mj;
  EXPECT_NEAR(result.total.energy_mj.value().mean / truth, 1.0, 0.01);
  EXPECT_NEAR(result.closure.value().ratio, 1.0, 0.01);
}

TEST(Deconvolve, UnknownResponseIsFoundAndAutoUsesIt) {
  const auto made = synthetic::make({.layers = 12, .seconds = 40.0, .window_ms = 2.2, .seed = 11});
  const Result result = attribute(made.recording);
  EXPECT_EQ(result.method, Method::deconvolve) << result.method_reason;
  EXPECT_LT(energy_weighted_error(energies(result), made.energy_mj), 0.01);
  EXPECT_NEAR(result.sensor.model.window_ms.value_or(0.0), 2.2, 0.02);
  EXPECT_NEAR(result.sensor.model.latency_ms.value_or(0.0), 7.3, 0.02);
  EXPECT_NEAR(result.closure.value().ratio, 1.0, 0.01);
  // The reference's way, for scale: no better than a guess.
  const Result overlap = attribute(made.recording, {.method = Method::overlap});
  EXPECT_GT(energy_weighted_error(energies(overlap), made.energy_mj), 0.1);
}

TEST(Deconvolve, StampErrorIsFoundAndBlurred) {
  const auto made = synthetic::make({.layers = 8, .seconds = 40.0, .stamp_error_ms = 0.1});
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, {});
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_NEAR(outcome.fit->response.blur_ms, 0.1, 0.02);
}

TEST(Deconvolve, RegisterReadMoreOftenThanWritten) {
  const auto made = synthetic::make({.layers = 10, .seconds = 40.0, .grid_ms = 6.6});
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, {});
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  ASSERT_TRUE(outcome.fit->grid_ms);
  EXPECT_NEAR(*outcome.fit->grid_ms, 6.6, 1e-4);
}

TEST(Deconvolve, ASlowSensorIsRefusedAndTheTotalStands) {
  const auto made = synthetic::make({.layers = 10, .window_ms = 100.0});
  SensorModel model;
  model.window_ms = 100.0;
  model.latency_ms = 7.3;
  model.time_constant_ms = 0.0;
  model.timestamp_error_ms = 0.0;
  Recording recording = made.recording;
  recording.manifest.sensor.model = model;
  const Result result = attribute(recording);
  double truth = made.outside_mj;
  for (const double mj : made.energy_mj) truth += mj;
  EXPECT_NEAR(result.total.energy_mj.value().mean / truth, 1.0, 0.01);
  for (const LayerResult& layer : result.layers) {
    const double known = made.energy_mj[layer.index];
    if (!layer.group) {
      ASSERT_TRUE(layer.energy_mj.value().ci95);
      EXPECT_NEAR(layer.energy_mj->mean, known, 0.6 * known) << layer.name;
    }
  }
}

TEST(Deconvolve, ASlowSensorOfUnknownResponseIsRefused) {
  const auto made = synthetic::make({.layers = 5, .seconds = 5.0, .window_ms = 100.0});
  const Result result = attribute(made.recording);
  ASSERT_EQ(result.groups.size(), 1u) << result.method_reason;
  EXPECT_EQ(result.groups[0].layers.size(), 5u);
  SensorModel window_known;
  window_known.window_ms = 100.0;
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, window_known);
  EXPECT_FALSE(outcome.fit);
  EXPECT_EQ(outcome.refused.find("a reading is a mean over 100 ms, an inference takes "), 0u)
      << "not that it is unknown: " << outcome.refused;
}

// A short response once passed for such a one, and 2 of 56 layers were covered.
TEST(Deconvolve, AShortResponseIsNotTakenForAVeryLongOne) {
  const auto made = synthetic::make(
      {.layers = 8, .seconds = 20.0, .window_ms = 1.9, .time_constant_ms = 500.0, .seed = 455228});
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, {});
  EXPECT_FALSE(outcome.fit);
  EXPECT_FALSE(outcome.too_few);
  EXPECT_FALSE(outcome.refused.empty());
}

TEST(Deconvolve, TooFewReadingsAreRefusedForThatReason) {
  const auto made = synthetic::make({.layers = 10, .seconds = 0.2});
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, {});
  EXPECT_FALSE(outcome.fit);
  EXPECT_TRUE(outcome.too_few);
}

SensorModel known_in_full() {
  SensorModel model;
  model.window_ms = 1.1;
  model.latency_ms = 7.3;
  model.time_constant_ms = 0.0;
  model.timestamp_error_ms = 0.0;
  return model;
}

TEST(Deconvolve, EveryWholeReadingCountsFromTheFirstOn) {
  auto made = synthetic::make({.layers = 4, .seconds = 3.0});
  PowerSamples& power = made.recording.power;
  power.rail_mw.front() += 5000.0;
  const std::size_t all = power.size();
  const auto outlier = deconvolve(made.recording.iterations, power, known_in_full());
  ASSERT_TRUE(outlier.fit) << outlier.refused;
  EXPECT_EQ(outlier.fit->readings, all);
  EXPECT_EQ(outlier.fit->outliers, 1u);
  EXPECT_EQ(outlier.fit->power_mw.cols(), 2);
  power.rail_mw[0] = power.rail_mw[100] = std::numeric_limits<double>::quiet_NaN();
  const auto missing = deconvolve(made.recording.iterations, power, known_in_full());
  ASSERT_TRUE(missing.fit) << missing.refused;
  EXPECT_EQ(missing.fit->readings, all - 2);
  EXPECT_EQ(missing.fit->outliers, 0u);
}

TEST(Deconvolve, ACountersWindowIsTheMedianOfItsIntervals) {
  auto made = synthetic::make({.layers = 4, .seconds = 3.0});
  PowerSamples& power = made.recording.power;
  power.reading = Reading::energy;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const std::int64_t window_ns = 1'100'000 + static_cast<std::int64_t>(k % 3) * 10'000 - 10'000;
    power.begin_ns.push_back(power.time_ns[k] - window_ns);
  }
  const auto outcome = deconvolve(made.recording.iterations, power, known_in_full());
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_NEAR(outcome.fit->response.window_ms, 1.1, 1e-9);
  EXPECT_FALSE(outcome.fit->grid_ms);
}

// Three readings a column (four layers and three more) and 50 beside them, during the run.
TEST(Deconvolve, SaysHowManyReadingsAreTooFew) {
  const auto with = [](std::size_t readings) {
    auto made = synthetic::make({.layers = 4, .seconds = 3.0});
    const Iterations& iterations = made.recording.iterations;
    PowerSamples& power = made.recording.power;
    const auto first =
        std::lower_bound(power.time_ns.begin(), power.time_ns.end(), iterations.start_ns.front()) -
        power.time_ns.begin();
    power.time_ns.resize(static_cast<std::size_t>(first) + readings);
    power.rail_mw.resize(power.time_ns.size());
    return deconvolve(iterations, power, known_in_full());
  };
  const auto few = with(70);
  EXPECT_TRUE(few.too_few);
  EXPECT_EQ(few.refused, "70 whole power readings for 4 layers are too few");
  EXPECT_FALSE(with(71).too_few);
}

}  // namespace
}  // namespace layerwatt
