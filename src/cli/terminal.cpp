#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "report/display.hpp"

namespace layerwatt::cli {

std::size_t terminal_width(int file_descriptor) {
  constexpr std::size_t kDefault = 100;
  constexpr std::size_t kLeast = 20;
  struct winsize size {};
  if (::ioctl(file_descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefault;
  return std::max<std::size_t>(kLeast, size.ws_col);
}

std::size_t terminal_height(int file_descriptor) {
  constexpr std::size_t kDefault = 24;
  constexpr std::size_t kLeast = 2;
  struct winsize size {};
  if (::ioctl(file_descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return kDefault;
  return std::max<std::size_t>(kLeast, size.ws_row);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += harmless(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void print_note(const Program& program, const std::string& note) {
  if (program.globals.quiet) return;
  program.err << "layerwatt: note: " << printable(note) << '\n';
}

void print_warning(const Program& program, const Warning& warning) {
  const bool color = use_color(program, STDERR_FILENO);
  program.err << (color ? "\033[1;33m" : "") << "layerwatt: warning: " << (color ? "\033[0m" : "")
              << printable(warning.message) << '\n';
  if (!warning.hint.empty()) program.err << "  hint: " << printable(warning.hint) << '\n';
}

}  // namespace layerwatt::cli
