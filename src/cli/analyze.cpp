#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "cli/archive_flags.hpp"
#include "cli/budgets.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/layer_info_flag.hpp"
#include "cli/output_files.hpp"
#include "cli/sensor_flags.hpp"
#include "cli/trtexec_files.hpp"
#include "cli/validators.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt::cli {
namespace {

struct AnalyzeCommand {
  std::string recording;
  std::string iterations;
  std::string power;
  std::string trtexec_profile;
  std::string trtexec_times;
  std::optional<double> trtexec_start_s;
  std::string layer_info;
  std::string method = "auto";
  OutputFiles outputs;
  ArchiveFlags archive;
  Budgets budgets;
};

void require(const std::string& path, const char* hint) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    throw Error(ErrorKind::bad_input, "no such file or folder", path, hint);
  }
}

Recording load(const AnalyzeCommand& command) {
  if (!command.trtexec_profile.empty() || !command.trtexec_times.empty()) {
    if (!command.recording.empty() || !command.iterations.empty()) {
      throw Error(ErrorKind::usage, "trtexec's files exclude RECORDING and --iterations", {},
                  "they take their place");
    }
    return load_trtexec(
        {command.trtexec_profile, command.trtexec_times, command.power, command.trtexec_start_s});
  }
  const bool loose = !command.iterations.empty() || !command.power.empty();
  if (loose && !command.recording.empty()) {
    throw Error(ErrorKind::usage, "RECORDING and --iterations/--power exclude each other", {},
                "a recording is a folder that holds both files already");
  }
  if (!loose) {
    if (command.recording.empty()) {
      throw Error(ErrorKind::usage, "nothing to analyze", {},
                  "give a recording's folder, or --iterations F --power F");
    }
    require(command.recording, "`layerwatt profile --save DIR` and `layerwatt record` make one");
    return load_recording(command.recording);
  }
  if (command.iterations.empty() || command.power.empty()) {
    throw Error(ErrorKind::usage, "--iterations and --power belong together", {},
                "give both files: the times of the layers, and the power beside them");
  }
  require(command.iterations, "--iterations takes a CSV with the header start_ns,end_ns,LAYER,…");
  require(command.power,
          "--power takes a CSV with the header time_ns,RAIL,… or the lines of tegrastats");
  return load_loose_files(command.iterations, command.power);
}

int run_analyze(const Program& program, const AnalyzeCommand& command) {
  command.outputs.check();
  command.archive.check(program);
  command.budgets.check();
  const Recording recording = load(command);
  AttributionOptions options;
  options.method = method_of_flag(command.method);
  Result result = attribute(recording, options);
  if (!command.layer_info.empty()) join_layer_info_file(command.layer_info, result);
  command.outputs.write(program, result, recording);
  command.archive.put(program, result, recording, false);
  command.budgets.judge(result);
  return 0;
}

}  // namespace

void add_analyze(CLI::App& app, Program& program) {
  const Help help("analyze");
  CLI::App& sub = *app.add_subcommand("analyze", help.description());
  const auto command = std::make_shared<AnalyzeCommand>();
  sub.add_option("RECORDING", command->recording, help.option("RECORDING"));
  sub.add_option("--iterations", command->iterations, help.option("--iterations"))->type_name("F");
  sub.add_option("--power", command->power, help.option("--power"))->type_name("F");
  sub.add_option("--trtexec-profile", command->trtexec_profile, help.option("--trtexec-profile"))
      ->type_name("F");
  sub.add_option("--trtexec-times", command->trtexec_times, help.option("--trtexec-times"))
      ->type_name("F");
  sub.add_option("--trtexec-start", command->trtexec_start_s, help.option("--trtexec-start"))
      ->check(positive())
      ->type_name("S");
  sub.add_option("--layer-info", command->layer_info, help.option("--layer-info"))->type_name("F");
  sub.add_option("--method", command->method, help.option("--method"))
      ->check(CLI::IsMember({"auto", "overlap", "deconvolve"}))
      ->type_name("NAME");
  command->outputs.add_to(sub);
  command->archive.add_to(sub);
  command->budgets.add_to(sub);
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_analyze(program, *command); };
  });
}

}  // namespace layerwatt::cli
