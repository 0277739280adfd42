#include "attribution/calibration_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "attribution/calibration_search.hpp"
#include "attribution/covariance.hpp"
#include "attribution/design.hpp"
#include "attribution/residuals.hpp"
#include "attribution/stamp_error.hpp"

namespace layerwatt {
namespace {

constexpr double kTrendMs = 1000.0;     // window of the trend, at least …
constexpr double kTrendLengths = 10.0;  // … and in lengths of the response
constexpr double kTrendReadings = 40.0;
constexpr double kOutlierSigmas = 8.0;
constexpr double kOutlierSteps = 1.5;
constexpr double kFirstTrialMs = 0.05;
constexpr double kForgetLags = 7.0;
constexpr double kForgetMost = 0.25;  // of the run
constexpr double kNormal = 2.1;       // a little over 1.96: the variances are estimates too

// What ran before the first reading is not known, and a low pass still shows it: a few passes that
// were timed just before made half a second come out 0.7 % too short.
void forget_before(Readings& readings, const Response& response) {
  if (readings.size() == 0) return;
  const double begin = readings.time_ms.front();
  const double most = kForgetMost * (readings.time_ms.back() - begin);
  const double until = begin + std::min(most, response.window_ms + response.latency_ms +
                                                  kForgetLags * response.time_constant_ms);
  for (std::size_t k = 0; k < readings.size() && readings.time_ms[k] < until; ++k) {
    readings.weight[k] = 0.0;
  }
}

// All power rises by some per cent while a device warms up, within a stretch too. The ratio of what
// was read to what the fit says, by windows and smoothed over three, is divided out: slow beside
// the load, so that it cannot pass for its response.
Readings without_trend(Readings readings, const std::vector<double>& residual_mw,
                       double window_ms) {
  if (readings.size() < 2) return readings;
  const double begin = readings.time_ms.front();
  const double whole = readings.time_ms.back() - begin;
  const auto windows = static_cast<std::size_t>(whole / window_ms);
  if (windows < 3) return readings;
  const double each = whole / static_cast<double>(windows);
  std::vector<double> read(windows + 2, 0.0);
  std::vector<double> fitted(windows + 2, 0.0);
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const auto at =
        std::min(windows - 1, static_cast<std::size_t>((readings.time_ms[k] - begin) / each));
    const double predicted = readings.value[k] - residual_mw[k];
    read[at + 1] += readings.weight[k] * readings.value[k] * predicted;
    fitted[at + 1] += readings.weight[k] * predicted * predicted;
  }
  std::vector<double> ratio;
  for (std::size_t i = 1; i <= windows; ++i) {
    const double below = fitted[i - 1] + fitted[i] + fitted[i + 1];
    ratio.push_back(below > 0.0 ? (read[i - 1] + read[i] + read[i + 1]) / below : 1.0);
  }
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double at = std::clamp((readings.time_ms[k] - begin) / each - 0.5, 0.0,
                                 static_cast<double>(windows - 1));
    const auto low = std::min(static_cast<std::size_t>(at), windows - 2);
    const double share = at - static_cast<double>(low);
    readings.value[k] /= (1.0 - share) * ratio[low] + share * ratio[low + 1];
  }
  return readings;
}

// The readings between the lowest and the highest hundredth: the step of the load, nearly.
double spread(const Readings& readings) {
  std::vector<double> sorted = readings.value;
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0.0 : sorted[sorted.size() * 99 / 100] - sorted[sorted.size() / 100];
}

// Readings long after the last edge that they could still show.
std::vector<bool> far_from_edges(const CalibrationSegments& segments, const Readings& readings,
                                 const Response& response) {
  std::vector<double> edges = segments.on_ms;
  edges.insert(edges.end(), segments.off_ms.begin(), segments.off_ms.end());
  std::sort(edges.begin(), edges.end());
  const double reach =
      2.0 * (response.latency_ms + response.window_ms + 8.0 * response.time_constant_ms) + 20.0;
  std::vector<bool> far;
  for (const double at : readings.time_ms) {
    const auto next = std::upper_bound(edges.begin(), edges.end(), at + 1.0);
    far.push_back(next == edges.begin() || at - *(next - 1) > reach);
  }
  return far;
}

