// Idle power, measured on purpose: a stretch in which nothing runs, while the sensor is read.
#pragma once

#include <cstdint>
#include <functional>

#include "layerwatt/clock.hpp"
#include "layerwatt/recording.hpp"
#include "record/sensor_session.hpp"

namespace layerwatt {

// What is measured of it, once it has settled.
inline constexpr double kIdleWindowMs = 3000.0;

// How long readings still speak of what ran before: settle_ms_of(), or 1.5 s where the sensor's
// response is not known, which is enough for a low pass of half a second (three time constants).
double idle_settle_ms(const SensorModel& model, double interval_ms);

// Waits, and notes the window in the recording. Ends early, without a window, when `stopped`.
// Returns when it ended.
std::int64_t measure_idle(Clock& clock, RecordingWriter& writer, SensorSession& session,
                          const SensorModel& model, double interval_ms,
                          const std::function<bool()>& stopped);

}  // namespace layerwatt
