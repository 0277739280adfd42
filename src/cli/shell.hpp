// A command for /bin/sh, as a user would type it.
#pragma once

#include <string>

#include "core/shell_quoted.hpp"

namespace layerwatt::cli {

struct ShellResult {
  int code = 0;        // of the command; 127 where there is no such program
  std::string output;  // stdout and stderr together, the last newline cut
};

// stdin is /dev/null: a command that asks a question gets no answer. Throws Error(io).
ShellResult run_shell(const std::string& command);

using layerwatt::shell_quoted;

}  // namespace layerwatt::cli
