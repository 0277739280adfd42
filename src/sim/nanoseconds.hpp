// From the fractions that specs and responses are in to the whole nanoseconds of stamps.
#pragma once

#include <cmath>
#include <cstdint>

namespace layerwatt::sim {

inline std::int64_t rounded_ns(double ns) { return static_cast<std::int64_t>(std::llround(ns)); }
inline std::int64_t ns_of_ms(double ms) { return rounded_ns(ms * 1e6); }

}  // namespace layerwatt::sim
