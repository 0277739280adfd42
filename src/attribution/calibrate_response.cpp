#include "attribution/calibrate_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/calibration_data.hpp"
#include "attribution/calibration_fit.hpp"
#include "attribution/update_grid.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kFewestReadings = 100;
constexpr std::size_t kFewestEdges = 10;
constexpr double kLeastExplained = 100.0;  // ten standard deviations
constexpr double kOwnPace = 1.5;           // of the interval that was asked for
constexpr double kMostMisfit = 0.1;        // of the step of the load
constexpr double kNotableMisfit = 0.01;
constexpr double kGaussian = 2.1;
constexpr double kMergedShare = 0.25;
constexpr double kFarFromBound = 10.0;
constexpr std::size_t kFewestMixed = 20;
// An interval that is narrower than one of these says enough.
constexpr double kShareOfValue = 0.25;
constexpr double kShareOfLength = 0.05;
constexpr double kSmallMs = 0.1;

CalibratedFigure unknown(std::string reason) { return {std::nullopt, std::nullopt, reason}; }

void all_unknown(Calibration& out, const std::string& reason) {
  for (CalibratedFigure* figure : {&out.window, &out.latency, &out.time_constant}) {
    *figure = unknown(reason);
  }
}

// A sensor that gives readings at a pace of its own gives new ones alone.
CalibratedFigure own_pace(const PowerSamples& power, double gap_ms, double interval_ms) {
  if (gap_ms < kOwnPace * interval_ms) return unknown("every_reading_is_new");
  std::vector<double> gaps;
  for (std::size_t k = 1; k < power.size(); ++k) {
    const double gap = static_cast<double>(power.time_ns[k] - power.time_ns[k - 1]) / 1e6;
    if (gap < kOwnPace * gap_ms) gaps.push_back(gap);  // one that is missing is not a long one
  }
  double mean = 0.0;
  for (const double gap : gaps) mean += gap;
  mean /= static_cast<double>(gaps.size());
  // Errors of stamps cancel but for the first and the last, so batches of the gaps overstate what
  // is left; the spread of a single gap over the root of their number is on the safe side.
  double square = 0.0;
  for (const double gap : gaps) square += (gap - mean) * (gap - mean);
  const double n = static_cast<double>(gaps.size());
  const double half = kGaussian * std::sqrt(square / std::max(1.0, n - 1.0) / n);
  return {mean, Interval{mean - half, mean + half}, {}};
}

// Whether the interval is narrow enough for the value to stand.
CalibratedFigure decided(double value, Interval interval, const Response& response) {
  const double length = response.window_ms + 3.0 * response.time_constant_ms;
  const double half = 0.5 * (interval.hi - interval.lo);
  const double enough = std::max({kShareOfValue * value, kShareOfLength * length, kSmallMs});
  CalibratedFigure figure;
  figure.ci95_ms = interval;
  if (half <= enough) {
    figure.value_ms = std::max(value, 0.0);
  } else {
    figure.reason = "not_resolved";
  }
  return figure;
}

void put_figures(Calibration& out, const CalibrationSegments& segments, const CalibrationFit& fit,
                 double edge_error_ms) {
  const double scale = std::sqrt(fit.misfit_scale);
  // Near the bound 0, and for all that hangs together with what is near it, a standard deviation is
  // not enough: of a short window or time constant the readings show the square.
  const bool near_bound = [&] {
    for (std::size_t i = 0; i < fit.free.size(); ++i) {
      if (fit.free[i] == Parameter::latency) continue;
      if (!(get(fit.response, fit.free[i]) > kFarFromBound * scale * fit.std_ms[i])) return true;
    }
    return false;
  }();
  for (std::size_t i = 0; i < fit.free.size(); ++i) {
    const double value = get(fit.response, fit.free[i]);
    const double half = kGaussian * scale * fit.std_ms[i];
    Interval interval{value - half, value + half};
    if (near_bound) interval = profile_interval(segments, fit, i);
    CalibratedFigure* figure = &out.latency;
    if (fit.free[i] == Parameter::latency) {
      interval.lo -= edge_error_ms;
      interval.hi += edge_error_ms;
    } else {
      figure = fit.free[i] == Parameter::window ? &out.window : &out.time_constant;
      interval.lo = std::max(interval.lo, 0.0);
    }
    *figure = decided(value, interval, fit.response);
  }
}

