#include "attribution/deconvolve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "attribution/covariance.hpp"
#include "attribution/fit_case.hpp"
#include "attribution/synthetic.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

using synthetic::energy_weighted_error;
using synthetic::Synthetic;

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
  // One reading a conversion, of those every 5 ms.
  const double share =
      static_cast<double>(outcome.fit->readings) / static_cast<double>(made.recording.power.size());
  EXPECT_NEAR(share, 5.0 / 6.6, 0.03);
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
  SensorModel model = known_in_full();
  model.window_ms = 2.0;  // its intervals know better
  const auto outcome = deconvolve(made.recording.iterations, power, model);
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

// A sensor may show the last layers up to 25 ms late.
TEST(Deconvolve, ReadingsRightBehindTheRunAreOfIt) {
  auto made = synthetic::make({.layers = 4, .seconds = 3.0});
  Iterations& iterations = made.recording.iterations;
  PowerSamples& power = made.recording.power;
  const auto first = static_cast<std::size_t>(
      std::lower_bound(power.time_ns.begin(), power.time_ns.end(), iterations.start_ns.front()) -
      power.time_ns.begin());
  power.time_ns.resize(first + 71);  // the least that will do
  power.rail_mw.resize(power.time_ns.size());
  std::size_t kept = 0;
  while (iterations.end_ns[kept] < power.time_ns.back() - 20'000'000) ++kept;
  iterations.start_ns.resize(kept);
  iterations.end_ns.resize(kept);
  iterations.layer_ms.resize(kept * iterations.layers.size());
  ASSERT_LT(iterations.end_ns.back(), power.time_ns.back() - 20'000'000);
  EXPECT_FALSE(deconvolve(iterations, power, known_in_full()).too_few);
}

// Steps of 400 mW in a rail that is summed, after one that is not and that has none of its own.
Synthetic stepping(Reading reading) {
  auto made = synthetic::make(
      {.layers = 4, .seconds = 3.0, .window_ms = 4.4, .noise_mw = 60.0, .step_mw = 400.0});
  PowerSamples& power = made.recording.power;
  power.rails = {{"CORE", false}, {"VDD_IN", true}};
  power.reading = reading;
  std::vector<double> both;
  for (std::size_t k = 0; k < power.size(); ++k) {
    both.push_back(0.2 * power.rail_mw[k] + static_cast<double>(k % 7));
    both.push_back(power.rail_mw[k]);
    if (reading == Reading::energy) power.begin_ns.push_back(power.time_ns[k] - 4'400'000);
  }
  power.rail_mw = both;
  return made;
}

// A counter has no steps of rounding; its fit is the same but for them.
TEST(Deconvolve, RoundingWidensWhatLayersDrawAndNothingElse) {
  const auto rounded = stepping(Reading::power);
  const auto counted = stepping(Reading::energy);
  SensorModel model = known_in_full();
  model.window_ms = 4.4;
  const auto with = deconvolve(rounded.recording.iterations, rounded.recording.power, model);
  const auto without = deconvolve(counted.recording.iterations, counted.recording.power, model);
  ASSERT_TRUE(with.fit) << with.refused;
  ASSERT_TRUE(without.fit) << without.refused;
  const double residual_mw = with.fit->residual_mw(2);
  ASSERT_GT(residual_mw, 1.05 * with.fit->residual_mw(1));
  const double noise_mw2 = residual_mw * residual_mw - 400.0 * 400.0 / 12.0;
  ASSERT_GT(noise_mw2, 0.0);
  const double turns2 = 4.0 * std::numbers::pi * std::numbers::pi * noise_mw2 / (400.0 * 400.0);
  const double mw2 = 400.0 * 400.0 / 12.0 * std::exp(-turns2);
  ASSERT_GT(mw2, 1000.0);
  const Eigen::VectorXd more = with.fit->covariance.diagonal() - without.fit->covariance.diagonal();
  const std::vector<double> mean_ms = slot_times(rounded.recording.iterations, 1).mean_ms;
  for (std::size_t j = 0; j < 4; ++j) {
    // All of it of a layer that is longer than a reading, 4.4 ms.
    EXPECT_NEAR(more(static_cast<Eigen::Index>(j)) / mw2, std::min(1.0, mean_ms[j] / 4.4), 0.01)
        << j;
  }
  for (Eigen::Index i = 4; i < more.size(); ++i) EXPECT_NEAR(more(i) / mw2, 0.0, 0.01) << i;
}

