#include "attribution/deconvolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attribution/conversion_grid.hpp"
#include "attribution/covariance.hpp"
#include "attribution/find_response.hpp"
#include "attribution/residuals.hpp"
#include "attribution/rounding.hpp"
#include "attribution/shrinkage.hpp"
#include "attribution/slow_response.hpp"
#include "attribution/stamp_error.hpp"
#include "attribution/start_outliers.hpp"
#include "attribution/statistics.hpp"
#include "attribution/timeline.hpp"
#include "attribution/transients.hpp"

namespace layerwatt {
namespace {

constexpr double kMaxLatencyMs = 25.0;
constexpr double kFirstTrialMs = 0.05;
constexpr double kMostBlurMs = 0.5;
constexpr double kMostOutliers = 0.1;
constexpr const char* kFollows =
    "no response of a sensor explains these readings: what is left of them still follows the "
    "inference";
// A fit that leaves more than this share of its residual in step with the inference is wrong. Of a
// response that was found little is borne: the next best one of a search left 3 %, and was 25 %
// off.
constexpr double kMostStructure = 0.15;
constexpr double kMostStructureFound = 0.01;
// A sensor of half a second explained by a response of 2 ms left 0.9, and was 36 % off.
constexpr double kMostCorrelation = 0.5;
constexpr double kMostAtStart = 0.2;

Readings make_readings(const PowerSamples& power, const Segments& segments) {
  Readings readings;
  const std::size_t rails = power.rails.size();
  readings.channels = rails + 1;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double total = power.total_mw(k);
    const auto row = power.row(k);
    const bool whole = std::none_of(row.begin(), row.end(), [](double v) { return std::isnan(v); });
    if (!whole || std::isnan(total)) continue;
    readings.time_ms.push_back(segments.ms(power.time_ns[k]));
    readings.weight.push_back(1.0);
    readings.value.push_back(total);
    readings.value.insert(readings.value.end(), row.begin(), row.end());
    if (power.reading == Reading::energy) {
      readings.window_ms.push_back(segments.ms(power.time_ns[k]) - segments.ms(power.begin_ns[k]));
    }
  }
  return readings;
}

std::string implausible(const KnownResponse& known, const Response& found, double inference_ms,
                        bool idle_was_read) {
  switch (too_slow(known, found, inference_ms, idle_was_read)) {
    case Slow::given:
      return fmt::format("a reading is a mean over {:.3g} ms, an inference takes {:.3g} ms",
                         *known.window_ms, inference_ms);
    case Slow::found:
      return "the sensor's response is not known and is longer than an inference";
    case Slow::unseen:
      return "the sensor's window is not known, seems longer than an inference, and nothing was "
             "read of the idle device around the run that could confirm it";
    case Slow::no:
      break;
  }
  if (!known.blur_ms && found.blur_ms > kMostBlurMs) {
    return "the readings' stamps scatter too much";
  }
  return {};
}

// Rounding that no number of readings averages out. Residuals are of the total and of each rail.
void add_rounding(Deconvolution& fit, const Iterations& iterations, const PowerSamples& power) {
  const std::span<const double> of_rails(fit.residual_mw.data() + 1, power.rails.size());
  const double mw2 = rounding_of_total_mw2(power, of_rails);
  if (!(mw2 > 0.0)) return;
  const double response_ms = fit.response.window_ms + 3.0 * fit.response.time_constant_ms;
  const std::vector<double> mean_ms = slot_times(iterations, 1).mean_ms;
  for (std::size_t j = 0; j < fit.segments.layers; ++j) {
    const auto column = static_cast<Eigen::Index>(j);
    fit.covariance(column, column) += mw2 * rounding_share(mean_ms[j], response_ms);
  }
}

}  // namespace

KnownResponse known_response(const SensorModel& model) {
  return {model.window_ms, model.latency_ms, model.time_constant_ms, model.timestamp_error_ms};
}

