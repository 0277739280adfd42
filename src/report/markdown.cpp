#include "report/markdown.hpp"

#include <fmt/format.h>

#include "report/display.hpp"

namespace layerwatt {
namespace {

// What links and mentions are looked for in is the text that a page shows, where an entity is the
// character again. A space of no width behind them is no part of either.
constexpr std::string_view kMentions = "@#";
constexpr std::string_view kNoWidth = "&#8203;";

bool is_punctuation(char c) {
  return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') ||
         (c > 'z' && c < 127);
}

// Most names have these, and they are markup nowhere inside a line; but "www.", and "https:" before
// "//", begin a link.
bool may_stay(const std::string& text, std::size_t at) {
  switch (text[at]) {
    case '/':
    case ',':
    case '%':
    case ';':
    case '\'':
      return true;
    case '.':
      return at == 0 || (text[at - 1] != 'w' && text[at - 1] != 'W');
    case ':':
      return at + 1 == text.size() || text[at + 1] == ' ';
    default:
      return false;
  }
}

}  // namespace

std::string markdown_text(std::string_view text) {
  const std::string shown = harmless(text);
  std::string escaped;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const char c = shown[at];
    if (!is_punctuation(c) || may_stay(shown, at)) {
      escaped += c;
      continue;
    }
    // An entity: @names and #numbers are read behind a backslash too.
    escaped += fmt::format("&#{};", static_cast<int>(c));
    if (kMentions.find(c) != std::string_view::npos) escaped += kNoWidth;
  }
  return escaped;
}

}  // namespace layerwatt
