#include "engine/two_passes.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

constexpr std::size_t kFewestAhead = 4;
constexpr std::size_t kMostAhead = 64;

}  // namespace

double sum_of_reported(std::span<const double> layer_ms) {
  double sum = 0.0;
  for (const double ms : layer_ms) {
    if (!std::isnan(ms)) sum += ms;
  }
  return sum;
}

std::size_t inferences_ahead(double inference_ms) {
  constexpr double kAheadMs = 10.0;
  if (!(inference_ms > kAheadMs / static_cast<double>(kMostAhead))) return kMostAhead;
  return std::max(kFewestAhead, static_cast<std::size_t>(std::ceil(kAheadMs / inference_ms)));
}

std::size_t wait_for(std::size_t ahead) { return ahead > kFewestAhead ? ahead / 2 : 0; }

double fit_layers(std::span<const double> profiled_ms, double kernels_ms,
                  std::vector<double>& layer_ms) {
  const double sum = sum_of_reported(profiled_ms);
  const double factor = sum > kernels_ms && sum > 0.0 ? kernels_ms / sum : 1.0;
  layer_ms.assign(profiled_ms.begin(), profiled_ms.end());
  for (double& ms : layer_ms) ms *= factor;
  return factor;
}

}  // namespace layerwatt
