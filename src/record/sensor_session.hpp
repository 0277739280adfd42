// A sensor at work for one recording: started, waited for, followed until its readings cover what
// was measured, and stopped on every way out.
#pragma once

#include <cstdint>
#include <functional>

#include "layerwatt/clock.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/sensor.hpp"
#include "record/sink.hpp"

namespace layerwatt {

// How long to go on sampling after the end of what is measured, so that the readings whose window
// lies in it have come: latency + window + settling of the low pass + two periods. What is not
// known is taken as 50 ms. At most 2 s.
double tail_ms(const SensorModel& model, double interval_ms);

class SensorSession {
 public:
  // `sensor` may be nullptr: then nothing happens. `interval_ms` is what was asked of it. All must
  // outlive the session.
  SensorSession(Clock& clock, Sensor* sensor, const SensorInfo& info, double interval_ms,
                RecordingWriter& writer, RunningEstimate* estimate)
      : clock_(clock),
        sensor_(sensor),
        info_(info),
        interval_ms_(interval_ms),
        sink_(writer, info, estimate),
        suspended_ns_(clock.suspended_ns()) {}
  ~SensorSession();
  SensorSession(const SensorSession&) = delete;
  SensorSession& operator=(const SensorSession&) = delete;

  // Starts, and waits for the first reading (tegrastats takes up to a second), so that the
  // beginning of what is measured is covered. `meanwhile` is called over and over in that time (it
  // may be empty); `stopped` ends the wait. Throws Error(sensor) when none comes within 5 s and
  // three intervals.
  void start(const std::function<void()>& meanwhile, const std::function<bool()>& stopped);

  // Waits until the readings cover the time up to `end_ns` (bounded, see tail_ms), and stops. Adds
  // the incident "suspended" where the machine slept meanwhile.
  void finish(std::int64_t end_ns);

  void incident(const Incident& incident) { sink_.incident(incident); }
  // Throws what went wrong while readings were written. Cheap when nothing did.
  void check();

 private:
  void stop();
  void note_suspend();

  Clock& clock_;
  Sensor* sensor_;  // nullptr once it is stopped
  const SensorInfo& info_;
  double interval_ms_;
  RecordingSink sink_;
  const std::int64_t suspended_ns_;  // when this began
};

}  // namespace layerwatt
