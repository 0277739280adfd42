// Quantities whose unit is part of the type. Bulk arrays are plain doubles with the unit in their
// name (`layer_ms`, `rail_mw`); a single value that crosses an interface is one of these.
#pragma once

#include <compare>
#include <cstdint>

namespace layerwatt {

template <class Unit>
struct Quantity {
  double value = 0.0;

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator+(Quantity other) const { return {value + other.value}; }
  constexpr Quantity operator-(Quantity other) const { return {value - other.value}; }
  constexpr Quantity operator*(double factor) const { return {value * factor}; }
  constexpr Quantity operator/(double divisor) const { return {value / divisor}; }
  constexpr double operator/(Quantity other) const { return value / other.value; }
};

using Milliseconds = Quantity<struct MillisecondUnit>;
using Milliwatts = Quantity<struct MilliwattUnit>;
using Millijoules = Quantity<struct MillijouleUnit>;

// 1 mW for 1 ms is 1 µJ: the factor 1000 that every profiler gets wrong once is here alone.
constexpr Millijoules operator*(Milliwatts power, Milliseconds time) {
  return {power.value * time.value / 1000.0};
}
constexpr Millijoules operator*(Milliseconds time, Milliwatts power) { return power * time; }
constexpr Milliwatts operator/(Millijoules energy, Milliseconds time) {
  return {energy.value * 1000.0 / time.value};
}

constexpr double kNsPerMs = 1e6;

constexpr Milliseconds milliseconds_between(std::int64_t begin_ns, std::int64_t end_ns) {
  return {static_cast<double>(end_ns - begin_ns) / kNsPerMs};
}

}  // namespace layerwatt
