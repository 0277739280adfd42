#include "attribution/deviance.hpp"

#include <algorithm>
#include <cmath>

#include "attribution/residuals.hpp"
#include "attribution/stamp_error.hpp"

namespace layerwatt {
namespace {

constexpr double kTrialMs = 0.05;
constexpr double kOutlier = 64.0;  // squared deviations
constexpr double kLeastMw2 = 1e-12;
constexpr int kRounds = 3;
constexpr double kAlike = 1.5;  // variances: weights would change next to nothing

}  // namespace

double deviance_of(const Segments& segments, const Readings& readings, const Response& response) {
  Readings weighted = readings;
  std::vector<double> inliers = readings.weight;
  double deviance = 0.0;
  // Again with the weights, and without the outliers, that the round before has shown.
  for (int round = 0; round < kRounds; ++round) {
    const Residuals residuals = residuals_of(segments, weighted, response, kTrialMs);
    const NoiseModel noise =
        fit_noise(residuals.residual_mw, residuals.scatter_mw2, kTrialMs, inliers);
    const std::vector<double> variance = expected_variance(noise, residuals.scatter_mw2, kTrialMs);
    bool more_outliers = false;
    deviance = 0.0;
    for (std::size_t k = 0; k < readings.size(); ++k) {
      if (readings.weight[k] == 0.0) continue;
      const double mw2 = std::max(variance[k], kLeastMw2);
      const double squares = residuals.residual_mw[k] * residuals.residual_mw[k] / mw2;
      deviance += std::log(mw2) + std::min(squares, kOutlier);
      if (squares <= kOutlier || inliers[k] == 0.0) continue;
      inliers[k] = 0.0;
      more_outliers = true;
    }
    const auto [least, most] = std::minmax_element(variance.begin(), variance.end());
    if (!more_outliers && (round > 0 || *most <= kAlike * *least)) break;
    weighted.weight = weights_for(variance, inliers);
  }
  return deviance;
}

}  // namespace layerwatt
