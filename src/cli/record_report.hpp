// What `layerwatt record` says about a command: a table, or JSON (layerwatt.command/1).
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "core/subprocess.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"
#include "record/power_summary.hpp"

namespace layerwatt::cli {

struct CommandReport {
  std::vector<std::string> words;
  ExitStatus end;
  bool interrupted = false;
  std::string directory;  // of the recording
  SensorInfo sensor;
  PowerSummary summary;
  std::vector<Warning> warnings;
};

// Throw Error(io).
void write_command_table(std::ostream& out, const CommandReport& report, bool color,
                         std::size_t width);
void write_command_json(std::ostream& out, const CommandReport& report);

}  // namespace layerwatt::cli
