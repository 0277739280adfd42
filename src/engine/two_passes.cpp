#include "engine/two_passes.hpp"

#include <cmath>

namespace layerwatt {

double sum_of_reported(std::span<const double> layer_ms) {
  double sum = 0.0;
  for (const double ms : layer_ms) {
    if (!std::isnan(ms)) sum += ms;
  }
  return sum;
}

double fit_layers(std::span<const double> profiled_ms, double kernels_ms,
                  std::vector<double>& layer_ms) {
  const double sum = sum_of_reported(profiled_ms);
  const double factor = sum > kernels_ms && sum > 0.0 ? kernels_ms / sum : 1.0;
  layer_ms.assign(profiled_ms.begin(), profiled_ms.end());
  for (double& ms : layer_ms) ms *= factor;
  return factor;
}

}  // namespace layerwatt
