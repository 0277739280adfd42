#include "cli/help.hpp"

#include <stdexcept>

#include "cli/help_pages.hpp"

namespace layerwatt::cli {
namespace {

std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// "- `--interval MS`: text" → whether one of the words between the backticks is `name`.
bool item_names(std::string_view line, std::string_view name, std::string_view& text) {
  if (line.substr(0, 3) != "- `") return false;
  const auto close = line.find("`:", 3);
  if (close == std::string_view::npos) return false;
  std::string_view words = line.substr(3, close - 3);
  text = line.substr(close + 2);
  while (!words.empty()) {
    const auto end = words.find_first_of(" ,=");
    if (words.substr(0, end) == name) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

}  // namespace

Help::Help(std::string_view command) : command_(command) {
  for (const HelpPage& page : kHelpPages) {
    if (page.command == command) {
      page_ = page.text;
      return;
    }
  }
  throw std::logic_error("docs/cli/" + std::string(command) + ".md is missing");
}

std::string Help::description() const {
  std::string paragraph;
  std::string_view rest = page_;
  while (!rest.empty()) {
    const std::string_view line = trim(next_line(rest));
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      if (paragraph.empty()) continue;
      break;
    }
    if (!paragraph.empty()) paragraph += ' ';
    paragraph += line;
  }
  return paragraph;
}

std::string Help::option(std::string_view name) const {
  std::string_view rest = page_;
  while (!rest.empty()) {
    std::string_view text;
    if (!item_names(next_line(rest), name, text)) continue;
    std::string found(trim(text));
    while (rest.starts_with("  ")) {
      found += ' ';
      found += trim(next_line(rest));
    }
    return found;
  }
  throw std::logic_error("docs/cli/" + std::string(command_) + ".md does not describe " +
                         std::string(name));
}

}  // namespace layerwatt::cli
