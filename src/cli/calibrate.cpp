// `layerwatt calibrate`: a sensor's period, window, latency, time constant and grid, measured.
#include "layerwatt/calibrate.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output_files.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "layerwatt/error.hpp"
#include "profile/calibration_store.hpp"
#include "report/display.hpp"
#include "report/grid.hpp"
#include "report/stream.hpp"

namespace layerwatt::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr const char* kStdout = "-";

struct CalibrateCommand {
  CalibrateOptions options;
  std::string output;
  std::string json;
  bool dry_run = false;
};

const char* words_for(const std::string& reason) {
  static const std::map<std::string, const char*> kWords = {
      {"every_reading_is_new", "every reading was new: read faster"},
      {"none_seen", "none was seen"},
      {"energy_counter", "a counter's: the time between two of its readings"},
      {"not_resolved", "the data cannot tell"},
      {"few_readings", "too few readings"},
      {"few_edges", "the load was switched too few times"},
      {"few_readings_on_edges", "too few readings while the load went on or off"},
      {"load_not_seen", "the readings do not follow the load"},
      {"no_response_explains", "no window, latency and time constant explain the readings"},
  };
  const auto found = kWords.find(reason);
  return found == kWords.end() ? reason.c_str() : found->second;
}

CalibrationLoad load_of(const std::string& name) {
  return name == "cpu"   ? CalibrationLoad::cpu
         : name == "gpu" ? CalibrationLoad::gpu
                         : CalibrationLoad::automatic;
}

std::string milliseconds(double ms) { return fmt::format("{:.4g}", ms); }

GridRow row_of(const char* name, const CalibratedFigure& figure) {
  GridRow row;
  row.cells.push_back({name});
  row.cells.push_back(figure.value_ms ? GridCell{milliseconds(*figure.value_ms), Style::strong}
                                      : GridCell{"?", Style::faint});
  row.cells.push_back({figure.ci95_ms ? fmt::format("{} … {}", milliseconds(figure.ci95_ms->lo),
                                                    milliseconds(figure.ci95_ms->hi))
                                      : ""});
  row.cells.push_back({figure.value_ms ? "" : words_for(figure.reason)});
  return row;
}

void print_table(const Program& program, const StoredCalibration& stored, bool color) {
  const Calibration& figures = stored.figures;
  Grid grid;
  grid.columns = {{"sensor " + harmless(stored.kind), "", false},
                  {"found", "ms"},
                  {"95 % interval", "ms"},
                  {"", "", false}};
  grid.columns.back().gives_way = true;
  grid.rows = {row_of("period", figures.period), row_of("window", figures.window),
               row_of("latency", figures.latency), row_of("time constant", figures.time_constant),
               row_of("grid", figures.grid)};
  for (const std::string& line : render(grid, kWidth, 20, color)) program.out << line << '\n';
  std::string about =
      fmt::format("\n{} readings, the load was switched {} times", figures.readings, figures.edges);
  if (figures.idle_mw && figures.busy_mw && figures.noise_mw) {
    about += fmt::format(": {:.4g} mW without it, {:.4g} mW with it, noise {:.3g} mW",
                         *figures.idle_mw, *figures.busy_mw, *figures.noise_mw);
  }
  program.out << about << '\n';
}

bool anything_found(const Calibration& figures) {
  for (const CalibrationField& field : kCalibrationFields) {
    if ((figures.*field.member).value_ms) return true;
  }
  return false;
}

void tell_plan(const Program& program, const CalibrationPlan& plan,
               const std::filesystem::path& file) {
  program.out << fmt::format(
      "{}\nload: {}\nit would be switched on and off for {:g} s, and the figures stored in {}\n",
      harmless(plan.why_sensor), plan.load, plan.seconds, file.string());
}

int run_calibrate(Program& program, CalibrateCommand& command) {
  CalibrateOptions& options = command.options;
  const std::filesystem::path file = command.output.empty() ? calibration_file(program.host.sys)
                                                            : std::filesystem::path(command.output);
  if (file.empty()) {
    throw Error(ErrorKind::usage, "there is no folder for the calibration", "XDG_CONFIG_HOME, HOME",
                "set one of them, or give --output FILE");
  }
  // Not after half a minute of work.
  check_can_store(file);
  if (!command.json.empty() && command.json != kStdout) check_writable(command.json);
  if (command.dry_run) {
    tell_plan(program, plan_calibration(program.host, options), file);
    finish(program.out, "plan");
    return 0;
  }
  StopSignals signals;
  options.stop = &signals.flag();
  options.on_note = [&](const std::string& note) { print_note(program, note); };
  const StoredCalibration stored = calibrate(program.host, options);
  const bool found = anything_found(stored.figures);
  if (command.json == kStdout) {
    program.out << calibration_json(stored) << '\n';
  } else {
    print_table(program, stored, use_color(program, 1));
    if (!command.json.empty()) {
      write_whole_file(command.json,
                       [&](std::ostream& out) { out << calibration_json(stored) << '\n'; });
    }
  }
  for (const Warning& warning : stored.figures.warnings) print_warning(program, warning);
  finish(program.out, "calibration");
  if (!found) {
    throw Error(ErrorKind::sensor, "nothing of its response could be measured; nothing was stored",
                "sensor " + stored.kind,
                "is anything else running? does the sensor see the load (--load)? try a longer "
                "--max-time");
  }
  store_calibration(file, stored);
  program.err << "layerwatt: stored in " << file.string() << '\n';
  return 0;
}

}  // namespace

void add_calibrate(CLI::App& app, Program& program) {
  const Help help("calibrate");
  CLI::App& sub = *app.add_subcommand("calibrate", help.description());
  const auto command = std::make_shared<CalibrateCommand>();
  CalibrateOptions& options = command->options;
  // Faster than a profile asks: a grid is only seen where readings repeat.
  options.sensor_options.interval_ms = 1.0;
  sub.add_option("MODEL", options.model, help.option("MODEL"));
  add_sensor_flags(sub, help, options.sensor, options.sensor_options);
  sub.add_option_function<std::string>(
         "--load", [&options](const std::string& name) { options.load = load_of(name); },
         help.option("--load"))
      ->check(CLI::IsMember({"auto", "cpu", "gpu"}))
      ->type_name("NAME");
  sub.add_option("--max-time", options.max_time_s, help.option("--max-time"))
      ->check(positive())
      ->type_name("S");
  sub.add_option("-o,--output", command->output, help.option("--output"))->type_name("FILE");
  sub.add_option("--json", command->json, help.option("--json"))->type_name("F");
  sub.add_option("--save", options.save, help.option("--save"))->type_name("DIR");
  sub.add_flag("--dry-run", command->dry_run, help.option("--dry-run"));
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_calibrate(program, *command); };
  });
}

}  // namespace layerwatt::cli
