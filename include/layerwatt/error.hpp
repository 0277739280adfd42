// The one exception that layerwatt throws, and the table from its kind to the program's exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace layerwatt {

enum class ErrorKind {
  usage,        // the command line or an option's value is wrong
  bad_input,    // a file that the user gave cannot be used as it is
  engine,       // the engine could not be loaded or run
  sensor,       // the power source could not be opened or died
  io,           // reading or writing failed (disk full, no permission)
  gate,         // the measurement is fine, but a limit the user set was not met
  interrupted,  // stopped by a signal
};

// `what` says what happened, `where` names the file, line or device, `hint` what the user can do.
// `where` and `hint` may be empty. The message of std::exception is "where: what (hint)". Of a
// `what` longer than 1500 bytes (names and texts from a file can be of any length) the middle is
// left out.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string what, std::string where = {}, std::string hint = {});

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& problem() const noexcept { return problem_; }
  const std::string& where() const noexcept { return where_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  ErrorKind kind_;
  std::string problem_;
  std::string where_;
  std::string hint_;
};

// 0 is success; every kind of error has its exit code here and nowhere else.
int exit_code(ErrorKind kind) noexcept;
std::string_view to_string(ErrorKind kind) noexcept;

}  // namespace layerwatt
