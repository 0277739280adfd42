#include "attribution/excite_burst_weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "attribution/statistics.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;

constexpr std::size_t kLeastSteps = 8;  // of either kind
constexpr double kMostBoundaryMs = 30.0;
// Of a window: how many steps it takes to see how they scatter, and beyond how many times the usual
// variance that is no chance.
constexpr std::size_t kLeastOfWindow = 4;
constexpr double kOddVariance = 6.0;
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

double robust_std(std::vector<double> sizes) { return kMadToStd * median(std::move(sizes)); }

// The trial may be of weighted rows.
double residual_of(const BurstTrial& trial, std::size_t i) {
  const auto row = static_cast<Index>(i);
  return trial.fit.residuals(row, 0) / trial.rows.weight(row);
}

StepErrors errors_of(const BurstTrial& trial, const std::vector<double>& changes) {
  const auto residual = [&](std::size_t i) { return residual_of(trial, i); };
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

// Which window each row of the trial saw, where it saw one alone.
std::vector<std::optional<std::size_t>> only_windows(const BurstRecording& bursts,
                                                     const BurstTrial& trial) {
  std::vector<std::optional<std::size_t>> only;
  std::size_t w = 0;
  for (const std::size_t k : trial.rows.steps) {
    const double begin = bursts.steps[k].begin_ms - trial.lag_ms;
    const double end = bursts.steps[k].end_ms - trial.lag_ms;
    while (w + 1 < bursts.windows.size() && bursts.windows[w].end_ms <= begin) ++w;
    const bool inside = bursts.windows[w].begin_ms <= begin && end <= bursts.windows[w].end_ms;
    only.push_back(inside ? std::optional(w) : std::nullopt);
  }
  return only;
}

// About their own mean, without the one that is farthest from it: that may be an odd step.
double variance_but_for_one(const std::vector<double>& values) {
  double sum = 0.0;
  double squares = 0.0;
  for (const double value : values) sum += value;
  const auto n = static_cast<double>(values.size());
  double farthest = 0.0;
  for (const double value : values) {
    const double off = value - sum / n;
    squares += off * off;
    farthest = std::max(farthest, off * off);
  }
  // Without it the mean moves away from it.
  return (squares - farthest * n / (n - 1.0)) / (n - 2.0);
}

// By window: how many times the usual variance its steps have, but for one; 1 where that may be
// chance.
std::vector<double> odd_variances(const BurstRecording& bursts, const BurstTrial& trial) {
  const std::size_t count = bursts.windows.size();
  const std::vector<std::optional<std::size_t>> only = only_windows(bursts, trial);
  std::vector<std::vector<double>> residuals(count);
  for (std::size_t i = 0; i < only.size(); ++i) {
    if (only[i]) residuals[*only[i]].push_back(residual_of(trial, i));
  }
  std::vector<double> variances(count, 0.0);
  std::vector<double> known;
  for (std::size_t w = 0; w < count; ++w) {
    const std::vector<double>& of = residuals[w];
    if (of.size() < kLeastOfWindow) continue;
    variances[w] = variance_but_for_one(of);
    known.push_back(variances[w]);
  }
  std::vector<double> odd(count, 1.0);
  if (known.size() < kLeastSteps) return odd;
  const double usual = median(std::move(known));
  for (std::size_t w = 0; w < count && usual > 0.0; ++w) {
    if (variances[w] > kOddVariance * usual) odd[w] = variances[w] / usual;
  }
  return odd;
}

// By step of the recording, from the windows that it saw.
std::vector<double> variance_factors(const BurstRecording& bursts, const BurstTrial& trial) {
  const std::vector<double> odd = odd_variances(bursts, trial);
  std::vector<double> factors(bursts.steps.size(), 1.0);
  std::size_t first = 0;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    const double begin = bursts.steps[k].begin_ms - trial.lag_ms;
    const double end = bursts.steps[k].end_ms - trial.lag_ms;
    while (first < odd.size() && bursts.windows[first].end_ms <= begin) ++first;
    for (std::size_t w = first; w < odd.size() && bursts.windows[w].begin_ms < end; ++w) {
      factors[k] = std::max(factors[k], odd[w]);
    }
  }
  return factors;
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
  const std::vector<double> factors = variance_factors(bursts, trial);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double own_mw = errors.plain_mw * std::sqrt(factors[k]);
    weights[k] = errors.plain_mw / std::hypot(own_mw, errors.boundary_ms * changes[k]);
  }
  return weights;
}

}  // namespace layerwatt
