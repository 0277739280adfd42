#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_least_squares.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kLeastDegrees = 6;
constexpr double kLeastCovered = 0.985;  // of a step, by windows
constexpr double kOutlier = 6.0;         // robust standard deviations
constexpr double kLargestOutlierShare = 0.05;
constexpr double kMadToStd = 1.4826;
constexpr double kMostLagMs = 60.0;
constexpr double kLagStepMs = 4.0;
constexpr double kFineLagMs = 0.5;
constexpr int kTurns = 4;  // of looking for time constant and lag
constexpr std::array<double, 9> kTimeConstantsMs = {50, 70, 100, 130, 160, 200, 260, 350, 500};
constexpr std::array<std::size_t, 6> kDriftPieces = {0, 1, 2, 4, 8, 16};

Index index(std::size_t i) { return static_cast<Index>(i); }

// Which windows repeat the same parts as often: they adapt alike.
struct Mixes {
  explicit Mixes(const std::vector<BurstWindow>& windows) {
    std::map<std::vector<double>, std::size_t> numbers;
    for (const BurstWindow& window : windows) {
      if (window.plain || !window.usable) {
        of.push_back(0);
        continue;
      }
      const auto [found, added] = numbers.emplace(window.extra, extra.size());
      if (added) {
        extra.push_back(window.extra);
        pass_ms.push_back(0.0);
        windows_of.push_back(0.0);
      }
      of.push_back(found->second);
      pass_ms[found->second] += window.pass_ms;
      ++windows_of[found->second];
    }
    for (std::size_t m = 0; m < extra.size(); ++m) pass_ms[m] /= windows_of[m];
  }
  std::vector<std::size_t> of;  // by window; no meaning for those that are plain or not used
  std::vector<std::vector<double>> extra;  // by mix
  std::vector<double> pass_ms;
  std::vector<double> windows_of;
};

// The steps that windows cover, as rows of least squares.
struct Rows {
  MatrixXd mix;      // 1/T, R/T of each part
  MatrixXd adapted;  // one a mix
  MatrixXd power;    // steps × channels
  std::vector<double> at_ms;
};

class Steps {
 public:
  explicit Steps(const BurstRecording& bursts)
      : windows_(bursts.windows), steps_(bursts.steps), mixes_(bursts.windows) {
    for (std::size_t j = 0; j < windows_.front().extra.size(); ++j) {
      if (std::any_of(windows_.begin(), windows_.end(),
                      [j](const auto& w) { return w.usable && w.extra[j] > 0; })) {
        parts.push_back(j);
      }
    }
    skip_.assign(steps_.size(), false);
    for (std::size_t w = 0; w < windows_.size(); ++w) {
      // Nor is it known how plain passes come back from a window that is not used.
      const bool behind = w > 0 && windows_[w].plain && !windows_[w - 1].usable;
      usable_.push_back(windows_[w].usable && !behind);
    }
  }

  std::vector<std::size_t> parts;
  const Mixes& mixes() const { return mixes_; }
  void skip(std::size_t step) { skip_[step] = true; }
  const std::vector<std::size_t>& used() const { return used_; }

