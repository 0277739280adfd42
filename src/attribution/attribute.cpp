#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "attribution/conditions.hpp"
#include "attribution/deconvolve.hpp"
#include "attribution/deconvolve_estimates.hpp"
#include "attribution/excite.hpp"
#include "attribution/grouping.hpp"
#include "attribution/idle_baseline.hpp"
#include "attribution/layer_power.hpp"
#include "attribution/measured.hpp"
#include "attribution/method.hpp"
#include "attribution/overlap.hpp"
#include "attribution/sensor_timing.hpp"
#include "attribution/settling.hpp"
#include "attribution/statistics.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kBatches = 20;
constexpr std::uint64_t kFewSamples = 30;
constexpr std::size_t kFewIterations = 30;
constexpr double kNotableShare = 0.01;
constexpr double kNotableMs = 100.0;

// Everything that needs no power.
Result times_alone(const Recording& recording) {
  const Iterations& iterations = recording.iterations;
  const Manifest& manifest = recording.manifest;
  Result result;
  result.device_json = manifest.device_json;
  result.engine_json = manifest.engine_json;
  result.sensor = {manifest.sensor.kind,  manifest.sensor.measured, manifest.sensor.scope,
                   manifest.sensor.model, manifest.sensor.notes,    manifest.sensor.calibrated};
  result.iterations = iterations.size();
  result.warnings = recording.warnings;
  const bool described = manifest.layers.size() == iterations.layers.size();
  for (std::size_t j = 0; j < iterations.layers.size(); ++j) {
    LayerResult layer;
    layer.index = j;
    layer.name = iterations.layers[j];
    if (described) {
      layer.type = manifest.layers[j].type;
      layer.precision = manifest.layers[j].precision;
    }
    std::vector<double> times = reported_ms(iterations, j);
    layer.time_ms =
        times.empty() ? Known<Metric>(Missing{"not_reported"}) : metric(std::move(times));
    result.layers.push_back(std::move(layer));
  }
  result.outside_layers.time_ms = metric(outside_ms(iterations));
  std::vector<double> durations(iterations.size());
  for (std::size_t i = 0; i < durations.size(); ++i) durations[i] = duration_ms(iterations, i);
  result.total.time_ms = metric(std::move(durations));
  return result;
}

void without_power(Result& result) {
  const Missing missing{"no_power"};
  for (LayerResult& layer : result.layers) {
    layer.power_mw = missing;
    layer.energy_mj = missing;
    layer.reason = missing.reason;
  }
  result.outside_layers.power_mw = missing;
  result.outside_layers.energy_mj = missing;
  result.outside_layers.reason = missing.reason;
  result.total.power_mw = missing;
  result.total.energy_mj = missing;
  result.power_draw_mw = missing;
  result.energy_mj = missing;
  result.closure = missing;
  result.method_reason = "no power was recorded; times alone";
}

std::vector<RailResult> name_rails(const PowerSamples& power, std::vector<ColumnPower> columns) {
  std::vector<RailResult> rails;
  for (std::size_t r = 0; r < columns.size(); ++r) {
    rails.push_back(
        {power.rails[r].name, std::move(columns[r].power_mw), std::move(columns[r].energy_mj)});
  }
  return rails;
}

void put_estimates(Result& result, const PowerSamples& power, PowerEstimates estimates) {
  for (std::size_t j = 0; j < result.layers.size(); ++j) {
    LayerPower& from = estimates.layers[j];
    LayerResult& to = result.layers[j];
    to.power_mw = std::move(from.total.power_mw);
    to.energy_mj = std::move(from.total.energy_mj);
    to.rails = name_rails(power, std::move(from.rails));
    to.samples = from.samples;
    to.group = from.group;
    to.reason = std::move(from.reason);
  }
  result.outside_layers.power_mw = std::move(estimates.outside.total.power_mw);
  result.outside_layers.energy_mj = std::move(estimates.outside.total.energy_mj);
  result.outside_layers.reason = std::move(estimates.outside.reason);
  result.groups = std::move(estimates.groups);
  for (Warning& warning : estimates.warnings) result.warnings.push_back(std::move(warning));
  if (estimates.model) result.sensor.model = *estimates.model;
  if (!estimates.model_notes.empty()) {
    std::string& notes = result.sensor.notes;
    if (!notes.empty()) notes += notes.back() == '.' ? " " : ". ";
    result.sensor.notes += estimates.model_notes;
  }
}

