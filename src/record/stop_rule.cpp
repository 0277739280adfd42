#include "record/stop_rule.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

std::optional<double> percent_of(double half_width, double value) {
  if (!(value > 0.0)) return std::nullopt;
  return 100.0 * half_width / value;
}

std::optional<double> relative_ci_pct(const Known<Estimate>& estimate) {
  if (!estimate || !estimate->ci95) return std::nullopt;
  return percent_of((estimate->ci95->hi - estimate->ci95->lo) / 2.0, estimate->mean);
}

double mean_or_zero(const Known<Estimate>& estimate) { return estimate ? estimate->mean : 0.0; }

double mean_time_ms(const LayerResult& layer) { return layer.time_ms ? layer.time_ms->mean : 0.0; }

double sum_of_times_ms(const Result& result) {
  double total = 0.0;
  for (const LayerResult& layer : result.layers) total += mean_time_ms(layer);
  return total;
}

std::vector<LayerPrecision> time_precision_of(const Result& result) {
  const double total = sum_of_times_ms(result);
  std::vector<LayerPrecision> found;
  for (const LayerResult& layer : result.layers) {
    if (!layer.time_ms || !(total > 0.0)) continue;
    LayerPrecision& entry = found.emplace_back();
    entry.share = layer.time_ms->mean / total;
    if (layer.time_ms->ci95) {
      entry.ci_pct = percent_of((layer.time_ms->ci95->hi - layer.time_ms->ci95->lo) / 2.0,
                                layer.time_ms->mean);
    }
  }
  return found;
}

}  // namespace

std::optional<double> worst_ci_pct(const StopRule& rule, std::span<const LayerPrecision> layers) {
  std::optional<double> worst;
  for (const LayerPrecision& layer : layers) {
    if (layer.share < rule.share_floor) continue;
    if (!layer.ci_pct) return std::nullopt;
    worst = std::max(worst.value_or(0.0), *layer.ci_pct);
  }
  return worst;
}

bool precise_enough(const StopRule& rule, std::span<const LayerPrecision> layers) {
  const std::optional<double> worst = worst_ci_pct(rule, layers);
  return worst && *worst <= rule.target_ci_pct;
}

std::vector<LayerPrecision> precision_of(const Result& result) {
  double total = 0.0;
  for (const LayerResult& layer : result.layers) {
    if (!layer.group) total += mean_or_zero(layer.energy_mj);
  }
  for (const LayerGroup& group : result.groups) total += mean_or_zero(group.energy_mj);
  if (!(total > 0.0)) {
    std::vector<LayerPrecision> found = time_precision_of(result);
    // Power without a split by layer: more data cannot give one, but can sharpen the total.
    if (result.total.energy_mj) found.push_back({1.0, relative_ci_pct(result.total.energy_mj)});
    return found;
  }
  const double total_ms = sum_of_times_ms(result);
  std::vector<LayerPrecision> found;
  for (const LayerResult& layer : result.layers) {
    if (layer.group) continue;
    // A layer that no reading has touched yet counts by its time.
    const double share = layer.energy_mj  ? layer.energy_mj->mean / total
                         : total_ms > 0.0 ? mean_time_ms(layer) / total_ms
                                          : 0.0;
    found.push_back({share, relative_ci_pct(layer.energy_mj)});
  }
  for (const LayerGroup& group : result.groups) {
    found.push_back({mean_or_zero(group.energy_mj) / total, relative_ci_pct(group.energy_mj)});
  }
  return found;
}

void RunningEstimate::add_inference(std::span<const double> layer_ms) {
  ++inferences_;
  const std::size_t known = std::min(layer_ms.size(), layer_ms_.size());
  for (std::size_t i = 0; i < known; ++i) {
    if (!std::isnan(layer_ms[i])) layer_ms_[i].add(layer_ms[i]);
  }
}

void RunningEstimate::add_power(double total_mw) {
  const std::lock_guard lock(mutex_);
  latest_mw_ = total_mw;
  power_mw_.add(total_mw);
}

void RunningEstimate::add_rails(std::span<const double> rail_mw) {
  const std::lock_guard lock(mutex_);
  latest_rails_mw_.assign(rail_mw.begin(), rail_mw.end());
}

std::vector<double> RunningEstimate::latest_rails_mw() const {
  const std::lock_guard lock(mutex_);
  return latest_rails_mw_;
}

std::vector<RunningLayer> RunningEstimate::longest(std::size_t most) const {
  std::vector<RunningLayer> layers;
  double total_ms = 0.0;
  for (std::size_t i = 0; i < layer_ms_.size(); ++i) {
    const BatchMeans& layer = layer_ms_[i];
    if (layer.count() == 0) continue;
    RunningLayer& entry = layers.emplace_back();
    entry.index = i;
    entry.time_ms = layer.mean();
    // A layer that is not reported in every inference counts for what it takes of the run.
    entry.share = layer.mean() * static_cast<double>(layer.count());
    total_ms += entry.share;
    if (const auto half = layer.half_width95()) entry.ci_pct = percent_of(*half, layer.mean());
  }
  const auto kept = static_cast<std::ptrdiff_t>(std::min(most, layers.size()));
  std::partial_sort(layers.begin(), layers.begin() + kept, layers.end(),
                    [](const RunningLayer& a, const RunningLayer& b) { return a.share > b.share; });
  layers.resize(static_cast<std::size_t>(kept));
  for (RunningLayer& layer : layers) layer.share = total_ms > 0.0 ? layer.share / total_ms : 0.0;
  return layers;
}

std::optional<double> RunningEstimate::latest_mw() const {
  const std::lock_guard lock(mutex_);
  return latest_mw_;
}

std::vector<LayerPrecision> RunningEstimate::layers(bool power_expected) const {
  std::optional<double> power_pct;
  if (power_expected) {
    const std::lock_guard lock(mutex_);
    if (const auto half = power_mw_.half_width95()) {
      power_pct = percent_of(*half, power_mw_.mean());
    }
  }
  double total_ms = 0.0;
  for (const BatchMeans& layer : layer_ms_) {
    if (layer.count() > 0) total_ms += layer.mean() * static_cast<double>(layer.count());
  }
  std::vector<LayerPrecision> found;
  for (const BatchMeans& layer : layer_ms_) {
    if (layer.count() == 0 || !(total_ms > 0.0)) continue;
    LayerPrecision& entry = found.emplace_back();
    entry.share = layer.mean() * static_cast<double>(layer.count()) / total_ms;
    const auto half = layer.half_width95();
    if (!half || (power_expected && !power_pct)) continue;
    const auto time_pct = percent_of(*half, layer.mean());
    if (time_pct) entry.ci_pct = std::hypot(*time_pct, power_pct.value_or(0.0));
  }
  return found;
}

}  // namespace layerwatt