  // plain_over: by mix, the power of a plain window over that of this one at its start.
  Rows rows(double lag_ms, double tau_ms, const std::vector<double>& plain_over) {
    Rows rows;
    find_used(lag_ms);
    const Index count = index(used_.size());
    const std::size_t channels = steps_.empty() ? 1 : steps_.front().power_mw.size();
    rows.mix = MatrixXd::Zero(count, index(parts.size() + 1));
    rows.adapted = MatrixXd::Zero(count, tau_ms > 0.0 ? index(mixes_.extra.size()) : 0);
    rows.power.resize(count, index(channels));
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const CounterStep& step = steps_[used_[i]];
      rows.at_ms.push_back((step.begin_ms + step.end_ms) / 2.0);
      for (std::size_t c = 0; c < channels; ++c) {
        const double mw = step.power_mw[c];
        rows.power(index(i), index(c)) = std::isnan(mw) ? 0.0 : mw;
      }
      fill(rows, index(i), step, lag_ms, tau_ms, plain_over);
    }
    return rows;
  }

 private:
  static double shared_ms(const BurstWindow& window, double begin_ms, double end_ms) {
    return std::max(0.0, std::min(end_ms, window.end_ms) - std::max(begin_ms, window.begin_ms));
  }

  void find_used(double lag_ms) {
    used_.clear();
    first_.clear();
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
      if (!usable || covered < kLeastCovered * (end - begin)) continue;
      used_.push_back(k);
      first_.push_back(first);
    }
  }

  void fill(Rows& rows, Index row, const CounterStep& step, double lag_ms, double tau_ms,
            const std::vector<double>& plain_over) const {
    const double begin = step.begin_ms - lag_ms;
    const double end = step.end_ms - lag_ms;
    double covered = 0.0;
    const std::size_t first = first_[static_cast<std::size_t>(row)];
    for (std::size_t w = first; w < windows_.size() && windows_[w].begin_ms < end; ++w) {
      covered += shared_ms(windows_[w], begin, end);
    }
    for (std::size_t w = first; w < windows_.size() && windows_[w].begin_ms < end; ++w) {
      const BurstWindow& window = windows_[w];
      const double shared = shared_ms(window, begin, end);
      if (shared <= 0.0) continue;
      const double weight = shared / covered / window.pass_ms;
      rows.mix(row, 0) += weight;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        rows.mix(row, index(i + 1)) += weight * window.extra[parts[i]];
      }
      if (!(tau_ms > 0.0)) continue;
      const double from = std::max(begin, window.begin_ms) - window.begin_ms;
      const double to = std::min(end, window.end_ms) - window.begin_ms;
      // ∫ exp(−age/τ) over what the step saw of the window.
      const double memory = tau_ms * (std::exp(-from / tau_ms) - std::exp(-to / tau_ms));
      if (!window.plain) {
        rows.adapted(row, index(mixes_.of[w])) -= (shared - memory) / covered;
      } else if (w > 0 && !windows_[w - 1].plain) {
        const std::size_t mix = mixes_.of[w - 1];
        const double length = windows_[w - 1].end_ms - windows_[w - 1].begin_ms;
        const double reached = 1.0 - std::exp(-length / tau_ms);
        rows.adapted(row, index(mix)) -= plain_over[mix] * reached * memory / covered;
      }
    }
  }

  const std::vector<BurstWindow>& windows_;
  const std::vector<CounterStep>& steps_;
  Mixes mixes_;
  std::vector<bool> skip_;    // by step
  std::vector<bool> usable_;  // by window
  std::vector<std::size_t> used_;
  std::vector<std::size_t> first_;  // by used step: the first window that it may have seen
};

struct Trial {
  double lag_ms = 0.0;
  double tau_ms = 0.0;
  std::size_t pieces = 0;
  Rows rows;
  LinearFit fit;
  VectorXd drift;  // of each step, relative
  std::size_t degrees = 0;
  double score = std::numeric_limits<double>::infinity();
};

Trial try_fit(Steps& steps, double lag_ms, double tau_ms, const std::vector<double>& plain_over,
              std::size_t pieces, Wanted wanted = Wanted::coefficients) {
  Trial trial;
  trial.lag_ms = lag_ms;
  trial.tau_ms = tau_ms;
  trial.pieces = pieces;
  trial.rows = steps.rows(lag_ms, tau_ms, plain_over);
  const Index rows = trial.rows.mix.rows();
  const Index columns = trial.rows.mix.cols() + trial.rows.adapted.cols() + index(pieces);
  if (rows < columns + index(kLeastDegrees)) return trial;
  trial.degrees = static_cast<std::size_t>(rows - columns);
  const MatrixXd drift = drift_columns(trial.rows.at_ms, pieces);
  MatrixXd x(rows, columns);
  x << trial.rows.mix, trial.rows.adapted, trial.rows.power.col(0).asDiagonal() * drift;
  trial.fit = solve_least_squares(x, trial.rows.power, wanted);
  if (!trial.fit.full_rank) return trial;
  trial.drift = drift * trial.fit.coefficients.col(0).tail(index(pieces));
  const auto n = static_cast<double>(rows);
  const double squares = std::max(trial.fit.residuals.col(0).squaredNorm(), 1e-12);
  trial.score = n * std::log(squares / n) + static_cast<double>(columns) * std::log(n);
  return trial;
}

