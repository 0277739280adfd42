#include "attribution/excite_burst_steps.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr double kLeastCovered = 0.985;  // of a step, by windows

Index index(std::size_t i) { return static_cast<Index>(i); }

double shared_ms(const BurstWindow& window, double begin_ms, double end_ms) {
  return std::max(0.0, std::min(end_ms, window.end_ms) - std::max(begin_ms, window.begin_ms));
}

}  // namespace

BurstMixes::BurstMixes(const std::vector<BurstWindow>& windows) {
  std::map<std::vector<double>, std::size_t> numbers;
  std::vector<double> count;
  for (const BurstWindow& window : windows) {
    if (!window.adapts() || !window.usable) {
      of.push_back(0);
      continue;
    }
    const auto [found, added] = numbers.emplace(window.extra, amount.size());
    const std::size_t mix = found->second;
    if (added) {
      amount.emplace_back(window.extra.size(), 0.0);
      pass_ms.push_back(0.0);
      count.push_back(0.0);
    }
    of.push_back(mix);
    for (std::size_t j = 0; j < window.extra.size(); ++j) {
      amount[mix][j] += BurstSteps::amount(window, j);
    }
    pass_ms[mix] += window.pass_ms;
    ++count[mix];
  }
  for (std::size_t m = 0; m < amount.size(); ++m) {
    for (double& part : amount[m]) part /= count[m];
    pass_ms[m] /= count[m];
  }
}

BurstSteps::BurstSteps(const BurstRecording& bursts)
    : windows_(bursts.windows), steps_(bursts.steps), mixes_(bursts.windows) {
  for (std::size_t j = 0; j < windows_.front().extra.size(); ++j) {
    if (std::any_of(windows_.begin(), windows_.end(),
                    [j](const auto& w) { return w.usable && w.extra[j] > 0; })) {
      parts_.push_back(j);
    }
  }
  skip_.assign(steps_.size(), false);
  weights_.assign(steps_.size(), 1.0);
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    // Nor is it known how plain passes come back from a window that is not used.
    const bool behind = w > 0 && windows_[w].plain && !windows_[w - 1].usable;
    usable_.push_back(windows_[w].usable && !behind);
  }
}

StepRows BurstSteps::rows(double lag_ms, double tau_ms,
                          const std::vector<double>& plain_over) const {
  StepRows rows;
  const std::vector<Seen> used = find_used(lag_ms);
  const Index count = index(used.size());
  const std::size_t channels = steps_.empty() ? 1 : steps_.front().power_mw.size();
  rows.mix = MatrixXd::Zero(count, index(parts_.size() + 1));
  rows.adapted = MatrixXd::Zero(count, tau_ms > 0.0 ? index(mixes_.amount.size()) : 0);
  rows.power.resize(count, index(channels));
  rows.weight.resize(count);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const CounterStep& step = steps_[used[i].step];
    rows.steps.push_back(used[i].step);
    rows.weight(index(i)) = weights_[used[i].step];
    rows.at_ms.push_back((step.begin_ms + step.end_ms) / 2.0);
    for (std::size_t c = 0; c < channels; ++c) {
      const double mw = step.power_mw[c];
      rows.power(index(i), index(c)) = std::isnan(mw) ? 0.0 : mw;
    }
    fill(rows, index(i), used[i], lag_ms, tau_ms, plain_over);
  }
  return rows;
}

Eigen::VectorXd BurstSteps::share_of(const StepRows& rows, std::size_t window,
                                     double lag_ms) const {
  Eigen::VectorXd share(index(rows.steps.size()));
  for (std::size_t i = 0; i < rows.steps.size(); ++i) {
    const double begin = steps_[rows.steps[i]].begin_ms - lag_ms;
    const double end = steps_[rows.steps[i]].end_ms - lag_ms;
    share(index(i)) = shared_ms(windows_[window], begin, end) / (end - begin);
  }
  return share;
}

std::vector<BurstSteps::Seen> BurstSteps::find_used(double lag_ms) const {
  std::vector<Seen> used;
  std::size_t first = 0;
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    const double begin = steps_[k].begin_ms - lag_ms;
    const double end = steps_[k].end_ms - lag_ms;
    while (first < windows_.size() && windows_[first].end_ms <= begin) ++first;
    double covered = 0.0;
    bool usable = !skip_[k];
    for (std::size_t w = first; w < windows_.size() && windows_[w].begin_ms < end; ++w) {
      const double shared = shared_ms(windows_[w], begin, end);
      covered += shared;
      if (shared > 0.0 && !usable_[w]) usable = false;
    }
    if (usable && covered >= kLeastCovered * (end - begin)) used.push_back({k, first, covered});
  }
  return used;
}

void BurstSteps::fill(StepRows& rows, Index row, const Seen& seen, double lag_ms, double tau_ms,
                      const std::vector<double>& plain_over) const {
  const double begin = steps_[seen.step].begin_ms - lag_ms;
  const double end = steps_[seen.step].end_ms - lag_ms;
  for (std::size_t w = seen.first; w < windows_.size() && windows_[w].begin_ms < end; ++w) {
    const BurstWindow& window = windows_[w];
    const double shared = shared_ms(window, begin, end);
    if (shared <= 0.0) continue;
    const double weight = shared / seen.covered_ms / window.pass_ms;
    rows.mix(row, 0) += weight;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      rows.mix(row, index(i + 1)) += weight * amount(window, parts_[i]);
    }
    if (!(tau_ms > 0.0)) continue;
    const double from = std::max(begin, window.begin_ms) - window.begin_ms;
    const double to = std::min(end, window.end_ms) - window.begin_ms;
    // ∫ exp(−age/τ) over what the step saw of the window.
    const double memory = tau_ms * (std::exp(-from / tau_ms) - std::exp(-to / tau_ms));
    if (window.adapts()) {
      rows.adapted(row, index(mixes_.of[w])) -= (shared - memory) / seen.covered_ms;
    } else if (w > 0 && window.plain && windows_[w - 1].adapts()) {
      const std::size_t mix = mixes_.of[w - 1];
      const double length = windows_[w - 1].end_ms - windows_[w - 1].begin_ms;
      const double reached = 1.0 - std::exp(-length / tau_ms);
      rows.adapted(row, index(mix)) -= plain_over[mix] * reached * memory / seen.covered_ms;
    }
  }
}

}  // namespace layerwatt