namespace {

DeconvolveOutcome deconvolve_once(const Iterations& iterations, const PowerSamples& power,
                                  const SensorModel& model, bool all_over) {
  Deconvolution fit;
  fit.segments = make_segments(iterations);
  const Segments& segments = fit.segments;
  Readings readings = make_readings(power, segments);
  const std::size_t columns = segments.columns();
  // Readings of the idle device before and after say nothing about the layers.
  const auto first =
      std::lower_bound(readings.time_ms.begin(), readings.time_ms.end(), segments.edge_ms.front());
  const auto last =
      std::upper_bound(first, readings.time_ms.end(), segments.edge_ms.back() + kMaxLatencyMs);
  const auto active = static_cast<std::size_t>(last - first);
  if (active < 3 * columns + 50) {
    return {{},
            std::to_string(active) + " whole power readings for " +
                std::to_string(segments.layers) + " layers are too few",
            true};
  }
  KnownResponse known = known_response(model);
  if (!readings.window_ms.empty()) known.window_ms = median(readings.window_ms);
  if (readings.window_ms.empty()) {
    if (const auto grid = find_conversion_grid(readings, segments.edge_ms.front() + kMaxLatencyMs,
                                               segments.edge_ms.back())) {
      fit.grid_ms = grid->period_ms;
      readings = to_conversions(readings, *grid);
    }
  }

  Response response{known.window_ms.value_or(0.0), known.latency_ms.value_or(0.0),
                    known.time_constant_ms.value_or(0.0), known.blur_ms.value_or(0.0)};
  const std::vector<Parameter> free = free_parameters(known);
  const double inference_ms = mean_inference_ms(segments, iterations.size());
  const bool idle_was_read = !find_transients(segments, readings).empty();
  // What is given may be too slow already, whatever the rest is.
  bool slow = clearly_too_slow(known, response, inference_ms, idle_was_read);
  if (!slow && !free.empty()) {
    const Refined found =
        find_response(iterations, segments, readings, known, kMaxLatencyMs, all_over);
    if (found.mean_square <= 0.0)
      return {{}, "the response of the sensor could not be found", false};
    response = found.response;
    slow = clearly_too_slow(known, response, inference_ms, idle_was_read);
  }
  if (slow) return {{}, implausible(known, response, inference_ms, idle_was_read), false};

  // Residuals → stamp error, outliers, weights → response again.
  double trial_ms = known.blur_ms && *known.blur_ms > 0.0 ? *known.blur_ms : kFirstTrialMs;
  const int rounds = free.empty() && known.blur_ms ? 2 : 3;
  for (int round = 0; round < rounds; ++round) {
    const Residuals residuals = residuals_of(segments, readings, response, trial_ms);
    const NoiseModel noise =
        fit_noise(residuals.residual_mw, residuals.scatter_mw2, trial_ms, readings.weight);
    const std::vector<double> variance = expected_variance(noise, residuals.scatter_mw2, trial_ms);
    fit.outliers += leave_out_outliers(residuals.residual_mw, variance, readings.weight);
    readings.weight = weights_for(variance, readings.weight);
    if (!free.empty() && outliers_after_start(segments, readings, response) > kMostAtStart) {
      return {{},
              "the sensor still rises after the start when the best response of a sensor is over: "
              "it is slower than an inference",
              false};
    }
    if (!known.blur_ms) {
      response.blur_ms = noise.stamp_error_ms;
      trial_ms = std::max(noise.stamp_error_ms, 0.1 * kFirstTrialMs);
    }
    if (!free.empty()) {
      response = refine_response(segments, total_only(readings), response, free, 4).response;
    }
  }

  if (std::string why = implausible(known, response, inference_ms, idle_was_read); !why.empty()) {
    return {{}, std::move(why), false};
  }

  if (!free.empty() &&
      static_cast<double>(fit.outliers) > kMostOutliers * static_cast<double>(readings.size())) {
    return {{},
            fmt::format("{} of {} readings do not fit the best response of a sensor", fit.outliers,
                        readings.size()),
            false};
  }

  const NormalEquations equations = accumulate(segments, readings, response);
  fit.response = response;
  fit.readings = readings.size();
  fit.power_mw = solve_non_negative(equations.a, equations.b);
  const Uncertainty uncertainty =
      uncertainty_of(segments, readings, response, free, equations, fit.power_mw);
  fit.covariance = uncertainty.powers;
  fit.residual_mw = uncertainty.residual_mw;
  fit.samples = uncertainty.samples;
  for (std::size_t i = 0; i < free.size(); ++i) {
    const double std_ms = uncertainty.parameter_std[i];
    if (free[i] == Parameter::latency) fit.latency_std_ms = std_ms;
    if (free[i] == Parameter::window) fit.window_std_ms = std_ms;
    if (free[i] == Parameter::time_constant) fit.time_constant_std_ms = std_ms;
  }
  const Residuals residuals =
      residuals_of(segments, readings, response, {fit.power_mw.data(), segments.columns()}, 0.0);
  const Structure structure = structure_left(iterations, segments, readings, residuals);
  fit.structure_left = structure.share;
  fit.covariance *= structure.variance_scale();
  add_rounding(fit, iterations, power);
  const double limit = (free.empty() ? kMostStructure : kMostStructureFound) + structure.chance();
  if (structure.share > limit) {
    return {{}, kFollows, false};
  }
  if (!free.empty() && neighbour_correlation(residuals, readings) > kMostCorrelation) {
    return {{},
            "what the best response of a sensor leaves drifts slowly: the sensor is slower than an "
            "inference, or the power drifts",
            false};
  }
  shrink_layers(segments.layers, fit.samples, fit.power_mw, fit.covariance);
  return {std::move(fit), {}, false};
}

bool has_steps(const Iterations& iterations, const PowerSamples& power) {
  const Segments segments = make_segments(iterations);
  return !find_transients(segments, make_readings(power, segments)).empty();
}

}  // namespace

DeconvolveOutcome deconvolve(const Iterations& iterations, const PowerSamples& power,
                             const SensorModel& model) {
  DeconvolveOutcome outcome = deconvolve_once(iterations, power, model, false);
  // Steps that the search goes by are noisy too: before giving up, look without them.
  if (outcome.refused == kFollows && !free_parameters(known_response(model)).empty() &&
      has_steps(iterations, power)) {
    outcome = deconvolve_once(iterations, power, model, true);
  }
  return outcome;
}

}  // namespace layerwatt
