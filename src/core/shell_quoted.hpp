// Text as one word for a POSIX shell.
#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

// Between single quotes nothing means anything to the shell but the quote itself, which is written
// as '\''. NUL cannot be in a word at all and is left to the caller.
inline std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace layerwatt
