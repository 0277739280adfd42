#include "cli/sweep_run.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <utility>

#include "cli/named_values.hpp"
#include "cli/output_files.hpp"
#include "cli/progress.hpp"
#include "cli/shell.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "report/words.hpp"

namespace layerwatt::cli {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

Sweep::Sweep(Program& program, SweepCommand& command, std::vector<Axis> axes)
    : program_(program), command_(command), axes_(std::move(axes)) {
  for (const Axis& axis : axes_) plain_axes_.push_back(axis.values);
  report_.model = command.models.size() == 1 ? command.models.front()
                                             : fmt::format("{} models", command.models.size());
}

void Sweep::run() {
  StopSignals signals;
  const std::vector<SweepStep> steps = sweep_steps(plain_axes_);
  for (std::size_t i = 0; i < steps.size() && !interrupted_; ++i) {
    step(i + 1, steps.size(), steps[i], signals.flag());
    interrupted_ = interrupted_ || signals.flag().load();
  }
}

void Sweep::step(std::size_t number, std::size_t of, const SweepStep& values,
                 const std::atomic<bool>& stop) {
  SweepPoint point;
  for (std::size_t i = 0; i < values.size(); ++i) {
    point.settings.emplace_back(plain_axes_[i].name, values[i]);
  }
  if (!program_.globals.quiet) {
    program_.err << fmt::format("layerwatt: step {} of {}: {}\n", number, of,
                                settings_words(point));
  }
  try {
    measure(point, number, values, stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) {
      interrupted_ = true;
      return;
    }
    // One combination that the engine refuses is no reason to lose the others.
    point.failure = error.what();
    for (Known<Estimate>* figure : {&point.latency_ms, &point.energy_mj, &point.power_mw}) {
      *figure = Missing{"failed"};
    }
    print_warning(program_,
                  {"step_failed", settings_words(point) + ": " + error.problem(), error.hint()});
  }
  report_.points.push_back(std::move(point));
}

void Sweep::measure(SweepPoint& point, std::size_t number, const SweepStep& values,
                    const std::atomic<bool>& stop) {
  set_machine(values);
  ProfileOptions options = command_.options;
  options.engine_options.model = command_.models.front();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (axes_[i].apply) axes_[i].apply(options, values[i]);
    if (plain_axes_[i].name == "batch") point.batch = std::stod(values[i]);
  }
  for (const std::string& shape : command_.shapes) {
    options.engine_options.shapes.push_back(
        parse_shape(replaced(shape, kBatchPlace, std::to_string(static_cast<int>(point.batch)))));
  }
  options.stop = &stop;
  const Profile measured = profiled(options);
  interrupted_ = interrupted_ || measured.interrupted;
  take_figures(point, measured.result);
  if (!command_.folder.empty()) {
    point.file = (std::filesystem::path(command_.folder) /
                  (step_name(number, plain_axes_, values) + ".json"))
                     .string();
    write_whole_file(point.file, [&](std::ostream& out) {
      find_report("json").write(out, measured.result, measured.recording, {});
    });
  }
}

Profile Sweep::profiled(ProfileOptions& options) {
  ProgressBar bar(program_, options.target_ci_pct);
  options.on_progress = [&](const Progress& progress) { bar.show(progress); };
  Profile measured = profile(program_.host, options);
  bar.clear();
  if (measured.failure) throw *measured.failure;
  return measured;
}

void Sweep::set_machine(const SweepStep& values) {
  bool changed = false;
  current_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!axes_[i].setting || current_[i] == values[i]) continue;
    const std::string command = filled(axes_[i].setting->set, values[i]);
    const ShellResult done = run_shell(command);
    if (done.code != 0) {
      current_[i].reset();
      throw Error(ErrorKind::io, "the setting could not be made: " + done.output, command,
                  "run the command by hand to see what it wants");
    }
    current_[i] = values[i];
    changed = true;
  }
  if (!changed) return;
  Clock& clock = *program_.host.clock;
  clock.sleep_until_ns(clock.now_ns() + static_cast<std::int64_t>(command_.settle_s * 1e9));
}

void Sweep::take_figures(SweepPoint& point, const Result& result) {
  report_.power_source = power_source_words(result.sensor);
  report_.measured = report_.measured && result.sensor.measured;
  if (result.total.time_ms) {
    point.latency_ms = Estimate{result.total.time_ms->mean, result.total.time_ms->ci95};
  } else {
    point.latency_ms = Missing{result.total.time_ms.reason()};
  }
  point.power_mw = result.total.power_mw;
  point.energy_mj = result.total.energy_mj;
  if (!point.energy_mj) return;
  Estimate& item = point.energy_mj.value();
  item.mean /= point.batch;
  if (item.ci95) item.ci95 = Interval{item.ci95->lo / point.batch, item.ci95->hi / point.batch};
}

}  // namespace layerwatt::cli
