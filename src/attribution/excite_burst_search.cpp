#include "attribution/excite_burst_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kLeastDegrees = 6;
constexpr double kMostLagMs = 60.0;
constexpr double kLagStepMs = 4.0;
constexpr double kFineLagMs = 0.5;
constexpr int kTurns = 4;  // of looking for time constant and lag
// A device adapts only if this much better explains the steps: with a column a mix, noise does so
// by a little, and then takes power from one layer to give it to another.
constexpr double kLeastGain = 10.0;
// The first and the last are there to see that the best is between.
constexpr std::array<double, 11> kTimeConstantsMs = {35,  50,  70,  100, 130, 160,
                                                     200, 260, 350, 500, 700};
constexpr std::array<std::size_t, 6> kDriftPieces = {0, 1, 2, 4, 8, 16};
constexpr std::array<double, 6> kOtherLagsMs = {-4.0, -2.0, -1.0, 1.0, 2.0, 4.0};

Index index(std::size_t i) { return static_cast<Index>(i); }

// Another lag takes in another number of steps, so that scores are compared a step.
double per_step(const BurstTrial& trial) {
  return trial.score / static_cast<double>(std::max<Index>(1, trial.rows.mix.rows()));
}

BurstTrial best_of_pieces(const BurstSteps& steps, const BurstTrial& like,
                          const std::vector<double>& over) {
  BurstTrial best = like;
  for (const std::size_t pieces : kDriftPieces) {
    BurstTrial other;
    other.lag_ms = like.lag_ms;
    other.tau_ms = like.tau_ms;
    other.pieces = pieces;
    BurstTrial tried = try_bursts(steps, other, over);
    if (tried.score < best.score) best = std::move(tried);
  }
  return best;
}

BurstTrial best_lag(const BurstSteps& steps, const BurstTrial& like,
                    const std::vector<double>& over) {
  BurstTrial best = like;
  const auto look = [&](double lag_ms) {
    BurstTrial other;
    other.lag_ms = lag_ms;
    other.tau_ms = like.tau_ms;
    other.pieces = like.pieces;
    BurstTrial tried = try_bursts(steps, other, over);
    if (std::isinf(tried.score)) return;
    if (std::isinf(best.score) || per_step(tried) < per_step(best)) best = std::move(tried);
  };
  for (double lag = 0.0; lag <= kMostLagMs; lag += kLagStepMs) look(lag);
  const double about = best.lag_ms;
  for (double off = kFineLagMs; off < kLagStepMs; off += kFineLagMs) {
    look(about + off);
    if (about >= off) look(about - off);
  }
  return best;
}

// Starting from what is best if nothing adapts.
BurstTrial search_adapting(const BurstSteps& steps, const BurstTrial& still, double pass_ms) {
  std::vector<double> over = plain_over(steps, still, pass_ms);
  BurstTrial best = still;
  best.score = std::numeric_limits<double>::infinity();
  for (int turn = 0; turn < kTurns; ++turn) {
    const double lag_before = best.lag_ms;
    const double tau_before = best.tau_ms;
    BurstTrial other;
    other.lag_ms = best.lag_ms;
    other.pieces = best.pieces;
    for (const double tau : kTimeConstantsMs) {
      other.tau_ms = tau;
      BurstTrial tried = try_bursts(steps, other, over);
      if (tried.score < best.score) best = std::move(tried);
    }
    if (std::isinf(best.score)) return best;
    over = plain_over(steps, best, pass_ms);
    best = best_lag(steps, best, over);
    if (best.lag_ms == lag_before && best.tau_ms == tau_before) break;
    // With another share of plain power, the score is that of another model.
    best = try_bursts(steps, best, over);
  }
  return best_of_pieces(steps, best, over);
}

}  // namespace

MatrixXd weighted_design(const BurstTrial& trial) {
  const MatrixXd drift = drift_columns(trial.rows.at_ms, trial.pieces);
  MatrixXd x(trial.rows.mix.rows(),
             trial.rows.mix.cols() + trial.rows.adapted.cols() + drift.cols());
  x << trial.rows.mix, trial.rows.adapted, trial.rows.power.col(0).asDiagonal() * drift;
  return trial.rows.weight.asDiagonal() * x;
}

