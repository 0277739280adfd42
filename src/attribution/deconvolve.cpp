#include "attribution/deconvolve.hpp"

#include <algorithm>
#include <cmath>
#include <future>

#include "attribution/conversion_grid.hpp"
#include "attribution/covariance.hpp"
#include "attribution/residuals.hpp"
#include "attribution/response_refine.hpp"
#include "attribution/stamp_error.hpp"

namespace layerwatt {
namespace {

constexpr double kMaxLatencyMs = 25.0;
constexpr std::size_t kCandidates = 8;
constexpr std::size_t kTrialReadings = 2500;
constexpr std::size_t kSearchReadings = 6000;
constexpr double kOutlierSigmas = 8.0;
constexpr double kFirstTrialMs = 0.05;
constexpr double kMostBlurMs = 0.5;
// A fit that leaves more than this share of its residual in step with the inference is wrong.
constexpr double kStructureLimit = 0.15;

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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// A run of `count` readings from the middle: whole inferences, no idle ends, jitter as it is.
Readings middle_part(const Readings& readings, std::size_t count) {
  if (readings.size() <= count) return readings;
  const std::size_t first = (readings.size() - count) / 2;
  const auto cut = [&](const std::vector<double>& from, std::size_t width) {
    if (from.empty()) return from;
    return std::vector<double>(from.begin() + static_cast<std::ptrdiff_t>(first * width),
                               from.begin() + static_cast<std::ptrdiff_t>((first + count) * width));
  };
  Readings part;
  part.channels = 1;
  part.time_ms = cut(readings.time_ms, 1);
  part.weight = cut(readings.weight, 1);
  part.window_ms = cut(readings.window_ms, 1);
  for (std::size_t k = first; k < first + count; ++k) part.value.push_back(readings.row(k)[0]);
  return part;
}

Readings total_only(const Readings& readings) {
  Readings part;
  part.time_ms = readings.time_ms;
  part.weight = readings.weight;
  part.window_ms = readings.window_ms;
  for (std::size_t k = 0; k < readings.size(); ++k) part.value.push_back(readings.row(k)[0]);
  return part;
}

// From many starts, since a single one falls into a local minimum now and then: a few steps on a
// part of the readings for each, the best two go on.
Refined find_response(const Iterations& iterations, const Segments& segments,
                      const Readings& readings, const KnownResponse& known) {
  std::vector<Candidate> candidates =
      search_response(iterations, segments, readings, known, kMaxLatencyMs, kCandidates);
  const std::vector<Parameter> free = free_parameters(known);
  const auto refine_all = [&](std::vector<Response> starts, std::size_t count, std::size_t rounds) {
    const Readings part = middle_part(readings, count);
    std::vector<std::future<Refined>> running;
    for (const Response& start : starts) {
      running.push_back(std::async(std::launch::async, [&segments, &part, &free, start, rounds] {
        return refine_response(segments, part, start, free, rounds);
      }));
    }
    std::vector<Refined> done;
    for (auto& result : running) done.push_back(result.get());
    std::sort(done.begin(), done.end(),
              [](const Refined& a, const Refined& b) { return a.mean_square < b.mean_square; });
    return done;
  };
  std::vector<Response> starts;
  for (const Candidate& candidate : candidates) starts.push_back(candidate.response);
  if (starts.empty()) return {};
  std::vector<Refined> trial = refine_all(starts, kTrialReadings, 4);
  starts.clear();
  for (std::size_t i = 0; i < std::min<std::size_t>(2, trial.size()); ++i) {
    starts.push_back(trial[i].response);
  }
  trial = refine_all(starts, kSearchReadings, 12);
  return refine_all({trial.front().response}, readings.size(), 6).front();
}

// A response that was found, not given, is only believed while it is short beside an inference:
// through a longer one every reading is nearly the same mix, a search can explain the little that
// is left by many responses, and picking one gave layers 60 % off with narrow intervals.
std::string implausible(const KnownResponse& known, const Response& found, const Segments& segments,
                        std::size_t inferences) {
  const double inference_ms =
      (segments.edge_ms.back() - segments.edge_ms.front()) / static_cast<double>(inferences);
  const bool searched = !known.window_ms || !known.time_constant_ms;
  if (searched && found.window_ms + 2.0 * found.time_constant_ms > 2.0 * inference_ms) {
    return "the sensor's response is not known and is longer than an inference";
  }
  if (!known.blur_ms && found.blur_ms > kMostBlurMs) {
    return "the readings' stamps scatter too much";
  }
  return {};
}

}  // namespace

KnownResponse known_response(const SensorModel& model) {
  return {model.window_ms, model.latency_ms, model.time_constant_ms, model.timestamp_error_ms};
}

DeconvolveOutcome deconvolve(const Iterations& iterations, const PowerSamples& power,
                             const SensorModel& model) {
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
  if (!free.empty()) {
    const Refined found = find_response(iterations, segments, total_only(readings), known);
    if (found.mean_square <= 0.0)
      return {{}, "the response of the sensor could not be found", false};
    response = found.response;
  }

  // Residuals → stamp error, outliers, weights → response again.
  double trial_ms = known.blur_ms && *known.blur_ms > 0.0 ? *known.blur_ms : kFirstTrialMs;
  for (int round = 0; round < 3; ++round) {
    const Residuals residuals = residuals_of(segments, readings, response, trial_ms);
    const NoiseModel noise =
        fit_noise(residuals.residual_mw, residuals.scatter_mw2, trial_ms, readings.weight);
    const std::vector<double> variance = expected_variance(noise, residuals.scatter_mw2, trial_ms);
    for (std::size_t k = 0; k < readings.size(); ++k) {
      const double r = residuals.residual_mw[k];
      if (readings.weight[k] != 0.0 && r * r > kOutlierSigmas * kOutlierSigmas * variance[k]) {
        readings.weight[k] = 0.0;
        ++fit.outliers;
      }
    }
    readings.weight = weights_for(variance, readings.weight);
    if (!known.blur_ms) {
      response.blur_ms = noise.stamp_error_ms;
      trial_ms = std::max(noise.stamp_error_ms, 0.1 * kFirstTrialMs);
    }
    if (!free.empty()) {
      response = refine_response(segments, total_only(readings), response, free, 4).response;
    }
  }

  if (std::string why = implausible(known, response, segments, iterations.size()); !why.empty()) {
    return {{}, std::move(why), false};
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
  fit.structure_left = structure_left(iterations, segments, readings,
                                      residuals_of(segments, readings, response, trial_ms));
  if (fit.structure_left > kStructureLimit) {
    return {{},
            "no response of a sensor explains these readings: what is left of them still follows "
            "the inference",
            false};
  }
  return {std::move(fit), {}, false};
}

}  // namespace layerwatt
