#include "report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

struct Unit {
  std::string_view stored;
  const char* shown;
  double factor;
  double from;  // the largest value of the column, in the stored unit, from which it is used
};

// Of the rows for one stored unit, the first whose `from` is reached.
constexpr Unit kUnits[] = {
    {"ms", "s", 1e-3, 1e4}, {"ms", "ms", 1.0, 0.1}, {"ms", "µs", 1e3, 0.0}, {"mW", "W", 1e-3, 1e3},
    {"mW", "mW", 1.0, 0.0}, {"mJ", "J", 1e-3, 1e4}, {"mJ", "mJ", 1.0, 0.1}, {"mJ", "µJ", 1e3, 0.0},
};

constexpr int kMostDecimals = 3;

}  // namespace

Scale scale_for(std::string_view unit, double largest, int digits) {
  Scale scale{std::string(unit), 1.0, kMostDecimals};
  largest = std::abs(largest);
  if (!std::isfinite(largest) || largest == 0.0) return scale;
  for (const Unit& candidate : kUnits) {
    if (candidate.stored == unit && largest >= candidate.from) {
      scale.unit = candidate.shown;
      scale.factor = candidate.factor;
      break;
    }
  }
  const int magnitude = static_cast<int>(std::floor(std::log10(largest * scale.factor)));
  scale.decimals = std::clamp(digits - 1 - magnitude, 0, kMostDecimals);
  return scale;
}

std::string figure(double value, const Scale& scale) {
  const double shown = value * scale.factor;
  const double smallest = std::pow(10.0, -scale.decimals);
  if (shown != 0.0 && std::abs(shown) < smallest / 2) {
    return fmt::format("{}{:.{}f}", shown < 0 ? ">-" : "<", smallest, scale.decimals);
  }
  return fmt::format("{:.{}f}", shown, scale.decimals);
}

std::string figure_with_unit(double value, std::string_view unit, int digits) {
  const Scale scale = scale_for(unit, value, digits);
  return fmt::format("{} {}", figure(value, scale), scale.unit);
}

std::string percent(double share) { return figure(share, Scale{"%", 100.0, 1}); }

std::string bar(double share, std::size_t width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!(share > 0.0)) return "";
  const auto eighths = static_cast<std::size_t>(
      std::lround(std::min(share, 1.0) * static_cast<double>(width) * 8.0));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  // Something is there, so something is seen.
  return text.empty() ? kEighths[1] : text;
}

}  // namespace layerwatt
