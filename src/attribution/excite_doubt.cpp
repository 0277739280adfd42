#include "attribution/excite_doubt.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kCounts = 0.02;     // of a pass
constexpr double kLeastKnown = 0.5;  // half an interval, of the energy

Index index(std::size_t i) { return static_cast<Index>(i); }

}  // namespace

std::vector<std::size_t> doubtful_parts(const ExciteFit& fit, std::span<const double> place_ms,
                                        std::span<const double> half_mw) {
  std::vector<std::size_t> doubtful;
  const double pass_mj = fit.pass_mj(0);
  for (std::size_t i = 0; i < fit.parts.size(); ++i) {
    // mW × ms is µJ.
    const double mj = fit.power_mw(index(i), 0) * place_ms[fit.parts[i]] / 1e3;
    const double half_mj = half_mw[i] * place_ms[fit.parts[i]] / 1e3;
    if (std::abs(mj) + half_mj < kCounts * pass_mj) continue;
    if (half_mj > kLeastKnown * mj || mj > pass_mj) doubtful.push_back(fit.parts[i]);
  }
  return doubtful;
}

ExciteFit without_parts(const ExciteFit& fit, const std::vector<std::size_t>& parts) {
  if (parts.empty()) return fit;
  std::vector<Index> kept;
  for (std::size_t i = 0; i < fit.parts.size(); ++i) {
    if (std::find(parts.begin(), parts.end(), fit.parts[i]) == parts.end())
      kept.push_back(index(i));
  }
  const auto rows = [&](const MatrixXd& all) {
    MatrixXd some(index(kept.size()), all.cols());
    for (std::size_t i = 0; i < kept.size(); ++i) some.row(index(i)) = all.row(kept[i]);
    return some;
  };
  const auto both = [&](const MatrixXd& all) -> MatrixXd {
    if (all.size() == 0) return all;
    return rows(rows(all).transpose()).transpose();
  };
  ExciteFit out = fit;
  out.parts.clear();
  out.windows.clear();
  out.disagreement.clear();
  for (const Index i : kept) {
    out.parts.push_back(fit.parts[static_cast<std::size_t>(i)]);
    if (fit.windows.empty()) continue;
    out.windows.push_back(fit.windows[static_cast<std::size_t>(i)]);
    out.disagreement.push_back(fit.disagreement[static_cast<std::size_t>(i)]);
  }
  out.extra_ms = rows(fit.extra_ms);
  out.power_mw = rows(fit.power_mw);
  out.power_std = rows(fit.power_std);
  out.pass_covariance = rows(fit.pass_covariance);
  out.covariance = both(fit.covariance);
  out.time_covariance = both(fit.time_covariance);
  return out;
}

}  // namespace layerwatt
