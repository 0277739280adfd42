#include "attribution/excite_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "attribution/excite_least_squares.hpp"
#include "attribution/statistics.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kLeastDegrees = 3;
constexpr double kOutlier = 6.0;  // robust standard deviations
constexpr double kLargestOutlierShare = 0.1;
constexpr std::array<std::size_t, 7> kDriftPieces = {0, 1, 2, 4, 8, 16, 32};

Index index(std::size_t i) { return static_cast<Index>(i); }

struct Problem {
  std::vector<std::size_t> parts;
  MatrixXd mix;        // 1/T_w, R_wj/T_w
  MatrixXd power;      // windows × channels
  MatrixXd unit_time;  // ones
};

Problem pose(const std::vector<ObservedWindow>& windows) {
  Problem problem;
  const std::size_t parts = windows.front().extra.size();
  for (std::size_t j = 0; j < parts; ++j) {
    if (std::any_of(windows.begin(), windows.end(),
                    [j](const auto& w) { return w.extra[j] > 0; })) {
      problem.parts.push_back(j);
    }
  }
  const Index rows = index(windows.size());
  const std::size_t channels = windows.front().power_mw.size();
  problem.mix.resize(rows, index(problem.parts.size() + 1));
  problem.power.resize(rows, index(channels));
  problem.unit_time = MatrixXd::Ones(rows, 1);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    problem.mix(index(w), 0) = 1.0 / windows[w].pass_ms;
    for (std::size_t i = 0; i < problem.parts.size(); ++i) {
      problem.mix(index(w), index(i + 1)) = windows[w].extra[problem.parts[i]] / windows[w].pass_ms;
    }
    for (std::size_t c = 0; c < channels; ++c) {
      const double mw = windows[w].power_mw[c];
      problem.power(index(w), index(c)) = std::isnan(mw) ? 0.0 : mw;
    }
  }
  return problem;
}

struct BothFits {
  LinearFit power;
  LinearFit time;
  std::size_t pieces = 0;
  std::size_t degrees = 0;
  double drift_std = 0.0;  // of the power's drift over the windows, relative
  bool good = false;
};

BothFits fit_with(const Problem& problem, const std::vector<ObservedWindow>& windows,
                  std::size_t pieces) {
  BothFits both;
  both.pieces = pieces;
  const Index rows = problem.mix.rows();
  const Index columns = problem.mix.cols() + index(pieces);
  if (rows < columns + index(kLeastDegrees)) return both;
  both.degrees = static_cast<std::size_t>(rows - columns);
  std::vector<double> at_ms;
  for (const ObservedWindow& window : windows) at_ms.push_back(window.at_ms);
  const MatrixXd drift = drift_columns(at_ms, pieces);
  MatrixXd x(rows, columns);
  // In the total's own size: then a coefficient is a relative drift, as it is for the time.
  x << problem.mix, problem.power.col(0).asDiagonal() * drift;
  both.power = solve_least_squares(x, problem.power);
  const VectorXd curve = drift * both.power.coefficients.col(0).tail(index(pieces));
  both.drift_std = std::sqrt(curve.squaredNorm() / static_cast<double>(rows));
  x.rightCols(index(pieces)) = drift;
  both.time = solve_least_squares(x, problem.unit_time);
  both.good = both.power.full_rank && both.time.full_rank;
  return both;
}

// The number of pieces by Schwarz's criterion on the total's power.
BothFits best_fit(const Problem& problem, const std::vector<ObservedWindow>& windows) {
  BothFits best;
  double lowest = 0.0;
  for (const std::size_t pieces : kDriftPieces) {
    BothFits tried = fit_with(problem, windows, pieces);
    if (!tried.good) continue;
    const auto n = static_cast<double>(windows.size());
    const double squares = std::max(tried.power.residuals.col(0).squaredNorm(), 1e-12);
    const double score = n * std::log(squares / n) + static_cast<double>(pieces) * std::log(n);
    if (!best.good || score < lowest) {
      lowest = score;
      best = std::move(tried);
    }
  }
  return best;
}

// The window that fits worst, if it is beyond what its neighbours' scatter allows.
std::optional<std::size_t> worst_outlier(const BothFits& fits) {
  std::optional<std::size_t> worst;
  double most = kOutlier;
  const auto look = [&](const VectorXd& residuals, const VectorXd& leverage) {
    std::vector<double> size;
    for (Index w = 0; w < residuals.size(); ++w) {
      // Where a window alone decides a coefficient, its residual says nothing.
      const double free = 1.0 - leverage(w);
      size.push_back(free < 0.05 ? 0.0 : std::abs(residuals(w)) / std::sqrt(free));
    }
    std::vector<double> sorted = size;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const double scale = kMadToStd * *middle;
    if (!(scale > 0.0)) return;
    for (std::size_t w = 0; w < size.size(); ++w) {
      if (size[w] / scale <= most) continue;
      most = size[w] / scale;
      worst = w;
    }
  };
  look(fits.power.residuals.col(0), fits.power.leverage);
  look(fits.time.residuals.col(0), fits.time.leverage);
  return worst;
}

