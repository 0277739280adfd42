#include "attribution/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace layerwatt {
namespace {

constexpr std::size_t kLeastValues = 50;
// A step shows in as many; there may be millions.
constexpr std::size_t kMostValues = 50'000;
// Values without steps are nearly all different.
constexpr std::size_t kRepeats = 4;

}  // namespace

double rounding_step(std::vector<double> values) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }),
               values.end());
  const std::size_t count = values.size();
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (count < kLeastValues || values.size() < 2 || values.size() * kRepeats > count) return 0.0;
  // Current times voltage is not on an even grid: the gap in the middle stands for all.
  std::vector<double> gaps;
  for (std::size_t i = 1; i < values.size(); ++i) gaps.push_back(values[i] - values[i - 1]);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

double rounding_left_mw2(double step_mw, double noise_mw) {
  if (!(step_mw > 0.0)) return 0.0;
  const double turns = 2.0 * std::numbers::pi * noise_mw / step_mw;
  return step_mw * step_mw / 12.0 * std::exp(-turns * turns);
}

double rounding_of_total_mw2(const PowerSamples& power, std::span<const double> residual_mw) {
  if (power.reading == Reading::energy) return 0.0;
  double sum = 0.0;
  for (std::size_t r = 0; r < power.rails.size(); ++r) {
    if (!power.rails[r].in_total) continue;
    std::vector<double> values;
    const std::size_t every = power.size() / kMostValues + 1;
    for (std::size_t i = 0; i < power.size(); i += every) values.push_back(power.row(i)[r]);
    const double step = rounding_step(std::move(values));
    const double noise_mw2 = residual_mw[r] * residual_mw[r] - step * step / 12.0;
    sum += rounding_left_mw2(step, std::sqrt(std::max(0.0, noise_mw2)));
  }
  return sum;
}

double rounding_share(double layer_ms, double response_ms) {
  if (!(layer_ms > 0.0)) return 0.0;
  return layer_ms < response_ms ? layer_ms / response_ms : 1.0;
}

}  // namespace layerwatt