// Readings that show neither the load nor its absence alone.
std::size_t count_mixed(const CalibrationSegments& segments, const Readings& readings,
                        const Response& response) {
  DesignRow row(segments.segments, response);
  std::size_t count = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.weight[k] == 0.0) continue;
    readings.compute(row, k);
    double idle = 0.0;
    for (const std::uint32_t i : row.touched()) {
      if (segments.idle[i]) idle += row.weights()[i];
    }
    if (idle > 0.02 && idle < 0.98) ++count;
  }
  return count;
}

struct Levels {
  double idle_mw = 0.0;
  double busy_mw = 0.0;
};

// Mean powers, weighted by what of them the readings saw.
Levels levels(const CalibrationSegments& segments, const NormalEquations& equations,
              const Eigen::MatrixXd& p) {
  Levels out;
  double idle_weight = 0.0;
  double busy_weight = 0.0;
  for (Eigen::Index j = 0; j < p.rows(); ++j) {
    const double seen = equations.a.row(j).sum();
    const bool idle = segments.idle[static_cast<std::size_t>(j)];
    (idle ? out.idle_mw : out.busy_mw) += seen * p(j, 0);
    (idle ? idle_weight : busy_weight) += seen;
  }
  if (idle_weight > 0.0) out.idle_mw /= idle_weight;
  if (busy_weight > 0.0) out.busy_mw /= busy_weight;
  return out;
}

// What a fit without the load leaves: a level for each stretch.
double without_load(const CalibrationSegments& segments, const Readings& readings) {
  double sum = 0.0;
  double weight = 0.0;
  double square = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double w = readings.weight[k];
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > segments.segments.edge_ms.back()) {
      continue;
    }
    weight += w;
    sum += w * readings.value[k];
    square += w * readings.value[k] * readings.value[k];
  }
  return weight > 0.0 ? (square - sum * sum / weight) / weight : 0.0;
}

// The mean residual by the time since the load went on, and off, of a right model is 0.
void judge_misfit(const CalibrationSegments& segments, const Residuals& residuals,
                  CalibrationFit& fit) {
  constexpr std::size_t kBins = 14;
  const Readings& readings = fit.readings;
  const Response& response = fit.response;
  const double gap_ms = readings.size() > 1 ? (readings.time_ms.back() - readings.time_ms.front()) /
                                                  static_cast<double>(readings.size() - 1)
                                            : 1.0;
  const double start_ms = response.latency_ms - gap_ms;
  const double span_ms = 2.0 * std::max(length_ms(response), gap_ms) + 2.0 * gap_ms;
  double between = 0.0;
  double noise = 0.0;
  double in_bins = 0.0;
  std::size_t bins = 0;
  for (const std::vector<double>* edges : {&segments.on_ms, &segments.off_ms}) {
    std::array<double, kBins> weight{};
    std::array<double, kBins> sum{};
    std::array<double, kBins> square{};
    std::size_t k = 0;
    for (std::size_t e = 0; e < edges->size(); ++e) {
      const double from = (*edges)[e] + start_ms;
      while (k < readings.size() && readings.time_ms[k] < from) ++k;
      for (std::size_t i = k; i < readings.size() && readings.time_ms[i] < from + span_ms; ++i) {
        const double w = readings.weight[i];
        const auto bin = static_cast<std::size_t>((readings.time_ms[i] - from) / span_ms *
                                                  static_cast<double>(kBins));
        const double r = residuals.residual_mw[i];
        weight[std::min(bin, kBins - 1)] += w;
        sum[std::min(bin, kBins - 1)] += w * r;
        square[std::min(bin, kBins - 1)] += w * r * r;
      }
    }
    for (std::size_t b = 0; b < kBins; ++b) {
      if (weight[b] < 8.0) continue;
      ++bins;
      in_bins += weight[b];
      between += sum[b] * sum[b] / weight[b];
      noise += square[b] / weight[b];
    }
  }
  if (bins == 0 || noise <= 0.0) return;
  const double expected = noise;  // a variance a bin
  const double beyond =
      between - expected * (1.0 + 4.0 * std::sqrt(2.0 / static_cast<double>(bins)));
  const double step = std::abs(fit.busy_mw - fit.idle_mw);
  if (beyond <= 0.0 || step <= 0.0) return;
  fit.misfit_share = std::sqrt(beyond / in_bins) / step;
  fit.misfit_scale = std::max(1.0, between / expected);
}

}  // namespace

