// What the writer and the reader of layerwatt.result/1 must agree on.
#pragma once

#include <optional>

#include "layerwatt/result.hpp"

namespace layerwatt {

inline constexpr const char* kResultSchema = "layerwatt.result/1";
// Of an active energy where idle power was not measured.
inline constexpr const char* kNoIdleBaseline = "no_idle_baseline";

struct SensorField {
  const char* name;
  std::optional<double> SensorModel::*member;
};

inline constexpr SensorField kSensorFields[] = {
    {"period_ms", &SensorModel::period_ms},
    {"window_ms", &SensorModel::window_ms},
    {"latency_ms", &SensorModel::latency_ms},
    {"time_constant_ms", &SensorModel::time_constant_ms},
    {"timestamp_error_ms", &SensorModel::timestamp_error_ms},
};

inline constexpr Method kMethods[] = {Method::overlap, Method::deconvolve, Method::excite};

}  // namespace layerwatt
