#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output_files.hpp"
#include "cli/record_report.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "profile/choose.hpp"
#include "record/command_recorder.hpp"
#include "record/power_summary.hpp"

namespace layerwatt::cli {
namespace {

struct RecordCommand {
  std::string directory;
  std::string sensor = "auto";
  SensorOptions sensor_options;
  std::vector<std::string> words;
  std::string json;
};

// Ctrl-C in a terminal reaches the command as it reaches us; a signal sent to us alone does not.
bool child_has_it_already(int signal) {
  return signal == SIGINT && ::isatty(STDIN_FILENO) == 1 &&
         ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

CommandReport report_of(const RecordCommand& command, const CommandOutcome& outcome,
                        const Recording& recording) {
  CommandReport report;
  report.words = command.words;
  report.end = outcome.end.status;
  report.interrupted = outcome.interrupted;
  report.directory = command.directory;
  report.sensor = recording.manifest.sensor;
  report.sensor.rails = recording.power.rails;
  report.summary =
      summarize_power(recording.power, report.sensor.model, outcome.start_ns, outcome.end.end_ns);
  report.warnings = recording.warnings;
  return report;
}

void write_report(const Program& program, const RecordCommand& command,
                  const CommandReport& report) {
  for (const Warning& warning : report.warnings) print_warning(program, warning);
  if (command.json == "-") return write_command_json(program.out, report);
  write_command_table(program.out, report, use_color(program, STDOUT_FILENO),
                      terminal_width(STDOUT_FILENO));
  if (command.json.empty()) return;
  write_whole_file(command.json, [&](std::ostream& out) { write_command_json(out, report); });
}

int run_record(Program& program, const RecordCommand& command) {
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::path(command.directory) / "manifest.json", failed)) {
    throw Error(ErrorKind::usage, "already holds a recording", command.directory,
                "give another folder, or remove this one first");
  }
  if (!command.json.empty() && command.json != "-") check_writable(command.json);
  const ChosenSensor chosen =
      open_sensor_choice(program.host, command.sensor, command.sensor_options);
  if (chosen.sensor == nullptr) {
    throw Error(ErrorKind::usage, "there is nothing to record without a sensor", "--sensor none",
                "`layerwatt sensors` lists what this machine has");
  }
  print_note(program, chosen.why);

  StopSignals signals;
  CommandOptions options;
  options.words = command.words;
  options.interval_ms = command.sensor_options.interval_ms;
  options.sensor_note = chosen.why;
  options.stop = &signals.flag();
  options.on_stop = [&](ChildCommand& child) {
    if (!child_has_it_already(signals.signal())) child.send(signals.signal());
  };
  const CommandOutcome outcome = record_command(*program.host.clock, *chosen.sensor,
                                                program.host.sys, command.directory, options);
  const Recording recording = [&] {
    try {
      return load_recording(command.directory);
    } catch (const Error&) {
      if (outcome.failure) throw *outcome.failure;
      throw;
    }
  }();
  write_report(program, command, report_of(command, outcome, recording));
  if (outcome.failure) throw *outcome.failure;
  if (outcome.interrupted) return exit_code(ErrorKind::interrupted);
  if (outcome.end.status.success()) return 0;
  program.err << fmt::format("layerwatt: error: {}: {}\n", command.words.front(),
                             outcome.end.status.describe());
  return 1;
}

}  // namespace

void add_record(CLI::App& app, Program& program) {
  const Help help("record");
  CLI::App& sub = *app.add_subcommand("record", help.description());
  const auto command = std::make_shared<RecordCommand>();
  sub.add_option("-o,--output", command->directory, help.option("--output"))
      ->required()
      ->type_name("DIR");
  add_sensor_flags(sub, help, command->sensor, command->sensor_options);
  add_response_flags(sub, help, command->sensor_options);
  sub.add_option("--json", command->json, help.option("--json"))->type_name("F");
  sub.add_option("CMD", command->words, help.option("CMD"))->required();
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_record(program, *command); };
  });
}

}  // namespace layerwatt::cli
