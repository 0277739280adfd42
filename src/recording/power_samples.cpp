#include <algorithm>
#include <limits>

#include "layerwatt/recording.hpp"

namespace layerwatt {

double PowerSamples::total_mw(std::size_t i) const {
  if (!has_total()) return std::numeric_limits<double>::quiet_NaN();
  const auto values = row(i);
  double sum = 0.0;
  for (std::size_t r = 0; r < rails.size(); ++r) {
    if (rails[r].in_total) sum += values[r];  // NaN makes the sum NaN: never a partial sum
  }
  return sum;
}

bool PowerSamples::has_total() const {
  return std::any_of(rails.begin(), rails.end(), [](const Rail& rail) { return rail.in_total; });
}

}  // namespace layerwatt
