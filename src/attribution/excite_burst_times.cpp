#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_least_squares.hpp"
#include "attribution/excite_mirrors.hpp"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::array<std::size_t, 4> kDriftPieces = {0, 1, 2, 4};
// How far off a time may be, relative (one standard deviation): that in place, since a repeat may
// find its data in the cache; that at another clock, which not all of a layer may go with.
constexpr double kPlaceError = 0.05;
constexpr double kClockError = 0.01;

Index index(std::size_t i) { return static_cast<Index>(i); }

using Used = std::vector<const BurstWindow*>;

bool repeats_outside(const BurstWindow& window) { return window.extra.back() > 0; }

std::vector<std::size_t> parts_of(const Used& windows, std::size_t count) {
  std::vector<std::size_t> parts;
  for (std::size_t j = 0; j < count; ++j) {
    if (std::any_of(windows.begin(), windows.end(), [j](auto* w) { return w->extra[j] > 0; })) {
      parts.push_back(j);
    }
  }
  return parts;
}

// Of windows that repeat layers alone.
std::optional<ExciteFit> fit_layers(const Used& windows, std::size_t count) {
  ExciteFit out;
  out.parts = parts_of(windows, count);
  const Index rows = index(windows.size());
  const Index parts = index(out.parts.size());
  MatrixXd mix(rows, parts + 1);
  std::vector<double> at_ms;
  for (Index w = 0; w < rows; ++w) {
    const BurstWindow& window = *windows[static_cast<std::size_t>(w)];
    at_ms.push_back((window.begin_ms + window.end_ms) / 2.0);
    mix(w, 0) = 1.0 / window.pass_ms;
    for (Index i = 0; i < parts; ++i) {
      mix(w, i + 1) = window.extra[out.parts[static_cast<std::size_t>(i)]] / window.pass_ms;
    }
  }
  const MatrixXd ones = MatrixXd::Ones(rows, 1);
  std::optional<LinearFit> best;
  MatrixXd design;
  double lowest = 0.0;
  for (const std::size_t pieces : kDriftPieces) {
    const Index columns = parts + 1 + index(pieces);
    if (rows < columns + 3) break;
    MatrixXd x(rows, columns);
    x << mix, drift_columns(at_ms, pieces);
    LinearFit tried = solve_least_squares(x, ones);
    if (!tried.full_rank) break;
    const auto n = static_cast<double>(rows);
    const double squares = std::max(tried.residuals.squaredNorm(), 1e-18);
    const double score = n * std::log(squares / n) + static_cast<double>(pieces) * std::log(n);
    if (best && score >= lowest) continue;
    lowest = score;
    out.residual_time = std::sqrt(squares / static_cast<double>(rows - columns));
    best = std::move(tried);
    design = std::move(x);
  }
  if (!best) return std::nullopt;
  out.pass_ms = best->coefficients(0, 0);
  out.extra_ms = best->coefficients.col(0).segment(1, parts);
  const auto degrees = static_cast<double>(rows - design.cols());
  const Mirrors mirrors(design, best->solve, pair_columns(windows));
  const MirrorScatter scatter = mirrors.scatter(best->residuals.col(0), degrees);
  out.time_covariance = mirrors.covariance(scatter).block(1, 1, parts, parts);
  return out;
}

struct Time {
  double ms = 0.0;
  double std_ms = 0.0;
};

// Of a layer that fit_layers() does not have.
std::optional<Time> elsewhere(const std::vector<BurstWindow>& windows, const ExciteFit& known,
                              std::size_t part, std::span<const double> place_ms) {
  double sum_ms = 0.0;
  double sum_off = 0.0;
  double count = 0.0;
  for (const BurstWindow& window : windows) {
    if (window.usable || repeats_outside(window) || !(window.extra[part] > 0.0)) continue;
    bool alone = true;
    for (std::size_t j = 0; j < window.extra.size(); ++j) {
      alone = alone && (j == part || window.extra[j] == 0.0);
    }
    if (!alone) continue;
    sum_ms += (window.pass_ms * window.clock - known.pass_ms) / window.extra[part];
    sum_off += std::abs(1.0 - window.clock);
    ++count;
  }
  if (count > 0.0 && sum_ms > 0.0) {
    const double ms = sum_ms / count;
    return Time{ms, ms * std::max(kClockError, sum_off / count / 2.0)};
  }
  if (part >= place_ms.size() || !(place_ms[part] > 0.0)) return std::nullopt;
  return Time{place_ms[part], kPlaceError * place_ms[part]};
}

// Into the fit, whose parts stay in ascending order.
void insert(ExciteFit& fit, std::size_t part, const Time& time) {
  const auto at = std::lower_bound(fit.parts.begin(), fit.parts.end(), part);
  const Index row = static_cast<Index>(at - fit.parts.begin());
  const Index before = index(fit.parts.size());
  fit.parts.insert(at, part);
  const auto old = [row](Index i) { return i < row ? i : i - 1; };
  const VectorXd times = fit.extra_ms;
  const MatrixXd covariance = fit.time_covariance;
  fit.extra_ms.resize(before + 1);
  fit.time_covariance = MatrixXd::Zero(before + 1, before + 1);
  for (Index i = 0; i <= before; ++i) {
    fit.extra_ms(i) = i == row ? time.ms : times(old(i));
    for (Index k = 0; k <= before; ++k) {
      if (i != row && k != row) fit.time_covariance(i, k) = covariance(old(i), old(k));
    }
  }
  fit.time_covariance(row, row) = time.std_ms * time.std_ms;
}

}  // namespace

std::optional<ExciteFit> fit_times(std::vector<BurstWindow>& windows,
                                   std::span<const double> place_ms) {
  if (windows.empty()) return std::nullopt;
  const std::size_t outside = windows.front().extra.size() - 1;
  Used layers;
  Used all;
  for (const BurstWindow& window : windows) {
    if (!window.usable) continue;
    all.push_back(&window);
    if (!repeats_outside(window)) layers.push_back(&window);
  }
  if (layers.empty()) return std::nullopt;
  std::optional<ExciteFit> fit = fit_layers(layers, outside);
  if (!fit) return std::nullopt;
  for (const std::size_t part : parts_of(all, outside)) {
    if (std::binary_search(fit->parts.begin(), fit->parts.end(), part)) continue;
    const std::optional<Time> time = elsewhere(windows, *fit, part, place_ms);
    if (time) {
      insert(*fit, part, *time);
      continue;
    }
    for (BurstWindow& window : windows) {
      if (window.extra[part] > 0) window.usable = false;
    }
  }
  bool any_outside = false;
  for (BurstWindow& window : windows) {
    if (!window.usable || !repeats_outside(window)) continue;
    any_outside = true;
    window.outside_ms = window.pass_ms - fit->pass_ms;
    for (std::size_t i = 0; i < fit->parts.size(); ++i) {
      window.outside_ms -= window.extra[fit->parts[i]] * fit->extra_ms(index(i));
    }
    window.outside_ms = std::max(0.0, window.outside_ms);
  }
  if (any_outside) insert(*fit, outside, {1.0, 0.0});
  return fit;
}

}  // namespace layerwatt
