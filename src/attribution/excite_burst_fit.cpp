#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attribution/excite_burst_agreement.hpp"
#include "attribution/excite_burst_outliers.hpp"
#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_burst_weights.hpp"
#include "attribution/excite_bursts.hpp"
#include "attribution/excite_mirrors.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Index index(std::size_t i) { return static_cast<Index>(i); }

void search_again(const BurstSteps& steps, BurstTrial& best, double pass_ms) {
  BurstTrial again = search_bursts(steps, pass_ms);
  if (!std::isinf(again.score)) best = std::move(again);
}

// other: what is added to the variance of e_j, of the total, since other models explain it too.
ExciteFit conclude(const BurstSteps& steps, const BurstTrial& trial, const ExciteFit& times,
                   MatrixXd pairs, MatrixXd other, const Agreement& agreement) {
  ExciteFit out = times;
  const Index parts = index(steps.parts().size());
  const Index channels = trial.rows.power.cols();
  const auto degrees = static_cast<double>(trial.degrees);
  out.degrees = trial.degrees;
  out.drift_pieces = trial.pieces;
  // mW × ms is µJ.
  out.pass_mj = trial.fit.coefficients.row(0).transpose() / 1e3;
  const VectorXd per_ms = out.extra_ms.cwiseInverse();
  out.power_mw = per_ms.asDiagonal() * trial.fit.coefficients.middleRows(1, parts);
  out.residual_mw.resize(channels);
  out.pass_mj_std.resize(channels);
  out.power_std.resize(parts, channels);
  out.drift_std = trial.drift.norm() / static_cast<double>(trial.rows.mix.rows());
  const double drift_variance = out.drift_std * out.drift_std;
  const MatrixXd x = weighted_design(trial);
  const Mirrors mirrors(x, trial.fit.solve, std::move(pairs));
  const VectorXd grown = Eigen::Map<const VectorXd>(agreement.factor.data(), parts);
  other.diagonal() += Eigen::Map<const VectorXd>(agreement.idle_variance.data(), parts);
  out.windows = agreement.windows;
  out.disagreement = agreement.factor;
  for (Index c = 0; c < channels; ++c) {
    const VectorXd residuals = trial.fit.residuals.col(c);
    MirrorScatter own_scatter = mirrors.scatter(residuals, degrees);
    own_scatter.noise *= neighbours_factor(mirrors.left(residuals));
    const MatrixXd own = mirrors.covariance(own_scatter);
    const VectorXd mw = out.power_mw.col(c);
    const double share = trial.fit.coefficients(0, c) / trial.fit.coefficients(0, 0);
    const MatrixXd time_part = mw.asDiagonal() * times.time_covariance * mw.asDiagonal();
    const MatrixXd scatter =
        grown.asDiagonal() * own.block(1, 1, parts, parts) * grown.asDiagonal();
    const MatrixXd covariance =
        per_ms.asDiagonal() * (scatter + time_part + share * share * other) * per_ms.asDiagonal();
    const MatrixXd all = covariance + drift_variance * (mw * mw.transpose());
    out.residual_mw(c) = std::sqrt(residuals.squaredNorm() / degrees);
    out.pass_mj_std(c) = std::hypot(std::sqrt(own(0, 0)) / 1e3, out.drift_std * out.pass_mj(c));
    out.power_std.col(c) = all.diagonal().cwiseMax(0.0).cwiseSqrt();
    if (c > 0) continue;
    out.covariance = all;
    out.pass_covariance = per_ms.asDiagonal() * own.block(1, 0, parts, 1) / 1e3 +
                          drift_variance * out.pass_mj(0) * mw;
  }
  return out;
}

Adaptation adaptation(const BurstSteps& steps, const BurstTrial& trial) {
  Adaptation out;
  out.lag_ms = trial.lag_ms;
  out.time_constant_ms = trial.tau_ms;
  out.steps = static_cast<std::size_t>(trial.rows.mix.rows());
  const VectorXd c = trial.fit.coefficients.col(0);
  out.share.assign(steps.parts().size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t m = 0; trial.tau_ms > 0.0 && m < steps.mixes().amount.size(); ++m) {
    const std::vector<double>& amount = steps.mixes().amount[m];
    const auto repeated = [&](std::size_t part) { return amount[part] > 0; };
    if (std::count_if(steps.parts().begin(), steps.parts().end(), repeated) != 1) continue;
    const auto part = std::find_if(steps.parts().begin(), steps.parts().end(), repeated);
    const double off_mw = c(trial.rows.mix.cols() + index(m));
    out.share[static_cast<std::size_t>(part - steps.parts().begin())] =
        -off_mw / mix_mw(steps, trial, m);
  }
  return out;
}

}  // namespace

BurstFitOutcome fit_bursts(BurstRecording bursts, std::span<const double> place_ms) {
  BurstFitOutcome out;
  if (bursts.windows.empty() || bursts.steps.empty()) {
    out.outcome.refused = "no window has a power reading";
    return out;
  }
  const std::optional<ExciteFit> times = fit_times(bursts.windows, place_ms);
  BurstSteps steps(bursts);
  BurstTrial best;
  if (times) best = search_bursts(steps, times->pass_ms);
  if (!times || std::isinf(best.score)) {
    out.outcome.refused = fmt::format("{} windows are too few to tell {} parts apart",
                                      bursts.windows.size(), steps.parts().size());
    return out;
  }
  const double pass_ms = times->pass_ms;
  // Odd steps lead the search astray, and then others look odd: once to find about where the best
  // is and how far boundaries are off, and once more from there.
  leave_out_odd(steps, best, pass_ms);
  search_again(steps, best, pass_ms);
  // A window that goes up and down would look calm without the steps that were left out of it.
  steps.skip_none();
  const BurstTrial all = with_all_steps(steps, best, plain_over(steps, best, pass_ms));
  steps.weigh(step_weights(bursts, steps, all));
  const std::size_t outliers = leave_out_odd(steps, best, pass_ms);
  search_again(steps, best, pass_ms);
  best = try_bursts(steps, best, plain_over(steps, best, pass_ms), Wanted::all);
  out.outcome.fit = conclude(steps, best, *times, pair_columns(bursts, steps, best),
                             ambiguity(steps, best, times->pass_ms),
                             window_agreement(bursts, steps, best, times->extra_ms));
  out.outcome.fit->outliers = outliers;
  out.adaptation = adaptation(steps, best);
  return out;
}

}  // namespace layerwatt