TEST(Deconvolve, AReadingThatLacksARailBesideTheTotalIsNotWhole) {
  auto made = stepping(Reading::power);
  PowerSamples& power = made.recording.power;
  power.rail_mw[2 * 200] = std::numeric_limits<double>::quiet_NaN();
  ASSERT_FALSE(std::isnan(power.total_mw(200)));
  SensorModel model = known_in_full();
  model.window_ms = 4.4;
  const auto outcome = deconvolve(made.recording.iterations, power, model);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_EQ(outcome.fit->readings, power.size() - 1);
}

TEST(Deconvolve, WhatNeverDrawsAnythingTellsNoResponse) {
  auto made = synthetic::make({.layers = 4, .seconds = 3.0});
  std::fill(made.recording.power.rail_mw.begin(), made.recording.power.rail_mw.end(), 0.0);
  const auto outcome = deconvolve(made.recording.iterations, made.recording.power, {});
  EXPECT_FALSE(outcome.fit);
  EXPECT_FALSE(outcome.too_few);
  EXPECT_EQ(outcome.refused, "the response of the sensor could not be found");
}

// Six layers by readings of so much noise that their powers say less than that layers are alike.
TEST(Deconvolve, FromSixLayersOnTheyAreDrawnTogether) {
  for (const std::size_t layers : {5u, 6u}) {
    const auto made =
        synthetic::make({.layers = layers, .seconds = 3.0, .noise_mw = 15e3, .step_mw = 0.0});
    const auto outcome =
        deconvolve(made.recording.iterations, made.recording.power, known_in_full());
    ASSERT_TRUE(outcome.fit) << outcome.refused;
    const Segments segments = make_segments(made.recording.iterations);
    const Readings readings = synthetic::readings_of(made, segments);
    const Response response{1.1, 7.3, 0.0, 0.0};
    const NormalEquations equations = accumulate(segments, readings, response);
    const Eigen::MatrixXd alone = solve_non_negative(equations.a, equations.b);
    const Uncertainty of_alone = uncertainty_of(segments, readings, response, {}, equations, alone);
    const auto n = static_cast<Eigen::Index>(layers);
    Eigen::Index most = 0;
    alone.col(0).head(n).maxCoeff(&most);
    const double moved = outcome.fit->power_mw(most, 0) / alone(most, 0);
    const double surer = outcome.fit->covariance(most, most) / of_alone.powers(most, most);
    if (layers < 6) {
      EXPECT_NEAR(moved, 1.0, 0.005);
      EXPECT_GT(surer, 0.98);
    } else {
      EXPECT_LT(moved, 0.99);
      EXPECT_LT(surer, 0.95);
    }
  }
}

TEST(Deconvolve, SaysHowSureItIsOfWhatItFoundAndOfNothingElse) {
  const auto made = synthetic::make({.layers = 4, .seconds = 6.0});
  for (const bool latency : {true, false}) {
    SensorModel model = known_in_full();
    (latency ? model.latency_ms : model.window_ms).reset();
    const auto outcome = deconvolve(made.recording.iterations, made.recording.power, model);
    ASSERT_TRUE(outcome.fit) << outcome.refused;
    EXPECT_EQ(outcome.fit->latency_std_ms.has_value(), latency);
    EXPECT_EQ(outcome.fit->window_std_ms.has_value(), !latency);
    EXPECT_FALSE(outcome.fit->time_constant_std_ms);
    EXPECT_NEAR(outcome.fit->response.latency_ms, 7.3, 0.1);
    EXPECT_NEAR(outcome.fit->response.window_ms, 1.1, 0.1);
  }
}

}  // namespace
}  // namespace layerwatt