std::optional<CalibrationFit> fit_calibration(const CalibrationSegments& full,
                                              const Readings& readings, double pass_ms,
                                              double declared_blur_ms, double longest_ms) {
  CalibrationFit fit;
  fit.readings = readings;
  fit.free = {Parameter::latency, Parameter::time_constant};
  if (readings.window_ms.empty()) fit.free.push_back(Parameter::window);
  fit.response = find_calibration(full, readings, pass_ms, fit.free, declared_blur_ms, longest_ms);
  fit.merged = too_costly(full.segments, readings, fit.response);
  const CalibrationSegments whole = fit.merged ? merged(full) : full;
  const Segments& segments = whole.segments;
  Readings& weighted = fit.readings;

  forget_before(weighted, fit.response);
  const double step_mw = spread(weighted);
  const std::vector<bool> steady = far_from_edges(whole, weighted, fit.response);

  // Residuals → stamp error, outliers, weights → response again, as in deconvolve().
  double trial_ms = declared_blur_ms > 0.0 ? declared_blur_ms : kFirstTrialMs;
  const double gap_ms = readings.size() > 1 ? (readings.time_ms.back() - readings.time_ms.front()) /
                                                  static_cast<double>(readings.size() - 1)
                                            : 1.0;
  const double trend_ms =
      std::max({kTrendMs, kTrendLengths * length_ms(fit.response), kTrendReadings * gap_ms});
  for (int round = 0; round < 3; ++round) {
    fit.response = refine_response(segments, weighted, fit.response, fit.free, 10).response;
    const Residuals left = residuals_of(segments, weighted, fit.response, 0.0);
    weighted = without_trend(std::move(weighted), left.residual_mw, trend_ms);
    if (pass_ms > 0.0 && !fit.merged && round == 1) {
      fit.response = over_ripples(segments, weighted, fit.response, fit.free);
    }
    fit.response = refine_response(segments, weighted, fit.response, fit.free, 10).response;
    const Residuals residuals = residuals_of(segments, weighted, fit.response, trial_ms);
    const NoiseModel noise =
        fit_noise(residuals.residual_mw, residuals.scatter_mw2, trial_ms, weighted.weight);
    const std::vector<double> variance = expected_variance(noise, residuals.scatter_mw2, trial_ms);
    for (std::size_t k = 0; k < weighted.size(); ++k) {
      const double r = residuals.residual_mw[k];
      // Not by a load that goes on or off: there a response that is still off leaves its largest
      // residuals, and a fit that calls them outliers never gets right.
      const bool wild = r * r > kOutlierSigmas * kOutlierSigmas * variance[k] &&
                        (steady[k] || std::abs(r) > kOutlierSteps * step_mw);
      if (wild) weighted.weight[k] = 0.0;
    }
    weighted.weight = weights_for(variance, weighted.weight);
    fit.noise_mw = noise.noise_mw;
    fit.response.blur_ms = noise.stamp_error_ms;
    trial_ms = std::max(noise.stamp_error_ms, 0.1 * kFirstTrialMs);
  }
  const Refined refined = refine_response(segments, weighted, fit.response, fit.free, 10);
  fit.response = refined.response;
  fit.mean_square = refined.mean_square;
  if (!(fit.mean_square > 0.0)) fit.mean_square = 1e-12;
  const Eigen::MatrixXd covariance = white_covariance(segments, weighted, refined, fit.free);

  const NormalEquations equations = accumulate(segments, weighted, fit.response);
  const Eigen::MatrixXd p = solve_non_negative(equations.a, equations.b);
  const Levels mean = levels(whole, equations, p);
  fit.idle_mw = mean.idle_mw;
  fit.busy_mw = mean.busy_mw;
  fit.explained =
      (without_load(whole, weighted) - fit.mean_square) * equations.weight / fit.mean_square;
  fit.std_ms =
      uncertainty_of(segments, weighted, fit.response, fit.free, equations, p).parameter_std;
  for (std::size_t i = 0; i < fit.free.size(); ++i) {
    // At the bound 0 the readings show a window's or a time constant's square alone: both variances
    // are of nothing, and their ratio once widened all intervals a thousandfold.
    if (fit.free[i] != Parameter::latency && get(fit.response, fit.free[i]) <= 0.0) continue;
    const auto at = static_cast<Eigen::Index>(i);
    const double white = covariance(at, at);
    if (white > 0.0 && std::isfinite(fit.std_ms[i])) {
      fit.inflation = std::max(fit.inflation, fit.std_ms[i] * fit.std_ms[i] / white);
    }
  }
  fit.mixed = count_mixed(whole, weighted, fit.response);
  judge_misfit(whole, residuals_of(segments, weighted, fit.response, 0.0), fit);
  return fit;
}

