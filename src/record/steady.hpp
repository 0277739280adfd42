// Whether a device has warmed up: power and temperature by stretches of time. Pure arithmetic.
#pragma once

#include <optional>
#include <vector>

namespace layerwatt {

class SteadyWatch {
 public:
  // Means over the next stretch; empty where there was no reading.
  void add(const std::optional<double>& power_mw, const std::optional<double>& temperature_c);
  // Over the last kStretches stretches power stayed within 1 % of their mean, and temperature
  // within 1 °C, without going one way all the time by more than half of that. Of what cannot be
  // read nothing is asked; where neither can, nothing is ever steady.
  bool steady() const;
  // From the lowest to the highest of the last stretches, in percent of their mean and in °C; 0
  // where it is not read.
  double power_range_pct() const;
  double temperature_range_c() const;

  static constexpr std::size_t kStretches = 5;
  static constexpr double kPowerPct = 1.0;
  static constexpr double kTemperatureC = 1.0;

 private:
  std::vector<double> power_mw_;
  std::vector<double> temperature_c_;
  std::size_t added_ = 0;
};

}  // namespace layerwatt
