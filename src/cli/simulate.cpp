// `layerwatt simulate`: a recording with known truth, or a tegrastats without a Jetson.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/live_tegrastats.hpp"
#include "cli/stop_signals.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "record/recorder.hpp"
#include "sim/device.hpp"

namespace layerwatt::cli {
namespace {

constexpr double kTegrastatsIntervalMs = 1000.0;

struct SimulateCommand {
  std::filesystem::path spec;
  std::filesystem::path output;
  std::size_t iterations = 1000;
  std::size_t warmup = 10;
  std::optional<std::uint64_t> seed;
  std::optional<double> interval_ms;
  bool real_time = false;
  bool tegrastats = false;
  bool readall = false;
  std::filesystem::path logfile;
};

void refuse_used_directory(const std::filesystem::path& directory) {
  std::error_code failed;
  if (!std::filesystem::exists(directory / "manifest.json", failed)) return;
  throw Error(ErrorKind::usage, "already holds a recording", directory.string(),
              "give another folder, or remove this one first");
}

int write_recording(Program& program, const SimulateCommand& command) {
  refuse_used_directory(command.output);
  Host host = program.host;
  sim::LoadOptions load;
  load.seed = command.seed;
  if (command.real_time) load.time = sim::TimeMode::real_time;
  sim::attach_device(host, command.spec, load);

  SensorOptions sensor_options;
  if (command.interval_ms) sensor_options.interval_ms = *command.interval_ms;
  EngineOptions engine_options;
  engine_options.model = command.spec;
  const auto engine = find_engine("sim").create(host, engine_options);
  const auto sensor = find_sensor("simulated").create(host, sensor_options);

  const StopSignals signals;
  RunOptions run;
  run.iterations = command.iterations;
  run.warmup = command.warmup;
  run.interval_ms = sensor_options.interval_ms;
  run.stop = &signals.flag();
  const RunOutcome outcome = record_run(*host.clock, *engine, sensor.get(), command.output, run);
  const std::filesystem::path truth = command.output / "truth.json";
  sim::write_truth(truth, host.simulated->spec(), host.simulated->truth());
  if (outcome.failure) throw *outcome.failure;
  if (!program.globals.quiet) {
    program.err << fmt::format("layerwatt: {} inferences of {} recorded in {}, the truth in {}\n",
                               outcome.iterations, host.simulated->spec().name,
                               command.output.string(), truth.string());
  }
  return outcome.interrupted ? exit_code(ErrorKind::interrupted) : 0;
}

int act_as_tegrastats(Program& program, const SimulateCommand& command) {
  sim::Spec spec = sim::load_spec(command.spec);
  if (command.seed) spec.seed = *command.seed;
  const double interval_ms = command.interval_ms.value_or(kTegrastatsIntervalMs);
  if (command.logfile.empty()) {
    print_live_tegrastats(std::move(spec), program.host.clock, interval_ms, program.out);
    return 0;
  }
  std::ofstream log(link_target(command.logfile), std::ios::binary | std::ios::app);
  if (!log) {
    throw Error(ErrorKind::io, "cannot be written", command.logfile.string(),
                "check that its folder exists and is writable");
  }
  print_live_tegrastats(std::move(spec), program.host.clock, interval_ms, log);
  throw Error(ErrorKind::io, "could not be written on", command.logfile.string(),
              "check that the disk has room");
}

int simulate(Program& program, const CLI::App& root, const SimulateCommand& command) {
  if (command.tegrastats) {
    for (const std::string& unknown : root.remaining(true)) {
      // The real one prints this where its lines would stand.
      program.out << "Unknown command: " << unknown << '\n';
      return exit_code(ErrorKind::usage);
    }
    return act_as_tegrastats(program, command);
  }
  if (command.output.empty()) {
    throw Error(ErrorKind::usage, "nothing to do", "simulate",
                "give -o DIR for a recording, or --tegrastats");
  }
  return write_recording(program, command);
}

}  // namespace

void add_simulate(CLI::App& app, Program& program) {
  const Help help("simulate");
  const auto command = std::make_shared<SimulateCommand>();
  CLI::App* sub = app.add_subcommand("simulate", help.description());
  sub->add_option("SPEC", command->spec, help.option("SPEC"))->required();
  auto* output = sub->add_option("-o,--output", command->output, help.option("--output"));
  output->type_name("DIR");
  auto* iterations =
      sub->add_option("--iterations", command->iterations, help.option("--iterations"));
  iterations->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))->type_name("N");
  auto* warmup = sub->add_option("--warmup", command->warmup, help.option("--warmup"));
  warmup->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}))->type_name("N");
  sub->add_option("--seed", command->seed, help.option("--seed"))->type_name("N");
  auto* real_time = sub->add_flag("--real-time", command->real_time, help.option("--real-time"));
  sub->add_option("--interval", command->interval_ms, help.option("--interval"))
      ->check(CLI::Range(0.01, 600'000.0))
      ->type_name("MS");
  auto* tegrastats =
      sub->add_flag("--tegrastats", command->tegrastats, help.option("--tegrastats"));
  tegrastats->excludes(output)->excludes(iterations)->excludes(warmup)->excludes(real_time);
  sub->add_option("--logfile", command->logfile, help.option("--logfile"))
      ->needs(tegrastats)
      ->type_name("FILE");
  sub->add_flag("--readall", command->readall, help.option("--readall"))->needs(tegrastats);
  // What this command does not know, CLI11 hands to the program, which refuses it; but here the
  // refusal must be tegrastats' own.
  sub->parse_complete_callback([&app, command] {
    if (command->tegrastats) app.allow_extras();
  });
  sub->callback([&app, &program, command] {
    program.run = [&app, &program, command] { return simulate(program, app, *command); };
  });
}

}  // namespace layerwatt::cli
