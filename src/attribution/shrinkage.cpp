#include "attribution/shrinkage.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

// Never are layers taken to be more alike than this share of their mean: with few layers, or none
// well determined, their scatter can come out as nothing.
constexpr double kLeastScatter = 0.25;
constexpr int kHalvings = 60;
constexpr std::size_t kFewestToShrink = 6;

struct Weighted {
  double mean = 0.0;
  double chi2 = 0.0;
};

Weighted weighted(const Eigen::VectorXd& p, const Eigen::VectorXd& variance, double more) {
  const Eigen::ArrayXd weight = (variance.array() + more).inverse();
  Weighted out;
  out.mean = (weight * p.array()).sum() / weight.sum();
  out.chi2 = (weight * (p.array() - out.mean).square()).sum();
  return out;
}

}  // namespace

Scatter scatter_of(const Eigen::VectorXd& power_mw, const Eigen::VectorXd& variance_mw2) {
  const Eigen::VectorXd variance = variance_mw2.cwiseMax(1e-12);
  const double wanted = static_cast<double>(power_mw.size()) - 1.0;
  const double least =
      std::pow(kLeastScatter * std::abs(weighted(power_mw, variance, 0.0).mean), 2);
  double low = 0.0;
  double high = (power_mw.array() - power_mw.mean()).square().sum() + 1.0;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (weighted(power_mw, variance, middle).chi2 > wanted ? low : high) = middle;
  }
  const double more = std::max(high, least);
  return {weighted(power_mw, variance, more).mean, std::sqrt(more)};
}

Shrunk shrink(const Eigen::MatrixXd& covariance_mw2, std::size_t layers, double std_mw) {
  const auto n = static_cast<Eigen::Index>(layers);
  Eigen::MatrixXd both = covariance_mw2.topLeftCorner(n, n);
  both.diagonal().array() += std_mw * std_mw;
  const Eigen::LDLT<Eigen::MatrixXd> factor(both);
  Shrunk out;
  out.gain = factor.solve(covariance_mw2.topRows(n)).transpose();
  out.covariance = covariance_mw2 - out.gain * covariance_mw2.topRows(n);
  return out;
}

void shrink_layers(std::size_t layers, const std::vector<std::uint64_t>& samples,
                   Eigen::MatrixXd& power_mw, Eigen::MatrixXd& covariance_mw2) {
  std::vector<Eigen::Index> seen;
  for (std::size_t j = 0; j < layers; ++j) {
    if (samples[j] > 0) seen.push_back(static_cast<Eigen::Index>(j));
  }
  const std::size_t touched = seen.size();
  if (touched < kFewestToShrink) return;
  for (auto i = static_cast<Eigen::Index>(layers); i < covariance_mw2.rows(); ++i) {
    seen.push_back(i);
  }
  const auto first = [&](const Eigen::VectorXd& all) {
    return Eigen::VectorXd(all.head(static_cast<Eigen::Index>(touched)));
  };
  const Eigen::MatrixXd covariance = covariance_mw2(seen, seen);
  const Eigen::VectorXd variance = first(covariance.diagonal());
  const Scatter scatter = scatter_of(first(power_mw(seen, 0)), variance);
  const Shrunk shrunk = shrink(covariance, touched, scatter.std_mw);
  const double more = scatter.std_mw * scatter.std_mw;
  for (Eigen::Index c = 0; c < power_mw.cols(); ++c) {
    const Eigen::VectorXd p = power_mw(seen, c);
    // One gain for all: rails still sum to their total.
    const double mean = weighted(first(p), variance, more).mean;
    const Eigen::VectorXd moved = p - shrunk.gain * (first(p).array() - mean).matrix();
    power_mw(seen, c) = moved.cwiseMax(0.0);
  }
  covariance_mw2(seen, seen) = shrunk.covariance;
}

}  // namespace layerwatt
