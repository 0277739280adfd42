#include "record/steady.hpp"

#include <algorithm>

namespace layerwatt {
namespace {

void keep_last(std::vector<double>& values, const std::optional<double>& value) {
  if (value) values.push_back(*value);
  if (values.size() > SteadyWatch::kStretches) values.erase(values.begin());
}

double range(const std::vector<double>& values) {
  if (values.empty()) return 0.0;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *most - *least;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Still going one way: every stretch above (below) the one before, by more than `bearable` in all.
bool creeps(const std::vector<double>& values, double bearable) {
  if (range(values) <= bearable) return false;
  const bool up = std::is_sorted(values.begin(), values.end());
  const bool down = std::is_sorted(values.rbegin(), values.rend());
  return up || down;
}

bool settled(const std::vector<double>& values, double bearable) {
  return values.size() == SteadyWatch::kStretches && range(values) <= bearable &&
         !creeps(values, 0.5 * bearable);
}

}  // namespace

void SteadyWatch::add(const std::optional<double>& power_mw,
                      const std::optional<double>& temperature_c) {
  ++added_;
  keep_last(power_mw_, power_mw);
  keep_last(temperature_c_, temperature_c);
}

bool SteadyWatch::steady() const {
  if (added_ < kStretches || (power_mw_.empty() && temperature_c_.empty())) return false;
  const bool power = power_mw_.empty() || settled(power_mw_, kPowerPct / 100.0 * mean(power_mw_));
  return power && (temperature_c_.empty() || settled(temperature_c_, kTemperatureC));
}

double SteadyWatch::power_range_pct() const {
  return power_mw_.empty() ? 0.0 : 100.0 * range(power_mw_) / mean(power_mw_);
}

double SteadyWatch::temperature_range_c() const { return range(temperature_c_); }

}  // namespace layerwatt