void warn_about_fit(Calibration& out, const CalibrationFit& fit) {
  const auto warn = [&out](std::string code, std::string message, std::string hint) {
    out.warnings.push_back({std::move(code), std::move(message), std::move(hint)});
  };
  if (fit.misfit_share > kNotableMisfit && fit.misfit_share <= kMostMisfit) {
    warn("load_is_not_square",
         fmt::format("{:.2g} % of the step follows the load in a way that no response explains; "
                     "the intervals are widened",
                     100.0 * fit.misfit_share),
         "let the machine idle, and fix its clocks, while the sensor is calibrated");
  }
  if (out.latency.ci95_ms && out.latency.ci95_ms->hi < 0.0) {
    warn("readings_before_the_load",
         "the sensor's stamps lie before the load that they show: its clock is not this machine's, "
         "or its readings are stamped too early",
         "check the clock of the program that writes the readings");
  }
}

}  // namespace

Calibration calibrate_response(const Iterations& iterations, const PowerSamples& power,
                               const SensorModel& declared, const CalibrationSettings& settings) {
  Calibration out;
  out.readings = power.size();
  const CalibrationSegments segments = calibration_segments(iterations, settings.drift_block_ms);
  out.edges = segments.on_ms.size() + segments.off_ms.size();
  const bool energy = power.reading == Reading::energy;
  if (power.size() < kFewestReadings || out.edges < kFewestEdges) {
    for (const CalibrationField& field : kCalibrationFields) {
      out.*field.member = unknown(power.size() < kFewestReadings ? "few_readings" : "few_edges");
    }
    return out;
  }
  const double gap_ms = usual_gap_ms(power);
  const double slack_ms = 3.0 * declared.timestamp_error_ms.value_or(0.0);
  Readings readings = calibration_readings(power, segments.segments);
  double phase_error_ms = 0.0;
  if (const auto grid = find_update_grid(changes_of(power, segments.segments), gap_ms, slack_ms)) {
    out.grid.value_ms = grid->period_ms;
    out.grid.ci95_ms = Interval{grid->period_lo_ms, grid->period_hi_ms};
    out.period = out.grid;
    phase_error_ms = grid->phase_error_ms;
    readings = at_updates(readings, *grid, slack_ms + grid->phase_error_ms + 0.01);
  } else {
    out.grid = unknown("none_seen");
    out.period = own_pace(power, gap_ms, settings.interval_ms);
  }

  // A burst of one layer has no parts that a fast sensor could tell apart.
  double pass_ms = 0.0;
  for (std::size_t i = 0; iterations.layers.size() > 1 && i < iterations.size(); ++i) {
    pass_ms =
        std::max(pass_ms, static_cast<double>(iterations.end_ns[i] - iterations.start_ns[i]) / 1e6);
  }
  const std::optional<CalibrationFit> fit =
      readings.size() < kFewestReadings
          ? std::nullopt
          : fit_calibration(segments, readings, pass_ms, declared.timestamp_error_ms.value_or(0.0),
                            settings.longest_ms);
  if (!fit) {
    all_unknown(out, "few_readings");
    return out;
  }
  out.idle_mw = fit->idle_mw;
  out.busy_mw = fit->busy_mw;
  out.noise_mw = fit->noise_mw;
  if (fit->explained < kLeastExplained || fit->busy_mw <= fit->idle_mw) {
    all_unknown(out, "load_not_seen");
    out.warnings.push_back({"load_not_seen", "the sensor's readings do not follow the load",
                            "does this sensor measure what the load runs on? see --load"});
    return out;
  }
  if (fit->misfit_share > kMostMisfit) {
    all_unknown(out, "no_response_explains");
    out.warnings.push_back(
        {"no_response_explains",
         fmt::format("what the best response leaves of the readings still follows the load, by "
                     "{:.0f} % of its step",
                     100.0 * fit->misfit_share),
         "let the machine idle, and fix its clocks, while the sensor is calibrated"});
    return out;
  }
  if (fit->mixed < kFewestMixed) {
    all_unknown(out, "few_readings_on_edges");
    out.warnings.push_back(
        {"few_readings_on_edges",
         fmt::format("only {} readings were taken while the load went on or off: they cannot tell "
                     "the response",
                     fit->mixed),
         "run longer (--max-time), or read faster (--interval)"});
    return out;
  }
  // Merged passes begin and end with layers of other power than their mean.
  const double merged_ms = fit->merged ? kMergedShare * pass_ms : 0.0;
  put_figures(out, segments, *fit, settings.edge_error_ms + phase_error_ms + merged_ms);
  if (energy) out.window = unknown("energy_counter");
  warn_about_fit(out, *fit);
  return out;
}

}  // namespace layerwatt
