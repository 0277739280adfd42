#include "layerwatt/profile.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/archive_flags.hpp"
#include "cli/budgets.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/layer_info_flag.hpp"
#include "cli/named_values.hpp"
#include "cli/output_files.hpp"
#include "cli/progress.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "cli/validators.hpp"
#include "layerwatt/error.hpp"
#include "profile/temporary_directory.hpp"

namespace layerwatt::cli {
namespace {

struct ProfileCommand {
  ProfileOptions options;
  std::string method = "auto";
  std::string empty_cache = "never";
  std::vector<std::string> shapes;
  std::vector<std::string> inputs;
  std::string layer_info;
  OutputFiles outputs;
  ArchiveFlags archive;
  Budgets budgets;
};

void add_engine_flags(CLI::App& app, const Help& help, ProfileCommand& command) {
  EngineOptions& engine = command.options.engine_options;
  app.add_option("MODEL", engine.model, help.option("MODEL"))->required();
  app.add_option("--engine", command.options.engine, help.option("--engine"))->type_name("NAME");
  app.add_option("--dla-core", engine.dla_core, help.option("--dla-core"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  // Not by its value: CLI11 sets a flag that was not given to false.
  app.add_flag_function(
      "--cuda-graph,!--no-cuda-graph",
      [&engine](std::int64_t given) { engine.cuda_graph = given > 0; },
      help.option("--cuda-graph"));
  // A flag with a value behind =: an option would take the next word, MODEL perhaps.
  app.add_flag("--empty-cache{always}", command.empty_cache, help.option("--empty-cache"))
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("--half-passes", engine.half_passes, help.option("--half-passes"));
  app.add_option("--profile-index", engine.profile_index, help.option("--profile-index"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  // One value each time: CLI11 would else take the next words, MODEL among them.
  app.add_option("--shape", command.shapes, help.option("--shape"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:1x3x224x224");
  app.add_option("--input", command.inputs, help.option("--input"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:FILE.npy");
  app.add_option("--precision", engine.precision, help.option("--precision"))
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->type_name("P");
  app.add_option("--plugin", engine.plugins, help.option("--plugin"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  app.add_option("--layer-info", command.layer_info, help.option("--layer-info"))->type_name("F");
  app.add_option("--threads", engine.threads, help.option("--threads"))
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->type_name("N");
}

void add_run_flags(CLI::App& app, const Help& help, ProfileCommand& command) {
  ProfileOptions& options = command.options;
  app.add_option("--iterations", options.iterations, help.option("--iterations"))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
      ->type_name("N");
  app.add_option("--target-ci", options.target_ci_pct, help.option("--target-ci"))
      ->check(positive())
      ->type_name("PCT");
  app.add_option("--max-time", options.max_time_s, help.option("--max-time"))
      ->check(positive())
      ->type_name("S");
  app.add_option("--warmup", options.warmup, help.option("--warmup"))
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000'000}))
      ->type_name("N");
  app.add_option("--steady", options.steady_s, help.option("--steady"))
      ->check(positive())
      ->type_name("S");
  app.add_flag("--idle-baseline", options.idle_baseline, help.option("--idle-baseline"));
  app.add_option("--method", command.method, help.option("--method"))
      ->check(CLI::IsMember({"auto", "overlap", "deconvolve", "excite"}))
      ->type_name("NAME");
  app.add_option("--save", options.save, help.option("--save"))->type_name("DIR");
}

// The recording is always on disk while it is measured. When anything fails afterwards it stays.
class KeptRecording {
 public:
  KeptRecording(const Program& program, ProfileOptions& options) : program_(program) {
    if (options.save.empty()) {
      temporary_.emplace("layerwatt");
      options.save = temporary_->path() / "recording";
    }
    directory_ = options.save;
  }

  void keep_and_tell() {
    if (!any_inference()) return;
    if (temporary_) temporary_->keep();
    program_.err << "layerwatt: the measurement is kept in " << directory_.string()
                 << "\n  hint: layerwatt analyze " << directory_.string() << '\n';
  }

 private:
  bool any_inference() const {
    std::ifstream file(directory_ / "iterations.csv");
    std::string header;
    std::string row;
    return std::getline(file, header) && std::getline(file, row);
  }

  const Program& program_;
  std::optional<TemporaryDirectory> temporary_;
  std::filesystem::path directory_;
};

EmptyCache empty_cache_of(const std::string& word) {
  return word == "always"  ? EmptyCache::always
         : word == "never" ? EmptyCache::never
                           : EmptyCache::automatic;
}

int run_profile(Program& program, ProfileCommand& command) {
  ProfileOptions& options = command.options;
  options.engine_options.empty_cache = empty_cache_of(command.empty_cache);
  for (const std::string& text : command.shapes) {
    options.engine_options.shapes.push_back(parse_shape(text));
  }
  for (const std::string& text : command.inputs) {
    options.engine_options.inputs.push_back(parse_input(text));
  }
  options.attribution.method = method_of_flag(command.method);
  options.engine_options.device = options.sensor_options.device;
  command.outputs.check();
  command.archive.check(program);
  command.budgets.check();

  StopSignals signals;
  ProgressBar bar(program, options.target_ci_pct);
  options.stop = &signals.flag();
  options.on_progress = [&](const Progress& progress) { bar.show(progress); };
  options.on_note = [&](const std::string& note) { print_note(program, note); };
  KeptRecording kept(program, options);
  Result finished;
  try {
    Profile measured = profile(program.host, options);
    bar.clear();
    if (!command.layer_info.empty()) join_layer_info_file(command.layer_info, measured.result);
    command.outputs.write(program, measured.result, measured.recording);
    if (measured.failure) throw *measured.failure;
    if (measured.interrupted) {
      program.err << fmt::format("layerwatt: interrupted; this is what {} inferences say\n",
                                 measured.recording.iterations.size());
      kept.keep_and_tell();
      return exit_code(ErrorKind::interrupted);
    }
    command.archive.put(program, measured.result, measured.recording, true);
    finished = measured.result;
  } catch (...) {
    bar.clear();
    kept.keep_and_tell();
    throw;
  }
  // A measurement that is over budget is a good one: nothing to keep for another try.
  command.budgets.judge(finished);
  return 0;
}

}  // namespace

void add_profile(CLI::App& app, Program& program) {
  const Help help("profile");
  CLI::App& sub = *app.add_subcommand("profile", help.description());
  const auto command = std::make_shared<ProfileCommand>();
  add_engine_flags(sub, help, *command);
  add_sensor_flags(sub, help, command->options.sensor, command->options.sensor_options);
  add_response_flags(sub, help, command->options.sensor_options);
  add_run_flags(sub, help, *command);
  command->outputs.add_to(sub);
  command->archive.add_to(sub);
  command->budgets.add_to(sub);
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_profile(program, *command); };
  });
}

}  // namespace layerwatt::cli
