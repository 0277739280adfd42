#include "attribution/excite_burst_bend.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kTurns = 6;
constexpr double kSettled = 1e-4;  // of κ, from turn to turn
// Known worse than this, it would scatter more into the layers than it takes out of them.
constexpr double kMostStd = 0.1;
constexpr double kUnknownStd = 0.2;

Index index(std::size_t i) { return static_cast<Index>(i); }

// (L − P0)² / P0 by window.
std::vector<double> bend_of(const BurstRecording& bursts, const BurstSteps& steps,
                            const BurstTrial& trial, double pass_ms) {
  const VectorXd c = trial.fit.coefficients.col(0);
  const double plain_mw = c(0) / pass_ms;
  std::vector<double> bend_mw;
  for (const BurstWindow& window : bursts.windows) {
    double uj = c(0);
    for (std::size_t i = 0; i < steps.parts().size(); ++i) {
      uj += BurstSteps::amount(window, steps.parts()[i]) * c(index(i + 1));
    }
    const double off_mw = window.plain ? 0.0 : uj / window.pass_ms - plain_mw;
    bend_mw.push_back(off_mw * off_mw / plain_mw);
  }
  return bend_mw;
}

double noise_of(const BurstTrial& trial) {
  const VectorXd residuals = trial.fit.residuals.col(0);
  return residuals.squaredNorm() / static_cast<double>(trial.degrees) *
         neighbours_factor(residuals);
}

}  // namespace

BurstBend bend(const BurstRecording& bursts, const BurstSteps& steps, BurstTrial straight,
               double pass_ms) {
  BurstBend out;
  const Index parts = index(steps.parts().size());
  out.unknown = MatrixXd::Zero(parts, parts);
  out.kappa_std = std::numeric_limits<double>::infinity();
  BurstTrial trial = straight;
  std::vector<double> bend_mw;
  for (int turn = 0; turn < kTurns; ++turn) {
    bend_mw = bend_of(bursts, steps, trial, pass_ms);
    BurstTrial bent =
        try_bursts(steps, straight, {plain_over(steps, trial, pass_ms), bend_mw}, Wanted::all);
    if (std::isinf(bent.score)) break;
    const Index row = bent.rows.mix.cols() + bent.rows.adapted.cols();
    const double kappa = bent.fit.coefficients(row, 0);
    const double moved = std::abs(kappa - out.kappa);
    out.kappa = kappa;
    out.kappa_std = std::sqrt(noise_of(bent)) * bent.fit.solve.row(row).norm();
    trial = std::move(bent);
    if (moved < kSettled) break;
  }
  if (out.kappa_std < kMostStd) {
    out.trial = std::move(trial);
    out.bend_mw = std::move(bend_mw);
    return out;
  }
  const BurstPowers powers{plain_over(steps, straight, pass_ms),
                           bend_of(bursts, steps, straight, pass_ms)};
  const StepRows rows = steps.rows(straight.lag_ms, straight.tau_ms, powers);
  const VectorXd moves =
      straight.fit.solve.middleRows(1, parts) * rows.weight.cwiseProduct(rows.bent.col(0));
  out.unknown = kUnknownStd * kUnknownStd * (moves * moves.transpose());
  out.trial = std::move(straight);
  return out;
}

}  // namespace layerwatt
