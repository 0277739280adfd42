#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output_files.hpp"
#include "cli/restore_guard.hpp"
#include "cli/restore_journal.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/shell.hpp"
#include "cli/sweep_run.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/profile.hpp"
#include "report/sweep_reports.hpp"

namespace layerwatt::cli {
namespace {

constexpr double kMaxTimeS = 30.0;  // of one step

void require_batch_place(const SweepCommand& command) {
  for (const std::string& shape : command.shapes) {
    if (shape.find(kBatchPlace) != std::string::npos) return;
  }
  throw Error(ErrorKind::usage, "--batch needs to know which dimension the batch is", {},
              "give the input's shape with {batch} in it: --shape 'NAME:{batch}x3x224x224'");
}

int whole_number(const std::string& flag, const std::string& text) {
  try {
    std::size_t used = 0;
    const int value = std::stoi(text, &used);
    if (used == text.size() && value > 0) return value;
  } catch (const std::exception&) {
    // said below
  }
  throw Error(ErrorKind::usage, "'" + text + "' is no positive whole number", flag,
              "for example 1,2,4");
}

// What is set on the machine stands first and so changes least often.
std::vector<Axis> axes_of(SweepCommand& command) {
  const auto values = [](const char* flag, const std::string& text) {
    return text.empty() ? std::vector<std::string>() : split_values(flag, text);
  };
  command.machine.nvpmodel = values("--nvpmodel", command.nvpmodel);
  command.machine.power_cap = values("--power-cap", command.power_cap);
  command.machine.gpu_clock = values("--gpu-clock", command.gpu_clock);
  command.machine.device = command.options.sensor_options.device;
  command.machine.sudo = ::geteuid() != 0;
  std::vector<Axis> axes;
  for (MachineSetting& setting : machine_settings(command.machine)) {
    axes.push_back({{setting.name, setting.values}, setting, {}});
  }
  if (command.models.size() > 1) {
    axes.push_back(
        {{"model", command.models}, {}, [](ProfileOptions& options, const std::string& value) {
           options.engine_options.model = value;
         }});
  }
  if (!command.precision.empty()) {
    axes.push_back({{"precision", values("--precision", command.precision)},
                    {},
                    [](ProfileOptions& options, const std::string& value) {
                      options.engine_options.precision = value;
                    }});
  }
  if (!command.threads.empty()) {
    axes.push_back({{"threads", values("--threads", command.threads)},
                    {},
                    [](ProfileOptions& options, const std::string& value) {
                      options.engine_options.threads = whole_number("--threads", value);
                    }});
    for (const std::string& value : axes.back().values.values) whole_number("--threads", value);
  }
  if (!command.batch.empty()) {
    require_batch_place(command);
    axes.push_back({{"batch", values("--batch", command.batch)}, {}, {}});
    for (const std::string& value : axes.back().values.values) whole_number("--batch", value);
  }
  return axes;
}

// What holds now, asked before anything is changed, as commands that bring it back: last set, first
// restored.
std::vector<std::string> restore_commands(const std::vector<Axis>& axes, bool ask) {
  std::vector<std::string> commands;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (!axis->setting) continue;
    const MachineSetting& setting = *axis->setting;
    if (setting.query.empty() || !ask) {
      commands.push_back(setting.query.empty() ? setting.restore
                                               : replaced(setting.restore, "{}", "<as it is now>"));
      continue;
    }
    const ShellResult answer = run_shell(setting.query);
    const std::optional<std::string> now = value_now(answer.code, answer.output);
    if (!now) {
      throw Error(ErrorKind::io, "cannot tell what holds now: " + answer.output, setting.query,
                  "what cannot be restored is not changed; check that the program is there");
    }
    commands.push_back(filled(setting.restore, *now));
  }
  return commands;
}

void show_commands(Program& program, const std::vector<Axis>& axes,
                   const std::vector<std::string>& restore) {
  if (restore.empty()) return;
  program.err << "layerwatt: this sweep changes the machine, with these commands:\n";
  for (const Axis& axis : axes) {
    if (!axis.setting) continue;
    for (const std::string& value : axis.setting->values) {
      program.err << "    " << filled(axis.setting->set, value) << '\n';
    }
  }
  program.err << "and at its end, however it ends, with these:\n";
  for (const std::string& command : restore) program.err << "    " << command << '\n';
}

void confirm(Program& program, const SweepCommand& command) {
  if (command.yes) return;
  if (&program.err != &std::cerr || ::isatty(STDIN_FILENO) == 0) {
    throw Error(ErrorKind::usage, "nobody is there to agree to the commands above", "sweep",
                "--yes agrees to them, --dry-run only shows them");
  }
  program.err << "Go on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error(ErrorKind::interrupted, "nothing was changed");
  }
}

