// The help texts, compiled in from docs/cli/*.md, so that manual and --help cannot drift.
//
// A page: its first paragraph describes the command; a list item
//   - `--interval MS`: text, which may go on
//     in indented lines
// describes an option or a positional argument. Text after "\n## " is for the manual alone.
#pragma once

#include <string>
#include <string_view>

namespace layerwatt::cli {

class Help {
 public:
  // The page of a command ("profile"). Throws std::logic_error when docs/cli has none: a mistake in
  // the build, not in the user's input.
  explicit Help(std::string_view command);

  std::string description() const;
  // "--interval" or "MODEL" → its text. Throws std::logic_error when the page does not have it.
  std::string option(std::string_view name) const;

 private:
  std::string_view page_;
  std::string_view command_;
};

}  // namespace layerwatt::cli
