#include "attribution/excite_burst_weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "attribution/statistics.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;

constexpr std::size_t kLeastSteps = 8;  // of either kind
constexpr double kMostBoundaryMs = 30.0;
// A residual that is larger, in units of what it would be at kMostBoundaryMs, is an outlier.
constexpr double kClip = 3.0;

double power_mw(const BurstWindow& window, const BurstSteps& steps, const BurstTrial& trial) {
  double mj = trial.fit.coefficients(0, 0);
  for (std::size_t i = 0; i < steps.parts().size(); ++i) {
    mj += BurstSteps::amount(window, steps.parts()[i]) *
          trial.fit.coefficients(static_cast<Index>(i + 1), 0);
  }
  return mj / window.pass_ms;
}

// By step, J over its length: what a boundary that is 1 ms off would change its mean power by.
std::vector<double> change_per_ms(const BurstRecording& bursts, const BurstSteps& steps,
                                  const BurstTrial& trial) {
  std::vector<double> window_mw;
  for (const BurstWindow& window : bursts.windows) {
    window_mw.push_back(power_mw(window, steps, trial));
  }
  std::vector<double> changes(bursts.steps.size(), 0.0);
  std::size_t first = 0;
  for (std::size_t k = 0; k < bursts.steps.size(); ++k) {
    const double begin = bursts.steps[k].begin_ms - trial.lag_ms;
    const double end = bursts.steps[k].end_ms - trial.lag_ms;
    while (first < bursts.windows.size() && bursts.windows[first].end_ms <= begin) ++first;
    double squares = 0.0;
    for (std::size_t w = first + 1; w < bursts.windows.size() && bursts.windows[w].begin_ms < end;
         ++w) {
      const double change = window_mw[w] - window_mw[w - 1];
      squares += change * change;
    }
    changes[k] = std::sqrt(squares) / (end - begin);
  }
  return changes;
}

double robust_std(std::vector<double> sizes) {
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return kMadToStd * *middle;
}

StepErrors errors_of(const BurstTrial& trial, const std::vector<double>& changes) {
  // The trial may be of weighted rows.
  const auto residual = [&](std::size_t i) {
    const auto row = static_cast<Index>(i);
    return trial.fit.residuals(row, 0) / trial.rows.weight(row);
  };
  std::vector<double> alone;
  for (std::size_t i = 0; i < trial.rows.steps.size(); ++i) {
    if (changes[trial.rows.steps[i]] == 0.0) alone.push_back(std::abs(residual(i)));
  }
  if (alone.size() < kLeastSteps) return {};
  StepErrors errors;
  errors.plain_mw = robust_std(alone);
  double above = 0.0;
  double scale = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < trial.rows.steps.size(); ++i) {
    const double change = changes[trial.rows.steps[i]];
    if (change == 0.0) continue;
    const double size = std::abs(residual(i));
    if (size > kClip * std::hypot(errors.plain_mw, kMostBoundaryMs * change)) continue;
    above += change * change * (size * size - errors.plain_mw * errors.plain_mw);
    scale += change * change * change * change;
    ++count;
  }
  if (count < kLeastSteps || !(above > 0.0)) return errors;
  errors.boundary_ms = std::min(kMostBoundaryMs, std::sqrt(above / scale));
  return errors;
}

}  // namespace

StepErrors step_errors(const BurstRecording& bursts, const BurstSteps& steps,
                       const BurstTrial& trial) {
  return errors_of(trial, change_per_ms(bursts, steps, trial));
}

std::vector<double> step_weights(const BurstRecording& bursts, const BurstSteps& steps,
                                 const BurstTrial& trial) {
  const std::vector<double> changes = change_per_ms(bursts, steps, trial);
  const StepErrors errors = errors_of(trial, changes);
  std::vector<double> weights(changes.size(), 1.0);
  if (!(errors.plain_mw > 0.0)) return weights;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k] = errors.plain_mw / std::hypot(errors.plain_mw, errors.boundary_ms * changes[k]);
  }
  return weights;
}

}  // namespace layerwatt
