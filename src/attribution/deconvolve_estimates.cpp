#include "attribution/deconvolve_estimates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr double kNormal95 = 1.959963984540054;

struct Group {
  std::vector<std::size_t> layers;
  double energy = 0.0;
  double variance = 0.0;

  double width() const {
    return energy > 0.0 ? kNormal95 * std::sqrt(std::max(variance, 0.0)) / energy : 1e300;
  }
};

Group join(const Group& a, const Group& b, const Eigen::MatrixXd& covariance) {
  Group both = a;
  both.layers.insert(both.layers.end(), b.layers.begin(), b.layers.end());
  both.energy += b.energy;
  double cross = 0.0;
  for (const std::size_t i : a.layers) {
    for (const std::size_t j : b.layers) {
      cross += covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
  }
  both.variance += b.variance + 2.0 * cross;
  return both;
}

Estimate with_interval(double mean, double std) {
  const double half = kNormal95 * std;
  return {mean, Interval{std::max(0.0, mean - half), mean + half}};
}

ColumnPower column_power(double power_mw, double std_mw, double mean_ms) {
  const double energy = (Milliwatts{power_mw} * Milliseconds{mean_ms}).value;
  const double std_mj = (Milliwatts{std_mw} * Milliseconds{mean_ms}).value;
  return {with_interval(power_mw, std_mw), with_interval(energy, std_mj)};
}

ColumnPower shared(double energy_mj, double group_ms, double layer_ms) {
  const Milliwatts power = Millijoules{energy_mj} / Milliseconds{group_ms};
  return {Estimate{power.value, std::nullopt},
          Estimate{(power * Milliseconds{layer_ms}).value, std::nullopt}};
}

std::string found(const char* what, double value_ms, const std::optional<double>& std_ms) {
  if (!std_ms) return {};
  return fmt::format("{} {:.3g} ± {:.2g} ms, ", what, value_ms, kNormal95 * *std_ms);
}

std::string describe(const Deconvolution& fit) {
  std::string text =
      found("window", fit.response.window_ms, fit.window_std_ms) +
      found("latency", fit.response.latency_ms, fit.latency_std_ms) +
      found("time constant", fit.response.time_constant_ms, fit.time_constant_std_ms);
  if (fit.grid_ms) text += fmt::format("conversions every {:.5g} ms, ", *fit.grid_ms);
  if (text.empty()) return {};
  text.resize(text.size() - 2);
  return "Response found from the data: " + text + ".";
}

}  // namespace

std::vector<std::vector<std::size_t>> merge_until_narrow(const std::vector<double>& energy_mj,
                                                         const Eigen::MatrixXd& covariance_mj2,
                                                         const std::vector<bool>& present) {
  std::vector<Group> groups;
  for (std::size_t j = 0; j < energy_mj.size(); ++j) {
    if (!present[j]) continue;
    const auto i = static_cast<Eigen::Index>(j);
    groups.push_back({{j}, energy_mj[j], covariance_mj2(i, i)});
  }
  while (groups.size() > 1) {
    const auto widest =
        std::max_element(groups.begin(), groups.end(),
                         [](const Group& a, const Group& b) { return a.width() < b.width(); });
    if (widest->width() <= kWidestShare) break;
    // With the neighbour that leaves the narrower group: errors of neighbours mostly cancel.
    const auto at = static_cast<std::size_t>(widest - groups.begin());
    std::size_t left = at > 0 ? at - 1 : at;
    if (at > 0 && at + 1 < groups.size() &&
        join(groups[at], groups[at + 1], covariance_mj2).width() <
            join(groups[at - 1], groups[at], covariance_mj2).width()) {
      left = at;
    }
    groups[left] = join(groups[left], groups[left + 1], covariance_mj2);
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(left) + 1);
  }
  std::vector<std::vector<std::size_t>> out;
  out.reserve(groups.size());
  for (Group& group : groups) out.push_back(std::move(group.layers));
  return out;
}