// A layer whose energy is missing is missing from the sum as well; the ratio shows it.
Known<Closure> closure(const Result& result) {
  if (!result.total.energy_mj) return Missing{result.total.energy_mj.reason()};
  Closure sum;
  sum.measured_mj = result.total.energy_mj->mean;
  bool any = result.outside_layers.energy_mj.has_value();
  if (any) sum.layers_plus_outside_mj = result.outside_layers.energy_mj->mean;
  for (const LayerResult& layer : result.layers) {
    if (!layer.energy_mj) continue;
    sum.layers_plus_outside_mj += layer.energy_mj->mean;
    any = true;
  }
  if (!any) return Missing{"no_samples"};
  if (sum.measured_mj <= 0.0) return Missing{"no_energy"};
  sum.ratio = sum.layers_plus_outside_mj / sum.measured_mj;
  return sum;
}

void warn_about_data(Result& result, const SlotTimes& times, const Measured& measured) {
  const auto warn = [&result](std::string code, std::string message, std::string hint) {
    result.warnings.push_back({std::move(code), std::move(message), std::move(hint)});
  };
  std::size_t few = 0;
  std::size_t none = 0;
  double none_ms = 0.0;
  for (const LayerResult& layer : result.layers) {
    if (layer.group || !layer.time_ms) continue;
    if (layer.samples == 0) {
      ++none;
      none_ms += times.mean_ms[layer.index];
    } else if (layer.samples < kFewSamples) {
      ++few;
    }
  }
  if (none > 0) {
    warn("layers_without_samples",
         fmt::format("no power reading fell into {} of {} layers ({:.2g} % of the inference): "
                     "their energy is not known",
                     none, result.layers.size(), 100.0 * none_ms / times.mean_inference_ms),
         "run more iterations, or sample faster (--interval)");
  }
  if (few > 0) {
    warn("few_samples",
         fmt::format("{} of {} layers have fewer than {} power readings", few, result.layers.size(),
                     kFewSamples),
         "run more iterations, or sample faster (--interval)");
  }
  if (measured.leak_share > kNotableShare) {
    warn("gaps_between_inferences",
         fmt::format("{:.2g} % of the run lies between inferences, and the sensor is not known to "
                     "be fast enough to keep its power apart",
                     100.0 * measured.between_share),
         "run the inferences without pauses");
  }
}

void warn_about_times(Result& result, const SlotTimes& times) {
  if (result.iterations < kFewIterations) {
    result.warnings.push_back(
        {"few_iterations",
         fmt::format("{} iterations say little about how the times vary", result.iterations),
         "run at least 30 (--iterations)"});
  }
  if (times.excess_ms > kNotableShare * times.mean_inference_ms) {
    result.warnings.push_back(
        {"layers_exceed_inference",
         fmt::format("the layers' times add up to {:.3g} ms more than an inference takes",
                     times.excess_ms),
         "layer times taken in another run, or under a profiler that slows layers down, do not fit "
         "these inferences"});
  }
}

void warn_about_incidents(Result& result, const std::vector<Incident>& incidents) {
  std::map<std::string, std::pair<std::size_t, const Incident*>> by_code;
  for (const Incident& incident : incidents) {
    auto& entry = by_code.try_emplace(incident.code, 0, &incident).first->second;
    ++entry.first;
  }
  for (const auto& [code, entry] : by_code) {
    result.warnings.push_back({code,
                               entry.first == 1
                                   ? entry.second->message
                                   : fmt::format("{} (and {} more of its kind while measuring)",
                                                 entry.second->message, entry.first - 1),
                               ""});
  }
}

// Of the totals: a sensor of unknown response may be slow, and shows the idle device at first.
SensorTiming settled_timing(const Recording& recording, SensorTiming timing) {
  const SensorModel& model = recording.manifest.sensor.model;
  const bool energy = recording.power.reading == Reading::energy;
  if (energy || model.window_ms || model.time_constant_ms) return timing;
  const double ms = settling_ms(recording.iterations, recording.power);
  timing.settle_before_ms = std::max(timing.settle_before_ms, ms);
  timing.shows_before = ms >= kNotableMs;
  return timing;
}

void warn_about_settling(Result& result, double more_ms) {
  if (more_ms < kNotableMs) return;
  result.warnings.push_back(
      {"sensor_settles",
       fmt::format("the readings reach the level of the run {:.2g} s after its start: the totals "
                   "leave that out",
                   more_ms / 1e3),
       "if the device itself took so long, warm up (--warmup); otherwise `layerwatt calibrate` "
       "finds the sensor's response"});
}