// Of each mix at its start, mW.
double mix_mw(const Steps& steps, const VectorXd& coefficients, std::size_t mix) {
  double mj = coefficients(0);
  for (std::size_t i = 0; i < steps.parts.size(); ++i) {
    mj += steps.mixes().extra[mix][steps.parts[i]] * coefficients(index(i + 1));
  }
  return mj / steps.mixes().pass_ms[mix];
}

std::vector<double> plain_over(const Steps& steps, const Trial& trial, double pass_ms) {
  const VectorXd c = trial.fit.coefficients.col(0);
  std::vector<double> over;
  for (std::size_t m = 0; m < steps.mixes().extra.size(); ++m) {
    over.push_back(c(0) / pass_ms / mix_mw(steps, c, m));
  }
  return over;
}

Trial best_of_pieces(Steps& steps, const Trial& like, const std::vector<double>& over) {
  Trial best = like;
  for (const std::size_t pieces : kDriftPieces) {
    Trial tried = try_fit(steps, like.lag_ms, like.tau_ms, over, pieces);
    if (tried.score < best.score) best = std::move(tried);
  }
  return best;
}

Trial best_lag(Steps& steps, const Trial& like, const std::vector<double>& over) {
  Trial best = like;
  // Another lag takes in another number of steps, so that scores are compared a step.
  const auto per_step = [](const Trial& t) {
    return t.score / static_cast<double>(std::max<Index>(1, t.rows.mix.rows()));
  };
  const auto look = [&](double lag_ms) {
    Trial tried = try_fit(steps, lag_ms, like.tau_ms, over, like.pieces);
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

Trial search(Steps& steps, double pass_ms) {
  Trial start;
  start.pieces = 2;
  std::vector<double> over(steps.mixes().extra.size(), 1.0);
  Trial still = best_lag(steps, start, over);
  if (std::isinf(still.score)) return still;
  still = best_of_pieces(steps, still, over);
  over = plain_over(steps, still, pass_ms);
  Trial adapting = still;
  adapting.score = std::numeric_limits<double>::infinity();
  for (int turn = 0; turn < kTurns; ++turn) {
    const Trial before = adapting;
    for (const double tau : kTimeConstantsMs) {
      Trial tried = try_fit(steps, before.lag_ms, tau, over, before.pieces);
      if (tried.score < adapting.score) adapting = std::move(tried);
    }
    if (std::isinf(adapting.score)) return still;
    over = plain_over(steps, adapting, pass_ms);
    adapting = best_lag(steps, adapting, over);
    if (adapting.lag_ms == before.lag_ms && adapting.tau_ms == before.tau_ms) break;
    // With another share of plain power, the score is that of another model.
    adapting = try_fit(steps, adapting.lag_ms, adapting.tau_ms, over, adapting.pieces);
  }
  adapting = best_of_pieces(steps, adapting, over);
  return adapting.score < still.score ? adapting : still;
}

// The step that fits worst, if it is beyond what the others' scatter allows.
std::optional<std::size_t> worst_step(const Steps& steps, const Trial& trial) {
  std::vector<double> size;
  const VectorXd residuals = trial.fit.residuals.col(0);
  for (Index k = 0; k < residuals.size(); ++k) {
    const double free = 1.0 - trial.fit.leverage(k);
    size.push_back(free < 0.05 ? 0.0 : std::abs(residuals(k)) / std::sqrt(free));
  }
  std::vector<double> sorted = size;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const auto worst = std::max_element(size.begin(), size.end());
  if (*worst <= kOutlier * kMadToStd * *middle || !(*middle > 0.0)) return std::nullopt;
  return steps.used()[static_cast<std::size_t>(worst - size.begin())];
}

// By how much the variance of a sum of neighbours is larger than if they were independent.
double neighbours_factor(const VectorXd& residuals) {
  const Index n = residuals.size();
  if (n < 8) return 1.0;
  const double squares = residuals.squaredNorm();
  const double rho = residuals.head(n - 1).dot(residuals.tail(n - 1)) / std::max(squares, 1e-300);
  return std::clamp((1.0 + rho) / (1.0 - rho), 1.0, 5.0);
}

ExciteFit conclude(const Steps& steps, const Trial& trial, const ExciteFit& times) {
  ExciteFit out = times;
  const Index parts = index(steps.parts.size());
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
  const double drift_squares = trial.drift.size() > 0 ? trial.drift.squaredNorm() : 0.0;
  out.drift_std = std::sqrt(drift_squares) / static_cast<double>(trial.rows.mix.rows());
  const double drift_variance = out.drift_std * out.drift_std;
  const MatrixXd a = trial.fit.solve.middleRows(1, parts);
  const VectorXd a0 = trial.fit.solve.row(0).transpose();
  for (Index c = 0; c < channels; ++c) {
    const VectorXd residuals = trial.fit.residuals.col(c);
    const double noise = residuals.squaredNorm() / degrees * neighbours_factor(residuals);
    const VectorXd mw = out.power_mw.col(c);
    const MatrixXd time_part = mw.asDiagonal() * times.time_covariance * mw.asDiagonal();
    const MatrixXd covariance =
        per_ms.asDiagonal() * (noise * (a * a.transpose()) + time_part) * per_ms.asDiagonal();
    const MatrixXd all = covariance + drift_variance * (mw * mw.transpose());
    out.residual_mw(c) = std::sqrt(residuals.squaredNorm() / degrees);
    out.pass_mj_std(c) =
        std::hypot(std::sqrt(noise) * a0.norm() / 1e3, out.drift_std * out.pass_mj(c));
    out.power_std.col(c) = all.diagonal().cwiseMax(0.0).cwiseSqrt();
    if (c > 0) continue;
    out.covariance = all;
    out.pass_covariance =
        per_ms.asDiagonal() * (noise * (a * a0)) / 1e3 + drift_variance * out.pass_mj(0) * mw;
  }
  return out;
}

Adaptation adaptation(const Steps& steps, const Trial& trial) {
  Adaptation out;
  out.lag_ms = trial.lag_ms;
  out.time_constant_ms = trial.tau_ms;
  out.steps = static_cast<std::size_t>(trial.rows.mix.rows());
  const VectorXd c = trial.fit.coefficients.col(0);
  out.share.assign(steps.parts.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t m = 0; trial.tau_ms > 0.0 && m < steps.mixes().extra.size(); ++m) {
    const std::vector<double>& extra = steps.mixes().extra[m];
    const auto repeated = [&](std::size_t part) { return extra[part] > 0; };
    if (std::count_if(steps.parts.begin(), steps.parts.end(), repeated) != 1) continue;
    const auto part = std::find_if(steps.parts.begin(), steps.parts.end(), repeated);
    const double off_mw = c(trial.rows.mix.cols() + index(m));
    out.share[static_cast<std::size_t>(part - steps.parts.begin())] = -off_mw / mix_mw(steps, c, m);
  }
  return out;
}

}  // namespace

BurstFitOutcome fit_bursts(const BurstRecording& bursts) {
  BurstFitOutcome out;
  if (bursts.windows.empty() || bursts.steps.empty()) {
    out.outcome.refused = "no window has a power reading";
    return out;
  }
  const std::optional<ExciteFit> times = fit_times(bursts.windows);
  Steps steps(bursts);
  Trial best;
  if (times) best = search(steps, times->pass_ms);
  if (!times || std::isinf(best.score)) {
    out.outcome.refused = fmt::format("{} windows are too few to tell {} parts apart",
                                      bursts.windows.size(), steps.parts.size());
    return out;
  }
  const auto most_outliers =
      static_cast<std::size_t>(kLargestOutlierShare * static_cast<double>(best.rows.mix.rows()));
  const auto in_full = [&] {
    return try_fit(steps, best.lag_ms, best.tau_ms, plain_over(steps, best, times->pass_ms),
                   best.pieces, Wanted::all);
  };
  best = in_full();
  std::size_t outliers = 0;
  for (; outliers < most_outliers; ++outliers) {
    const auto worst = worst_step(steps, best);
    if (!worst) break;
    steps.skip(*worst);
    Trial again = in_full();
    // Leaving out a step that a part cannot do without is worse than keeping an odd one.
    if (std::isinf(again.score)) break;
    best = std::move(again);
  }
  if (outliers > 0) {
    // Now that they no longer decide what fits best.
    Trial again = search(steps, times->pass_ms);
    if (!std::isinf(again.score)) best = std::move(again);
    best = in_full();
  }
  out.outcome.fit = conclude(steps, best, *times);
  out.outcome.fit->outliers = outliers;
  out.adaptation = adaptation(steps, best);
  return out;
}

}  // namespace layerwatt
