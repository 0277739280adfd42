#include "attribution/excite_burst_outliers.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "attribution/statistics.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kOutlier = 6.0;  // robust standard deviations
constexpr double kLargestOutlierShare = 0.05;
constexpr double kLeastSeen = 3.0;  // of a window, in steps
constexpr double kLeastFree = 0.1;  // of a window's column, by the other columns

BurstTrial in_full(const BurstSteps& steps, const BurstTrial& like, double pass_ms) {
  return try_bursts(steps, like, plain_over(steps, like, pass_ms), Wanted::all);
}

std::size_t share_of(std::size_t count) {
  return static_cast<std::size_t>(kLargestOutlierShare * static_cast<double>(count));
}

// The step that fits worst, if it is beyond what the others' scatter allows.
std::vector<std::size_t> worst_step(const BurstTrial& trial) {
  std::vector<double> size;
  const VectorXd residuals = trial.fit.residuals.col(0);
  for (Index k = 0; k < residuals.size(); ++k) {
    const double free = 1.0 - trial.fit.leverage(k);
    size.push_back(free < 0.05 ? 0.0 : std::abs(residuals(k)) / std::sqrt(free));
  }
  const double usual = median(size);
  const auto worst = std::max_element(size.begin(), size.end());
  if (*worst <= kOutlier * kMadToStd * usual || !(usual > 0.0)) return {};
  return {trial.rows.steps[static_cast<std::size_t>(worst - size.begin())]};
}

// The steps of the window that fits worst, likewise.
std::vector<std::size_t> worst_window(const BurstSteps& steps, const BurstTrial& trial) {
  const MatrixXd x = weighted_design(trial);
  const Mirrors mirrors(x, trial.fit.solve, MatrixXd(x.rows(), 0));
  std::vector<double> size;
  std::vector<std::size_t> windows;
  for (std::size_t w = 0; w < steps.windows(); ++w) {
    if (!(steps.share_of(trial.rows, w, trial.lag_ms).sum() >= kLeastSeen)) continue;
    const auto off = window_off(steps, trial, mirrors, 1.0, w);
    if (!off) continue;
    size.push_back(std::abs(*off));
    windows.push_back(w);
  }
  if (size.empty()) return {};
  const double usual = median(size);
  const auto worst = std::max_element(size.begin(), size.end());
  if (*worst <= kOutlier * kMadToStd * usual || !(usual > 0.0)) return {};
  const std::size_t window = windows[static_cast<std::size_t>(worst - size.begin())];
  const VectorXd share = steps.share_of(trial.rows, window, trial.lag_ms);
  std::vector<std::size_t> found;
  for (Index k = 0; k < share.size(); ++k) {
    if (share(k) > 0.0) found.push_back(trial.rows.steps[static_cast<std::size_t>(k)]);
  }
  return found;
}

void skip(BurstSteps& steps, const std::vector<std::size_t>& which, bool left_out) {
  for (const std::size_t step : which) steps.skip(step, left_out);
}

// find: the steps that should go next; none: done.
template <class Find>
std::size_t leave_out(BurstSteps& steps, BurstTrial& trial, double pass_ms, std::size_t most,
                      const Find& find) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < most; ++i) {
    const std::vector<std::size_t> odd = find();
    if (odd.empty()) return count;
    skip(steps, odd, true);
    BurstTrial again = in_full(steps, trial, pass_ms);
    if (std::isinf(again.score)) {
      // Leaving out what a part cannot do without is worse than keeping it.
      skip(steps, odd, false);
      return count;
    }
    trial = std::move(again);
    count += odd.size();
  }
  return count;
}

}  // namespace

std::optional<double> window_off(const BurstSteps& steps, const BurstTrial& trial,
                                 const Mirrors& mirrors, double noise, std::size_t window) {
  const VectorXd share = steps.share_of(trial.rows, window, trial.lag_ms);
  const VectorXd z = trial.rows.weight.cwiseProduct(share);
  const VectorXd rest = mirrors.left(z);
  const double free = z.dot(rest);
  if (!(free > kLeastFree * z.squaredNorm()) || !(noise > 0.0)) return std::nullopt;
  return rest.dot(trial.fit.residuals.col(0)) / std::sqrt(noise * free);
}

std::size_t leave_out_odd(BurstSteps& steps, BurstTrial& trial, double pass_ms) {
  trial = in_full(steps, trial, pass_ms);
  const auto most = share_of(static_cast<std::size_t>(trial.rows.mix.rows()));
  // One odd step makes its window look odd.
  std::size_t count = leave_out(steps, trial, pass_ms, most, [&] { return worst_step(trial); });
  count += leave_out(steps, trial, pass_ms, share_of(steps.windows()),
                     [&] { return worst_window(steps, trial); });
  return count;
}

}  // namespace layerwatt
