#include "cli/restore_guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/shell.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

constexpr char kAllWell = 'd';

// In the child: until the parent says that it restored everything itself, or is gone.
bool parent_restored(int from_parent) {
  char byte = 0;
  for (;;) {
    const ssize_t got = ::read(from_parent, &byte, 1);
    if (got == 1) return byte == kAllWell;
    if (got == 0) return false;
    if (errno != EINTR) return false;
  }
}

[[noreturn]] void guard(int from_parent, const std::vector<std::string>& commands,
                        const std::filesystem::path& journal) {
  // What ends the parent must not end the child: neither Ctrl-C nor a terminal that closes.
  ::setsid();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(number, SIG_IGN);
  if (!parent_restored(from_parent)) {
    bool all_well = true;
    for (const std::string& command : commands) {
      const std::string said =
          "layerwatt: the sweep was ended from outside; restoring: " + command + "\n";
      if (::write(STDERR_FILENO, said.data(), said.size()) < 0) {
        // Nobody is left to read it; the command matters.
      }
      // sudo may want a password, and nobody is there: the journal then stays for the next start.
      if (std::system(command.c_str()) != 0) all_well = false;
    }
    if (all_well && !journal.empty()) ::unlink(journal.c_str());
  }
  ::_exit(0);
}

}  // namespace

RestoreGuard::RestoreGuard(std::vector<std::string> commands, std::filesystem::path journal)
    : commands_(std::move(commands)), journal_(std::move(journal)) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ErrorKind::io, std::string("no pipe: ") + std::strerror(errno), "sweep", "");
  }
  child_ = ::fork();
  if (child_ < 0) {
    const int number = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    throw Error(ErrorKind::io, std::string("cannot fork: ") + std::strerror(number), "sweep", "");
  }
  if (child_ == 0) {
    ::close(ends[1]);
    guard(ends[0], commands_, journal_);
  }
  ::close(ends[0]);
  to_child_ = ends[1];
}

RestoreGuard::~RestoreGuard() {
  try {
    restore();
  } catch (...) {
    // The child sees the pipe close and runs the commands.
    if (to_child_ >= 0) ::close(to_child_);
  }
}

std::vector<std::string> RestoreGuard::restore() {
  std::vector<std::string> failed;
  if (to_child_ < 0) return failed;
  for (const std::string& command : commands_) {
    if (run_shell(command).code != 0) failed.push_back(command);
  }
  if (failed.empty() && !journal_.empty()) ::unlink(journal_.c_str());
  if (::write(to_child_, &kAllWell, 1) != 1) {
    // The child is gone; everything was restored here.
  }
  ::close(to_child_);
  to_child_ = -1;
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  return failed;
}

}  // namespace layerwatt::cli