BurstTrial try_bursts(const BurstSteps& steps, const BurstTrial& like,
                      const std::vector<double>& plain_over, Wanted wanted) {
  BurstTrial trial;
  const std::size_t pieces = like.pieces;
  trial.lag_ms = like.lag_ms;
  trial.tau_ms = like.tau_ms;
  trial.pieces = pieces;
  trial.rows = steps.rows(trial.lag_ms, trial.tau_ms, plain_over);
  const Index rows = trial.rows.mix.rows();
  const Index columns = trial.rows.mix.cols() + trial.rows.adapted.cols() + index(pieces);
  if (rows < columns + index(kLeastDegrees)) return trial;
  trial.degrees = static_cast<std::size_t>(rows - columns);
  trial.fit = solve_least_squares(weighted_design(trial),
                                  trial.rows.weight.asDiagonal() * trial.rows.power, wanted);
  if (!trial.fit.full_rank) return trial;
  trial.drift =
      drift_columns(trial.rows.at_ms, pieces) * trial.fit.coefficients.col(0).tail(index(pieces));
  const auto n = static_cast<double>(rows);
  const double squares = std::max(trial.fit.residuals.col(0).squaredNorm(), 1e-12);
  trial.score = n * std::log(squares / n) + static_cast<double>(columns) * std::log(n) -
                2.0 * trial.rows.weight.array().log().sum();
  return trial;
}

BurstTrial with_all_steps(const BurstSteps& steps, const BurstTrial& trial,
                          const std::vector<double>& plain_over) {
  BurstTrial all = trial;
  all.rows = steps.rows(trial.lag_ms, trial.tau_ms, plain_over);
  all.fit.residuals =
      all.rows.weight.asDiagonal() * all.rows.power - weighted_design(all) * trial.fit.coefficients;
  return all;
}

double mix_mw(const BurstSteps& steps, const BurstTrial& trial, std::size_t mix) {
  const auto c = trial.fit.coefficients.col(0);
  double mj = c(0);
  for (std::size_t i = 0; i < steps.parts().size(); ++i) {
    mj += steps.mixes().amount[mix][steps.parts()[i]] * c(index(i + 1));
  }
  return mj / steps.mixes().pass_ms[mix];
}

std::vector<double> plain_over(const BurstSteps& steps, const BurstTrial& trial, double pass_ms) {
  const double plain_mw = trial.fit.coefficients(0, 0) / pass_ms;
  std::vector<double> over;
  for (std::size_t m = 0; m < steps.mixes().amount.size(); ++m) {
    over.push_back(plain_mw / mix_mw(steps, trial, m));
  }
  return over;
}

BurstTrial search_bursts(const BurstSteps& steps, double pass_ms) {
  BurstTrial start;
  start.pieces = 2;
  const std::vector<double> over(steps.mixes().amount.size(), 1.0);
  BurstTrial still = best_lag(steps, start, over);
  if (std::isinf(still.score)) return still;
  still = best_of_pieces(steps, still, over);
  BurstTrial adapting = search_adapting(steps, still, pass_ms);
  const bool inside = adapting.tau_ms > kTimeConstantsMs.front() * 1.01 &&
                      adapting.tau_ms < kTimeConstantsMs.back() * 0.99;
  return inside && adapting.score < still.score - kLeastGain ? adapting : still;
}

MatrixXd ambiguity(const BurstSteps& steps, const BurstTrial& best, double pass_ms) {
  const std::vector<double> over = plain_over(steps, best, pass_ms);
  const Index parts = index(steps.parts().size());
  const auto n = static_cast<double>(best.rows.mix.rows());
  const double factor = neighbours_factor(best.fit.residuals.col(0));
  MatrixXd sum = MatrixXd::Zero(parts, parts);
  double weights = 1.0;
  const auto look = [&](double lag_ms, double tau_ms, std::size_t pieces) {
    BurstTrial other;
    other.lag_ms = lag_ms;
    other.tau_ms = tau_ms;
    other.pieces = pieces;
    const BurstTrial tried = try_bursts(steps, other, over);
    if (std::isinf(tried.score)) return;
    const double worse = n * (per_step(tried) - per_step(best)) / factor;
    // Where the search stopped short of the best, that counts as much as what it found.
    const double weight = std::exp(-std::max(0.0, worse) / 2.0);
    const VectorXd off = tried.fit.coefficients.col(0).segment(1, parts) -
                         best.fit.coefficients.col(0).segment(1, parts);
    sum += weight * (off * off.transpose());
    weights += weight;
  };
  for (const double tau : kTimeConstantsMs) {
    if (tau != best.tau_ms) look(best.lag_ms, tau, best.pieces);
  }
  if (best.tau_ms > 0.0) look(best.lag_ms, 0.0, best.pieces);
  for (const double off : kOtherLagsMs) {
    if (best.lag_ms + off >= 0.0) look(best.lag_ms + off, best.tau_ms, best.pieces);
  }
  for (const std::size_t pieces : kDriftPieces) {
    if (pieces != best.pieces) look(best.lag_ms, best.tau_ms, pieces);
  }
  return sum / weights;
}

}  // namespace layerwatt
