// Samples power while any command runs, into a recording with one row and no layers.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/clock.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"
#include "record/child_command.hpp"

namespace layerwatt {

struct CommandOptions {
  std::vector<std::string> words;  // the program and its arguments
  double interval_ms = 5.0;
  std::string sensor_note;
  const std::atomic<bool>* stop = nullptr;
  // Called once when `stop` is seen: passes the signal on, unless the child has it already.
  std::function<void(ChildCommand&)> on_stop;
};

struct CommandOutcome {
  CommandEnd end;
  std::int64_t start_ns = 0;
  bool interrupted = false;
  std::optional<Error> failure;  // sampling or writing failed; the command ran to its end
};

// Opens and starts the sensor, waits for its first reading, runs the command, goes on sampling
// until the readings cover it, and closes the recording. The command is waited for even when
// sampling fails. Throws what open() and start() throw, Error(bad_input) when the command cannot be
// run.
CommandOutcome record_command(Clock& clock, Sensor& sensor, const SysRoot& sys,
                              const std::filesystem::path& directory,
                              const CommandOptions& options);

}  // namespace layerwatt