void write_reports(Program& program, const SweepCommand& command, const SweepReport& report) {
  const auto write = [&](const std::string& file, void (*how)(std::ostream&, const SweepReport&)) {
    if (file.empty()) return;
    if (file == "-") return how(program.out, report);
    write_whole_file(file, [&](std::ostream& out) { how(out, report); });
  };
  write(command.json, write_sweep_json);
  write(command.html, write_sweep_html);
  if (command.json == "-" || command.html == "-") return;
  ReportOptions options;
  options.color = use_color(program, STDOUT_FILENO);
  options.width = terminal_width(STDOUT_FILENO);
  write_sweep_table(program.out, report, options);
}

void check_files(const SweepCommand& command) {
  if (command.json == "-" && command.html == "-") {
    throw Error(ErrorKind::usage, "two reports want stdout", {}, "give one of them a file");
  }
  for (const std::string* file : {&command.json, &command.html}) {
    if (!file->empty() && *file != "-") check_writable(*file);
  }
  if (command.folder.empty()) return;
  std::error_code failed;
  std::filesystem::create_directories(command.folder, failed);
  if (failed) {
    throw Error(ErrorKind::io, "cannot be made: " + failed.message(), command.folder,
                "give a folder that you may write to");
  }
}

Error not_restored(const std::vector<std::string>& failed) {
  std::string list;
  for (const std::string& text : failed) list += (list.empty() ? "" : "; ") + text;
  return Error(ErrorKind::io, "the machine is not as it was: these failed: " + list, {},
               "run them by hand, or layerwatt sweep --restore");
}

// Sweeps that were ended together with their guard. A new one would take what they left for what
// holds now, and restore that.
void restore_unfinished(Program& program, const SweepCommand& command, bool changes_machine) {
  const std::vector<UnfinishedSweep> sweeps = unfinished_sweeps(journal_folder(program.host.sys));
  if (sweeps.empty()) {
    if (command.restore) program.err << "layerwatt: no sweep is left to restore from\n";
    return;
  }
  for (const UnfinishedSweep& sweep : sweeps) {
    program.err << "layerwatt: the sweep of " << sweep.started
                << " ended before it put back what it had changed; these commands do:\n";
    for (const std::string& text : sweep.commands) program.err << "    " << text << '\n';
  }
  if (command.dry_run) return;
  if (!command.restore && !changes_machine) {
    print_warning(program, {"not_restored", "the machine may still be as that sweep set it",
                            "layerwatt sweep --restore puts it back"});
    return;
  }
  confirm(program, command);
  std::vector<std::string> failed;
  for (const UnfinishedSweep& sweep : sweeps) {
    const std::size_t before = failed.size();
    for (const std::string& text : sweep.commands) {
      if (run_shell(text).code != 0) failed.push_back(text);
    }
    std::error_code ignored;
    if (failed.size() == before) std::filesystem::remove(sweep.file, ignored);
  }
  if (!failed.empty()) throw not_restored(failed);
}

void require_model(const SweepCommand& command) {
  if (!command.models.empty()) return;
  throw Error(ErrorKind::usage, "MODEL is required", {}, "layerwatt sweep --help tells more");
}

