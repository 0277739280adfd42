// `layerwatt build`: ONNX to a TensorRT engine whose layers can be told apart.
#include "layerwatt/build.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/named_values.hpp"
#include "cli/output_files.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

struct BuildCommand {
  BuildOptions options;
  std::vector<std::string> shapes;
};

int run_build(const Program& program, BuildCommand& command) {
  BuildOptions& options = command.options;
  std::error_code failed;
  if (!std::filesystem::is_regular_file(options.model, failed)) {
    throw Error(ErrorKind::bad_input, "no such file", options.model.string());
  }
  for (const std::string& text : command.shapes) {
    options.shapes.push_back(parse_shape_range(text));
  }
  check_writable(options.output);
  const BuildReport report = build_engine(program.host, options);
  if (!program.globals.quiet) {
    for (const std::string& line : report.said) {
      program.err << "layerwatt: TensorRT: " << line << '\n';
    }
  }
  program.out << fmt::format("{}: {:.1f} MiB, built by TensorRT {} in {:.1f} s\n",
                             options.output.string(), static_cast<double>(report.bytes) / 1048576.0,
                             report.version, report.seconds);
  return 0;
}

}  // namespace

void add_build(CLI::App& app, Program& program) {
  const Help help("build");
  CLI::App& sub = *app.add_subcommand("build", help.description());
  const auto command = std::make_shared<BuildCommand>();
  BuildOptions& options = command->options;
  sub.add_option("MODEL", options.model, help.option("MODEL"))->required();
  sub.add_option("-o,--output", options.output, help.option("--output"))
      ->required()
      ->type_name("FILE");
  sub.add_flag("--fp16", options.fp16, help.option("--fp16"));
  sub.add_flag("--int8", options.int8, help.option("--int8"));
  sub.add_option("--calibration-cache", options.calibration_cache,
                 help.option("--calibration-cache"))
      ->type_name("F");
  sub.add_option("--dla", options.dla_core, help.option("--dla"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  sub.add_option("--device", options.device, help.option("--device"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  sub.add_option("--shape", command->shapes, help.option("--shape"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("NAME:LEAST,BEST,LARGEST");
  sub.add_option("--timing-cache", options.timing_cache, help.option("--timing-cache"))
      ->type_name("F");
  sub.add_option("--workspace", options.workspace_mib, help.option("--workspace"))
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20))
      ->type_name("MIB");
  sub.add_option("--aux-streams", options.aux_streams, help.option("--aux-streams"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  sub.add_option("--plugin", options.plugins, help.option("--plugin"))
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  sub.callback([&program, command] {
    program.run = [&program, command] { return run_build(program, *command); };
  });
}

}  // namespace layerwatt::cli