PowerEstimates deconvolve_estimates(const Deconvolution& fit, const PowerSamples& power,
                                    const SlotTimes& times) {
  const std::size_t layers = fit.segments.layers;
  const std::size_t rails = power.rails.size();
  const auto column = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  // A rail's fit has the total's geometry and its own noise.
  const auto std_of = [&](std::size_t j, std::size_t channel) {
    const double total = std::sqrt(std::max(fit.covariance(column(j), column(j)), 0.0));
    const double scale =
        fit.residual_mw(0) > 0.0 ? fit.residual_mw(column(channel)) / fit.residual_mw(0) : 1.0;
    return total * scale;
  };
  const auto whole = [&](std::size_t j) {
    LayerPower part;
    part.samples = fit.samples[j];
    part.total = column_power(fit.power_mw(column(j), 0), std_of(j, 0), times.mean_ms[j]);
    for (std::size_t r = 0; r < rails; ++r) {
      part.rails.push_back(
          column_power(fit.power_mw(column(j), column(r + 1)), std_of(j, r + 1), times.mean_ms[j]));
    }
    return part;
  };
  const auto nothing = [&](const char* reason) {
    LayerPower part;
    part.total = {Missing{reason}, Missing{reason}};
    part.rails.assign(rails, {Missing{reason}, Missing{reason}});
    part.reason = reason;
    return part;
  };

  PowerEstimates out;
  std::vector<double> energy(layers, 0.0);
  std::vector<bool> present(layers, false);
  Eigen::MatrixXd covariance(column(layers), column(layers));
  for (std::size_t j = 0; j < layers; ++j) {
    present[j] = times.mean_ms[j] > 0.0 && fit.samples[j] > 0;
    energy[j] = fit.power_mw(column(j), 0) * times.mean_ms[j] / 1e3;
    for (std::size_t i = 0; i < layers; ++i) {
      covariance(column(i), column(j)) =
          fit.covariance(column(i), column(j)) * times.mean_ms[i] * times.mean_ms[j] / 1e6;
    }
    out.layers.push_back(
        present[j] ? whole(j) : nothing(times.reported[j] == 0 ? "not_reported" : "no_samples"));
  }
  const std::size_t outside = fit.segments.outside();
  if (no_time_outside(times)) {
    out.outside = nothing("no_time");
    out.outside.total.energy_mj = Estimate{0.0, std::nullopt};
    for (ColumnPower& rail : out.outside.rails) rail.energy_mj = Estimate{0.0, std::nullopt};
  } else {
    out.outside = fit.samples[outside] > 0 ? whole(outside) : nothing("no_samples");
  }

  const std::size_t between = fit.segments.between();
  if (fit.samples[between] > 0) {
    for (std::size_t c = 1; c <= rails + 1; ++c) {  // channel 0, the total, comes last
      const std::size_t channel = c % (rails + 1);
      out.between.push_back(
          {fit.power_mw(column(between), column(channel)), std_of(between, channel)});
    }
  }

  for (const auto& members : merge_until_narrow(energy, covariance, present)) {
    if (members.size() < 2) continue;
    double group_ms = 0.0;
    double sum = 0.0;
    double variance = 0.0;
    std::vector<double> rail_sum(rails, 0.0);
    for (const std::size_t j : members) {
      group_ms += times.mean_ms[j];
      sum += energy[j];
      for (std::size_t r = 0; r < rails; ++r) {
        rail_sum[r] += fit.power_mw(column(j), column(r + 1)) * times.mean_ms[j] / 1e3;
      }
      for (const std::size_t i : members) variance += covariance(column(i), column(j));
    }
    for (const std::size_t j : members) {
      LayerPower& part = out.layers[j];
      part.group = out.groups.size();
      part.reason = "not_separable";
      part.total = shared(sum, group_ms, times.mean_ms[j]);
      for (std::size_t r = 0; r < rails; ++r) {
        part.rails[r] = shared(rail_sum[r], group_ms, times.mean_ms[j]);
      }
    }
    out.groups.push_back({members, with_interval(sum, std::sqrt(std::max(variance, 0.0)))});
  }
  std::size_t grouped = 0;
  for (const LayerGroup& group : out.groups) grouped += group.layers.size();
  if (grouped > 0) {
    out.warnings.push_back(
        {"not_separable",
         fmt::format("{} of {} layers share {} group{}: their own intervals would be wider than "
                     "±{:.0f} %",
                     grouped, layers, out.groups.size(), out.groups.size() == 1 ? "" : "s",
                     100.0 * kWidestShare),
         "run longer, use a faster sensor, or --method excite where the engine can repeat a "
         "layer"});
  }
  if (fit.outliers > 0) {
    out.warnings.push_back(
        {"outliers",
         fmt::format("{} of {} power readings are far off the fit and were left out", fit.outliers,
                     fit.readings),
         "something else may have used power during the run"});
  }
  out.model = SensorModel{std::nullopt, fit.response.window_ms, fit.response.latency_ms,
                          fit.response.time_constant_ms, fit.response.blur_ms};
  out.model_notes = describe(fit);
  return out;
}

bool separates(const PowerEstimates& estimates) {
  std::size_t parts = estimates.groups.size();
  for (const LayerPower& layer : estimates.layers) {
    if (!layer.group && layer.total.energy_mj) ++parts;
  }
  return parts > 1 || estimates.layers.size() == 1;
}

}  // namespace layerwatt
