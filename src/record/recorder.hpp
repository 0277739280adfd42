// The measuring loop: runs an engine, takes a sensor's readings beside it, and writes both into a
// recording while they come.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/profile.hpp"
#include "layerwatt/sensor.hpp"
#include "record/stop_rule.hpp"

namespace layerwatt {

// What load(), warm-up and the sensor's open() told, so that it can be decided how to measure.
struct PreparedRun {
  SensorInfo sensor;
  std::optional<double> pass_ms;  // of the warm-up's inferences, the median; empty without warm-up
  std::optional<Incident> not_steady;  // the warm-up ended before power and temperature were steady
};

struct RunOptions {
  std::optional<std::size_t> iterations;  // exactly so many; empty: until `rule` is met
  StopRule rule;
  std::optional<double> max_time_s;  // of the loop, without warm-up
  std::size_t warmup = 10;
  double interval_ms = 5.0;  // as asked of the sensor; bounds the waits for it
  std::string sensor_note;   // why this sensor; put before the sensor's own notes
  // After the warm-up, goes on until power and temperature are steady, at most so long
  // (warm_up.hpp).
  std::optional<double> steady_s;
  std::function<std::optional<double>()> temperature_c;
  bool idle_baseline = false;  // measure idle power before and after (idle_window.hpp)
  // Called from the measuring thread a few times a second of the clock.
  std::function<void(const Progress&)> on_progress;
  const std::atomic<bool>* stop = nullptr;
  // Asks the real attribution, on what is on disk so far, how precise the run is. It is called when
  // the running estimate finds the rule met, at growing distances in time, since it costs a pause.
  // Empty: the running estimate decides.
  std::function<std::vector<LayerPrecision>()> refine;
  // Ask `refine` in a thread beside the measurement, from two seconds on, whatever the running
  // estimate says: there is always a prediction then, and no pause. Only where the work it takes
  // does not disturb what is measured: not with an engine on the CPUs.
  bool refine_aside = false;
  // Empty: prepare_run() is called.
  std::optional<PreparedRun> prepared;
};

struct RunOutcome {
  std::size_t iterations = 0;
  bool interrupted = false;
  // What ended the run before its time. The recording holds what was measured until then.
  std::optional<Error> failure;
};

// Loads the engine, opens the sensor (nullptr: none), and warms up. Throws what they throw, and
// Error(interrupted) when `stop` is set.
PreparedRun prepare_run(Clock& clock, Engine& engine, Sensor* sensor, const RunOptions& options);

// Loads the engine, warms up, opens the sensor (nullptr: times alone), and measures. The engine
// goes on, unrecorded, until the sensor's first reading, so that the device does not cool down
// between warm-up and measurement (but with idle_baseline, where it is to idle there). Every wait
// is on `clock`: a simulation in virtual time takes no time. The recording is closed on return.
// Throws what load(), open() and start() throw, when nothing was measured yet; Error(io) when the
// recording cannot be started; Error(interrupted) when `stop` was set before the measurement.
RunOutcome record_run(Clock& clock, Engine& engine, Sensor* sensor,
                      const std::filesystem::path& directory, const RunOptions& options);

// What the engine has to say becomes incidents of the recording.
void note_warnings(const Engine& engine, RecordingWriter& writer, std::int64_t now_ns);

// `info` with a reason put before its notes.
SensorInfo with_note(SensorInfo info, const std::string& note);

// An exception as an Error; one that is none becomes an Error of this kind.
Error as_error(const std::exception& thrown, ErrorKind kind);

// "2024-05-01T12:00:00.250Z".
std::string iso8601_utc(std::int64_t unix_ns);

}  // namespace layerwatt
