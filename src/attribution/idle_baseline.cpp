#include "attribution/idle_baseline.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "attribution/statistics.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kFewReadings = 3;
constexpr double kNotableDrift = 0.05;

double half(const Estimate& estimate) { return 0.5 * (estimate.ci95->hi - estimate.ci95->lo); }

// Readings that speak of settled idle time alone: stamped in it, and for a counter begun in it too.
Known<Estimate> idle_power(const Recording& recording, bool before) {
  const PowerSamples& power = recording.power;
  const Iterations& iterations = recording.iterations;
  std::vector<double> readings;
  bool any = false;
  for (const IdleWindow& window : recording.idle) {
    if ((window.start_ns < iterations.start_ns.front()) != before) continue;
    any = true;
    for (std::size_t k = 0; k < power.size(); ++k) {
      if (power.time_ns[k] < window.settled_ns || power.time_ns[k] > window.end_ns) continue;
      if (!power.begin_ns.empty() && power.begin_ns[k] < window.settled_ns) continue;
      const double mw = power.total_mw(k);
      if (!std::isnan(mw)) readings.push_back(mw);
    }
  }
  if (!any) return Missing{"not_measured"};
  if (readings.size() < kFewReadings) return Missing{"few_samples"};
  double mean = 0.0;
  for (const double mw : readings) mean += mw;
  mean /= static_cast<double>(readings.size());
  return Estimate{mean, mean_interval(readings, mean)};
}

IdleBaseline baseline_of(const Recording& recording) {
  IdleBaseline idle;
  idle.before_mw = idle_power(recording, true);
  idle.after_mw = idle_power(recording, false);
  if (!idle.before_mw || !idle.after_mw) {
    // An interrupted run has none after it: half of the truth, and no drift to judge it by.
    const Known<Estimate>& one = idle.before_mw ? idle.before_mw : idle.after_mw;
    idle.power_mw = one ? Known<Estimate>(Estimate{one->mean, std::nullopt}) : one;
    idle.drift_mw = Missing{idle.before_mw ? idle.after_mw.reason() : idle.before_mw.reason()};
    return idle;
  }
  const double drift = idle.after_mw->mean - idle.before_mw->mean;
  Estimate power{0.5 * (idle.before_mw->mean + idle.after_mw->mean), std::nullopt};
  if (idle.before_mw->ci95 && idle.after_mw->ci95) {
    const double width =
        0.5 * std::hypot(half(*idle.before_mw), half(*idle.after_mw)) + 0.5 * std::abs(drift);
    power.ci95 = Interval{power.mean - width, power.mean + width};
  }
  idle.power_mw = power;
  idle.drift_mw = drift;
  return idle;
}

void warn(Result& result, const IdleBaseline& idle) {
  if (!idle.power_mw) {
    result.warnings.push_back(
        {"no_idle_baseline", "idle power could not be measured: too few readings while nothing ran",
         "use a sensor that is read more often"});
    return;
  }
  if (!idle.drift_mw) {
    result.warnings.push_back(
        {"idle_once",
         "idle power was measured on one side of the inferences only: nothing "
         "tells whether it drifted",
         "let the run come to its end"});
    return;
  }
  if (std::abs(*idle.drift_mw) <= kNotableDrift * idle.power_mw->mean) return;
  result.warnings.push_back(
      {"idle_drift",
       fmt::format("idle power was {:.4g} mW before and {:.4g} mW after the inferences ({:+.2g} %)",
                   idle.before_mw->mean, idle.after_mw->mean,
                   100.0 * *idle.drift_mw / idle.before_mw->mean),
       "let the device warm up first (--steady), or run shorter; half of the difference is in the "
       "intervals of active energy"});
}

}  // namespace

Known<Estimate> active_energy(const Known<Estimate>& energy_mj, const Known<Estimate>& idle_mw,
                              double time_ms) {
  if (!energy_mj) return Missing{energy_mj.reason()};
  if (!idle_mw) return Missing{"no_idle_baseline"};
  const auto of_idle = [time_ms](double mw) {
    return (Milliwatts{mw} * Milliseconds{time_ms}).value;
  };
  Estimate active{energy_mj->mean - of_idle(idle_mw->mean), std::nullopt};
  if (energy_mj->ci95 && idle_mw->ci95) {
    const double width = std::hypot(half(*energy_mj), of_idle(half(*idle_mw)));
    active.ci95 = Interval{active.mean - width, active.mean + width};
  }
  return active;
}

void add_idle_baseline(Result& result, const Recording& recording, const SlotTimes& times) {
  if (recording.idle.empty() || recording.power.size() == 0) return;
  result.idle = baseline_of(recording);
  const Known<Estimate>& idle_mw = result.idle->power_mw;
  warn(result, *result.idle);
  for (LayerResult& layer : result.layers) {
    layer.active_energy_mj = active_energy(layer.energy_mj, idle_mw, times.mean_ms[layer.index]);
  }
  result.outside_layers.active_energy_mj =
      active_energy(result.outside_layers.energy_mj, idle_mw, times.mean_ms.back());
  result.total.active_energy_mj =
      active_energy(result.total.energy_mj, idle_mw, times.mean_inference_ms);
}

}  // namespace layerwatt