// Empty, and `choice` says what is done instead, where the data cannot carry it.
PowerEstimates try_deconvolution(const Recording& recording, std::optional<Method> asked,
                                 const SlotTimes& times, MethodChoice& choice) {
  const DeconvolveOutcome outcome =
      deconvolve(recording.iterations, recording.power, recording.manifest.sensor.model);
  if (outcome.too_few) {
    // Too short a run for the fit says nothing about the sensor: the choice made before stands.
    choice.reason += "; no deconvolution: " + outcome.refused;
    return {};
  }
  std::string refused = outcome.refused;
  if (outcome.fit) {
    PowerEstimates estimates = deconvolve_estimates(*outcome.fit, recording.power, times);
    if (separates(estimates)) {
      use_deconvolution(choice, asked);
      return estimates;
    }
    refused = "every reading is nearly the same mix of them, so only their sum is known";
  }
  refuse_deconvolution(choice, asked, times.mean_ms.size(), refused);
  return {};
}

}  // namespace

namespace {

// Its iterations only tell the times: between them lie the windows, which passive methods would
// take for idle time.
void attribute_excitation(Result& result, const Recording& recording,
                          const AttributionOptions& options, const SlotTimes& times) {
  if (options.method && *options.method != Method::excite) {
    throw Error(ErrorKind::usage,
                fmt::format("layers were repeated on purpose in this recording, which {} knows "
                            "nothing of",
                            to_string(*options.method)),
                "--method", "use --method excite or auto");
  }
  Excitation found = excite(recording, times);
  result.method = Method::excite;
  result.method_reason = std::move(found.reason);
  put_estimates(result, recording.power, std::move(found.estimates));
  result.total.power_mw = found.total.power_mw;
  result.total.energy_mj = found.total.energy_mj;
  result.total.rails = name_rails(recording.power, std::move(found.rails));
  result.power_draw_mw = std::move(found.power_draw_mw);
  result.energy_mj = Missing{"not_measured_one_by_one"};
  result.closure =
      found.outside_is_rest ? Known<Closure>(Missing{"outside_is_the_rest"}) : closure(result);
}

}  // namespace

Result attribute(const Recording& recording, const AttributionOptions& options) {
  const Iterations& iterations = recording.iterations;
  const PowerSamples& power = recording.power;
  check(iterations);
  check(power);

  Result result = times_alone(recording);
  const SlotTimes times = slot_times(iterations, kBatches);
  result.conditions = conditions(power.signals, iterations);
  for (Warning& warning : condition_warnings(result.conditions)) {
    result.warnings.push_back(std::move(warning));
  }
  warn_about_incidents(result, recording.incidents);
  warn_about_times(result, times);
  if (power.rails.empty() || power.size() == 0) {
    without_power(result);
    return result;
  }

  if (!recording.excitation.empty()) {
    attribute_excitation(result, recording, options, times);
    add_idle_baseline(result, recording, times);
    return result;
  }

  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, power);
  const bool with_total = power.has_total();
  MethodChoice choice = choose_method(options.method, timing, times);
  const SensorTiming of_totals = with_total ? settled_timing(recording, timing) : timing;
  Measured measured = measure(iterations, power, of_totals, times, with_total);
  PowerEstimates estimates;
  if (with_total && wants_deconvolution(options.method, choice, timing)) {
    estimates = try_deconvolution(recording, options.method, times, choice);
  }
  if (choice.method == Method::deconvolve) {
    // Now the response is known, and what was drawn between the inferences: with gaps of 1 ms after
    // 5 ms, and nothing read of the idle device, totals were 12 % too low without.
    measured = measure(iterations, power,
                       estimates.model ? sensor_timing(*estimates.model, power) : timing, times,
                       with_total, estimates.between);
  } else {
    warn_about_settling(result, of_totals.settle_before_ms - timing.settle_before_ms);
    const OverlapTally tally = tally_samples(iterations, power, timing, times.batches, with_total);
    estimates = overlap_estimates(iterations, power, timing, times, tally, with_total);
    if (!choice.grouped.empty()) share_group(estimates, choice.grouped, measured, times);
  }

  result.method = choice.method;
  result.method_reason = choice.reason;
  for (Warning& warning : choice.warnings) result.warnings.push_back(std::move(warning));
  put_estimates(result, power, std::move(estimates));
  result.total.power_mw = measured.total.power_mw;
  result.total.energy_mj = measured.total.energy_mj;
  result.total.rails = name_rails(power, measured.rails);
  result.power_draw_mw = measured.power_draw_mw;
  result.energy_mj = measured.energy_mj;
  result.closure = closure(result);
  add_idle_baseline(result, recording, times);
  warn_about_data(result, times, measured);
  return result;
}

}  // namespace layerwatt
