#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <ostream>

#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/terminal.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/version.hpp"

namespace layerwatt::cli {
namespace {

void print_error(const Program& program, const Error& error) {
  const bool color = use_color(program, STDERR_FILENO);
  const char* red = color ? "\033[1;31m" : "";
  const char* off = color ? "\033[0m" : "";
  program.err << red << "layerwatt: error: " << off;
  if (!error.where().empty()) program.err << printable(error.where()) << ": ";
  program.err << printable(error.problem()) << '\n';
  if (!error.hint().empty()) program.err << "  hint: " << printable(error.hint()) << '\n';
}

void add_globals(CLI::App& app, Program& program) {
  const Help help("layerwatt");
  GlobalOptions& globals = program.globals;
  static const std::map<std::string, ColorMode> modes{
      {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
  app.add_option("--color", globals.color, help.option("--color"))
      ->transform(CLI::CheckedTransformer(modes))
      ->type_name("WHEN")
      ->option_text("WHEN");
  app.add_flag("-q,--quiet", globals.quiet, help.option("--quiet"));
  app.add_flag("-v,--verbose", globals.verbosity, help.option("--verbose"));
  app.set_version_flag("--version", "layerwatt " LAYERWATT_VERSION, help.option("--version"));
}

}  // namespace

bool use_color(const Program& program, int file_descriptor) {
  if (program.globals.color != ColorMode::automatic) {
    return program.globals.color == ColorMode::always;
  }
  if (auto no_color = program.host.sys.env("NO_COLOR"); no_color && !no_color->empty()) {
    return false;
  }
  if (program.host.sys.env("TERM").value_or("") == "dumb") return false;
  return ::isatty(file_descriptor) == 1;
}

int run_program(int argc, const char* const* argv, Program& program) {
  const int usage = exit_code(ErrorKind::usage);
  CLI::App app(Help("layerwatt").description(), "layerwatt");
  try {
    add_globals(app, program);
    app.require_subcommand(1);
    app.fallthrough();  // `layerwatt profile M --quiet` as well as `layerwatt --quiet profile M`
    for (const AddCommand add : kCommands) {
      if (add != nullptr) add(app, program);
    }
    app.parse(argc, argv);
    return program.run ? program.run() : usage;
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked, program.out, program.err);
  } catch (const CLI::ParseError& error) {
    // CLI11 has a number of its own for every kind of mistake; the contract has one.
    app.exit(error, program.out, program.err);
    return usage;
  } catch (const Error& error) {
    print_error(program, error);
    return exit_code(error.kind());
  }
}

}  // namespace layerwatt::cli