Interval profile_interval(const CalibrationSegments& full, const CalibrationFit& fit,
                          std::size_t parameter) {
  const CalibrationSegments whole = fit.merged ? merged(full) : full;
  const Parameter which = fit.free[parameter];
  std::vector<Parameter> others = fit.free;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(parameter));
  const double best = get(fit.response, which);
  double used = 0.0;
  for (const double w : fit.readings.weight) used += w > 0.0 ? 1.0 : 0.0;
  const double allowed = kNormal * kNormal * fit.inflation * fit.misfit_scale / used;
  // In standard deviations, squared: how much worse the best fit with this value is.
  const auto excess = [&](double value) {
    // Latency and window (or time constant) that keep the middle between them are hard to tell
    // apart, and a descent along that valley is slow: one start lies in it.
    const Response moved = with(fit.response, which, value);
    Response kept = moved;
    const double off = value - best;
    if (which == Parameter::latency) kept.window_ms = std::max(0.0, kept.window_ms - 2.0 * off);
    if (which == Parameter::window) kept.latency_ms -= 0.5 * off;
    if (which == Parameter::time_constant) kept.latency_ms -= off;
    double least = std::numeric_limits<double>::infinity();
    for (const Response& start : {moved, kept}) {
      const Refined there = refine_response(whole.segments, fit.readings, start, others, 6);
      least = std::min(least, there.mean_square);
    }
    return std::max(0.0, least / fit.mean_square - 1.0) / allowed;
  };
  const auto side = [&](double direction) {
    const bool bounded = which != Parameter::latency && direction < 0.0;
    double off = kNormal * std::sqrt(fit.misfit_scale) * std::max(fit.std_ms[parameter], 1e-4);
    if (!std::isfinite(off)) off = std::max(0.1, length_ms(fit.response));
    double inside = 0.0;
    double outside = -1.0;
    for (int trial = 0; trial < 10; ++trial) {
      if (bounded && off >= best) {
        // Up to the bound, and not beyond.
        if (excess(0.0) <= 1.0) return 0.0;
        outside = best;
        off = 0.5 * (inside + outside);
      }
      const double worse = excess(best + direction * off);
      (worse <= 1.0 ? inside : outside) = off;
      if (outside > 0.0 && outside - inside < 0.05 * outside) break;
      // The excess is a parabola near the minimum.
      const double aimed = off * std::clamp(std::sqrt(1.02 / std::max(worse, 1e-3)), 0.3, 3.0);
      off = outside > 0.0 ? std::clamp(aimed, inside + 0.1 * (outside - inside),
                                       outside - 0.1 * (outside - inside))
                          : std::max(aimed, 1.3 * off);
    }
    return best + direction * (outside > 0.0 ? outside : inside);
  };
  return {side(-1.0), side(1.0)};
}

}  // namespace layerwatt
