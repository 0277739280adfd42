// What every command of the program gets, and how it hooks itself in: one file a command.
#pragma once

#include <functional>
#include <iosfwd>

#include "layerwatt/host.hpp"

namespace CLI {
class App;
}

namespace layerwatt::cli {

enum class ColorMode { automatic, always, never };

// The options that stand before or after any command.
struct GlobalOptions {
  ColorMode color = ColorMode::automatic;
  bool quiet = false;
  int verbosity = 0;
};

struct Program {
  Host host;
  GlobalOptions globals;
  // Results go to out, everything else to err.
  std::ostream& out;
  std::ostream& err;
  // Set by the command that was named; returns the exit code, throws layerwatt::Error.
  std::function<int()> run;
};

// Parses and runs; never exits. What main() calls, and what tests call.
int run_program(int argc, const char* const* argv, Program& program);

// Whether a file descriptor should get colour: the mode, NO_COLOR, TERM and isatty.
bool use_color(const Program& program, int file_descriptor);

}  // namespace layerwatt::cli
