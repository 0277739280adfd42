#include "attribution/stamp_error.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

constexpr double kOutlierSigmas = 8.0;

}  // namespace

NoiseModel fit_noise(const std::vector<double>& residual_mw, const std::vector<double>& scatter_mw2,
                     double trial_ms, const std::vector<double>& weight) {
  // Iteratively reweighted: the variance of r² grows with its mean squared, so a plain fit would be
  // decided by the few steepest readings.
  double a = 0.0;  // noise²
  double c = 0.0;  // (stamp / trial)²
  double n = 0.0;
  for (std::size_t k = 0; k < residual_mw.size(); ++k) {
    if (weight[k] == 0.0) continue;
    a += residual_mw[k] * residual_mw[k];
    n += 1.0;
  }
  if (n == 0.0) return {};
  a = std::max(a / n, 1e-9);
  for (int round = 0; round < 12; ++round) {
    double s11 = 0.0;
    double s12 = 0.0;
    double s22 = 0.0;
    double t1 = 0.0;
    double t2 = 0.0;
    for (std::size_t k = 0; k < residual_mw.size(); ++k) {
      if (weight[k] == 0.0) continue;
      const double steep = scatter_mw2[k];
      const double expected = a + c * steep;
      const double w = 1.0 / (expected * expected);
      const double r2 = residual_mw[k] * residual_mw[k];
      s11 += w;
      s12 += w * steep;
      s22 += w * steep * steep;
      t1 += w * r2;
      t2 += w * steep * r2;
    }
    const double det = s11 * s22 - s12 * s12;
    double next_a = t1 / s11;
    double next_c = 0.0;
    if (det > 1e-12 * s11 * s22) {
      next_a = (t1 * s22 - t2 * s12) / det;
      next_c = (t2 * s11 - t1 * s12) / det;
      if (next_c < 0.0) {
        next_c = 0.0;
        next_a = t1 / s11;
      }
      if (next_a <= 0.0) {
        next_a = 1e-3 * t1 / s11;
        next_c = t2 / s22;
      }
    }
    a = std::max(next_a, 1e-9);
    c = next_c;
  }
  return {std::sqrt(a), std::sqrt(c) * trial_ms};
}

std::vector<double> expected_variance(const NoiseModel& noise,
                                      const std::vector<double>& scatter_mw2, double trial_ms) {
  const double share = noise.stamp_error_ms / trial_ms;
  std::vector<double> out;
  out.reserve(scatter_mw2.size());
  for (const double scatter : scatter_mw2) {
    out.push_back(noise.noise_mw * noise.noise_mw + share * share * scatter);
  }
  return out;
}

std::size_t leave_out_outliers(const std::vector<double>& residual_mw,
                               const std::vector<double>& variance_mw2,
                               std::vector<double>& weight) {
  std::size_t outliers = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) {
    const double squares = residual_mw[k] * residual_mw[k];
    if (weight[k] != 0.0 && squares > kOutlierSigmas * kOutlierSigmas * variance_mw2[k]) {
      weight[k] = 0.0;
      ++outliers;
    }
  }
  return outliers;
}

std::vector<double> weights_for(const std::vector<double>& variance_mw2,
                                const std::vector<double>& weight) {
  std::vector<double> out(weight.size(), 0.0);
  std::vector<double> used;
  for (std::size_t k = 0; k < weight.size(); ++k) {
    if (weight[k] == 0.0) continue;
    out[k] = 1.0 / variance_mw2[k];
    used.push_back(out[k]);
  }
  if (used.empty()) return out;
  const auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
  std::nth_element(used.begin(), middle, used.end());
  for (double& w : out) w /= *middle;
  return out;
}

}  // namespace layerwatt
