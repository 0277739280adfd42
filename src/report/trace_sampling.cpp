#include "report/trace_sampling.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {

std::size_t stride_for(std::size_t count, std::size_t most) {
  return std::max<std::size_t>(1, (count + most - 1) / most);
}

std::vector<std::size_t> extremes(std::span<const double> values, std::size_t most) {
  std::vector<std::size_t> kept;
  // Two of each run, so that runs of two or fewer keep everything.
  const std::size_t run = values.size() <= most ? 1 : stride_for(2 * values.size(), most);
  for (std::size_t begin = 0; begin < values.size(); begin += run) {
    const std::size_t end = std::min(begin + run, values.size());
    std::size_t low = end;
    std::size_t high = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (std::isnan(values[i])) continue;
      if (low == end || values[i] < values[low]) low = i;
      if (high == end || values[i] > values[high]) high = i;
    }
    if (low == end) continue;
    kept.push_back(std::min(low, high));
    if (low != high) kept.push_back(std::max(low, high));
  }
  return kept;
}

}  // namespace layerwatt
