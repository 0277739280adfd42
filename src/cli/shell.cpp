#include "cli/shell.hpp"

#include <chrono>
#include <string_view>

#include "core/subprocess.hpp"

namespace layerwatt::cli {

ShellResult run_shell(const std::string& command) {
  SubprocessOptions options;
  options.command = {"/bin/sh", "-c", command};
  Subprocess child(options);
  ShellResult result;
  for (;;) {
    std::string_view line;
    const Subprocess::Read read = child.read_line(line, std::chrono::milliseconds(-1));
    if (read == Subprocess::Read::line || read == Subprocess::Read::cut_line) {
      if (!result.output.empty()) result.output += '\n';
      result.output += line;
      continue;
    }
    break;
  }
  result.code = child.wait().code;
  return result;
}

}  // namespace layerwatt::cli
