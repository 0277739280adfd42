// How long a sensor's readings go on speaking of what was before: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "layerwatt/recording.hpp"

namespace layerwatt {

// No window settles faster: a GPU's clocks and regulators take that long (measured on an H100).
inline constexpr double kLeastSettleMs = 300.0;

// Where the sensor's response is known: latency + window + 7 time constants + 2 periods, so that a
// thousandth of a step is left (with 5, the layers of least power came out 0.3 % too high). Empty
// where latency, window or time constant is not known.
std::optional<double> settle_ms_of(const SensorModel& model, double interval_ms);

// From a step of the load at step_ns to a steady load that lasted until end_ns: 7 × the mean lag of
// the readings behind it, which is the area between the step and the readings over its height.
// Seven times the lag leaves a thousandth of the step for a low pass, and nothing for a box. Empty
// where there are too few readings, the step is less than 5 % of the power, or the readings have
// not settled within a third of the time.
std::optional<double> settle_ms_from_step(const PowerSamples& power, std::int64_t step_ns,
                                          std::int64_t end_ns);

}  // namespace layerwatt