ExciteFit conclude(const Problem& problem, const BothFits& fits) {
  ExciteFit out;
  const Index parts = index(problem.parts.size());
  const Index channels = problem.power.cols();
  const auto degrees = static_cast<double>(fits.degrees);
  out.parts = problem.parts;
  out.degrees = fits.degrees;
  out.drift_pieces = fits.pieces;
  out.pass_ms = fits.time.coefficients(0, 0);
  // mW × ms is µJ.
  out.pass_mj = fits.power.coefficients.row(0).transpose() / 1e3;
  out.extra_ms = fits.time.coefficients.col(0).segment(1, parts);
  out.power_mw =
      out.extra_ms.cwiseInverse().asDiagonal() * fits.power.coefficients.middleRows(1, parts);

  const MatrixXd a = fits.power.solve.middleRows(1, parts);
  const MatrixXd b = fits.time.solve.middleRows(1, parts);
  const MatrixXd aa = a * a.transpose();
  const MatrixXd ab = a * b.transpose();
  const MatrixXd bb = b * b.transpose();
  const VectorXd a0 = fits.power.solve.row(0).transpose();
  const VectorXd time_residuals = fits.time.residuals.col(0);
  const double s_tt = time_residuals.squaredNorm() / degrees;
  out.residual_time = std::sqrt(s_tt);
  out.residual_mw.resize(channels);
  out.pass_mj_std.resize(channels);
  out.power_std.resize(parts, channels);
  // The windows are a sample of the run's moments: their mean drift is that of the run give or take
  // this, relative, and all figures with it.
  out.drift_std = fits.drift_std / std::sqrt(static_cast<double>(problem.mix.rows()));
  const double drift_variance = out.drift_std * out.drift_std;
  const MatrixXd per_ms = out.extra_ms.cwiseInverse().asDiagonal();
  for (Index c = 0; c < channels; ++c) {
    const VectorXd residuals = fits.power.residuals.col(c);
    const double s_ee = residuals.squaredNorm() / degrees;
    const double s_et = residuals.dot(time_residuals) / degrees;
    const MatrixXd p = out.power_mw.col(c).asDiagonal();
    // e_j − p_j t_j is what is uncertain: a clock that moves both the same way cancels in part.
    const MatrixXd numerator =
        s_ee * aa - s_et * (ab * p + (ab * p).transpose()) + s_tt * (p * bb * p);
    const VectorXd mw = out.power_mw.col(c);
    const MatrixXd covariance =
        per_ms * numerator * per_ms + drift_variance * (mw * mw.transpose());
    out.residual_mw(c) = std::sqrt(s_ee);
    out.pass_mj_std(c) =
        std::hypot(std::sqrt(s_ee) * a0.norm() / 1e3, out.drift_std * out.pass_mj(c));
    out.power_std.col(c) = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
    if (c > 0) continue;
    out.covariance = covariance;
    out.pass_covariance = per_ms * (s_ee * (a * a0) - s_et * (p * (b * a0))) / 1e3 +
                          drift_variance * out.pass_mj(0) * mw;
  }
  return out;
}

}  // namespace

std::optional<Index> ExciteFit::row_of(std::size_t part) const {
  const auto found = std::lower_bound(parts.begin(), parts.end(), part);
  if (found == parts.end() || *found != part) return std::nullopt;
  return static_cast<Index>(found - parts.begin());
}

ExciteFitOutcome fit_excitation(const std::vector<ObservedWindow>& windows) {
  if (windows.empty()) return {std::nullopt, "no window has a power reading"};
  std::vector<ObservedWindow> kept = windows;
  const auto most_outliers =
      static_cast<std::size_t>(kLargestOutlierShare * static_cast<double>(windows.size()));
  const std::size_t parts = pose(kept).parts.size();
  ExciteFitOutcome outcome;
  for (std::size_t outliers = 0; outliers <= most_outliers; ++outliers) {
    const Problem problem = pose(kept);
    const BothFits fits = best_fit(problem, kept);
    // Leaving out a window that a part cannot do without is worse than keeping an odd one.
    if (!fits.good || problem.parts.size() < parts) break;
    outcome.fit = conclude(problem, fits);
    outcome.fit->outliers = outliers;
    const std::optional<std::size_t> outlier = worst_outlier(fits);
    if (!outlier) break;
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(*outlier));
  }
  if (!outcome.fit) {
    outcome.refused =
        fmt::format("{} windows are too few to tell {} parts apart", windows.size(), parts);
  }
  return outcome;
}

}  // namespace layerwatt