int run_sweep(Program& program, SweepCommand& command) {
  if (command.restore) {
    restore_unfinished(program, command, true);
    return 0;
  }
  require_model(command);
  std::vector<Axis> axes = axes_of(command);
  if (axes.empty()) {
    throw Error(ErrorKind::usage, "nothing to sweep over", {},
                "give several models, or --batch, --precision, --threads, --nvpmodel, --power-cap, "
                "--gpu-clock or --setting");
  }
  command.options.attribution.method = method_of_flag(command.method);
  command.options.engine_options.device = command.options.sensor_options.device;
  if (!command.options.max_time_s && !command.options.iterations) {
    command.options.max_time_s = kMaxTimeS;
  }
  const bool changes_machine =
      std::any_of(axes.begin(), axes.end(), [](const Axis& axis) { return axis.setting; });
  restore_unfinished(program, command, changes_machine);
  const std::vector<std::string> restore = restore_commands(axes, !command.dry_run);
  show_commands(program, axes, restore);
  if (command.dry_run) return 0;
  check_files(command);
  if (!restore.empty()) confirm(program, command);

  // The guard is a fork: it has to be there before the engine's threads are.
  std::optional<RestoreGuard> guard;
  if (!restore.empty()) {
    guard.emplace(restore, write_journal(journal_folder(program.host.sys), restore));
  }
  Sweep sweep(program, command, std::move(axes));
  sweep.run();
  std::vector<std::string> failed;
  if (guard) failed = guard->restore();
  write_reports(program, command, sweep.report());
  if (!failed.empty()) throw not_restored(failed);
  return sweep.interrupted() ? exit_code(ErrorKind::interrupted) : 0;
}

}  // namespace

void add_sweep(CLI::App& app, Program& program) {
  const Help help("sweep");
  CLI::App& sub = *app.add_subcommand("sweep", help.description());
  const auto command = std::make_shared<SweepCommand>();
  ProfileOptions& options = command->options;
  sub.add_option("MODEL", command->models, help.option("MODEL"));
  const auto text = [&](const char* name, std::string& value, const char* type) {
    sub.add_option(name, value, help.option(name))->type_name(type);
  };
  text("--batch", command->batch, "N,…");
  text("--precision", command->precision, "P,…");
  text("--threads", command->threads, "N,…");
  text("--nvpmodel", command->nvpmodel, "MODE,…");
  text("--power-cap", command->power_cap, "W,…");
  text("--gpu-clock", command->gpu_clock, "MHZ,…");
  sub.add_option("--setting", command->machine.custom, help.option("--setting"))
      ->type_size(4)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME VALUES SET RESTORE");
  sub.add_option("--settle", command->settle_s, help.option("--settle"))
      ->check(CLI::Range(0.0, 86'400.0))
      ->type_name("S");
  sub.add_flag("-y,--yes", command->yes, help.option("--yes"));
  sub.add_flag("--dry-run", command->dry_run, help.option("--dry-run"));
  sub.add_flag("--restore", command->restore, help.option("--restore"));
  sub.add_option("--engine", options.engine, help.option("--engine"))->type_name("NAME");
  sub.add_option("--shape", command->shapes, help.option("--shape"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:{batch}x3x224x224");
  add_sensor_flags(sub, help, options.sensor, options.sensor_options);
  sub.add_option("--iterations", options.iterations, help.option("--iterations"))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
      ->type_name("N");
  sub.add_option("--target-ci", options.target_ci_pct, help.option("--target-ci"))
      ->check(positive())
      ->type_name("PCT");
  sub.add_option("--max-time", options.max_time_s, help.option("--max-time"))
      ->check(positive())
      ->type_name("S");
  sub.add_option("--warmup", options.warmup, help.option("--warmup"))->type_name("N");
  sub.add_option("--method", command->method, help.option("--method"))
      ->check(CLI::IsMember({"auto", "overlap", "deconvolve"}))
      ->type_name("NAME");
  sub.add_option("-o,--output", command->folder, help.option("--output"))->type_name("DIR");
  text("--json", command->json, "F");
  text("--html", command->html, "F");
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_sweep(program, *command); };
  });
}

}  // namespace layerwatt::cli
