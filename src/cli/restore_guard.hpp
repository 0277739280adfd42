// Commands that put a machine back as it was, run whatever becomes of this process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace layerwatt::cli {

// A child process that waits for this one. restore() runs the commands here; when this process ends
// without it (a crash, SIGKILL, power of the terminal), the child runs them. Make it before any
// thread: the child is a fork. Not for several at a time.
class RestoreGuard {
 public:
  // The commands, for /bin/sh, in the order in which they are to run. `journal` is removed once all
  // of them went well, here or in the child (restore_journal.hpp; may be empty). Throws Error(io).
  explicit RestoreGuard(std::vector<std::string> commands, std::filesystem::path journal = {});
  // restore(), errors swallowed.
  ~RestoreGuard();
  RestoreGuard(const RestoreGuard&) = delete;
  RestoreGuard& operator=(const RestoreGuard&) = delete;

  // Runs the commands and lets the child go. Returns those that failed. A second call does nothing.
  std::vector<std::string> restore();

 private:
  std::vector<std::string> commands_;
  std::filesystem::path journal_;
  int to_child_ = -1;
  pid_t child_ = -1;
};

}  // namespace layerwatt::cli
