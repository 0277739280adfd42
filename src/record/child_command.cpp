#include "record/child_command.hpp"

#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

int spawn(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // exec() undoes handlers, but not that we ignore SIGPIPE: `CMD | head` must end as it always
  // does.
  sigset_t to_default;
  ::sigemptyset(&to_default);
  ::sigaddset(&to_default, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &to_default);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, arguments.front(), nullptr, &attributes, arguments.data(), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    throw Error(ErrorKind::bad_input, std::string("cannot be run: ") + std::strerror(failed),
                words.front(), "what follows -- is a program and its arguments, without a shell");
  }
  return pid;
}

}  // namespace

std::string CommandEnd::words() const {
  if (exit_status) return fmt::format("exit status {}", *exit_status);
  if (signal) return fmt::format("signal {} ({})", *signal, ::strsignal(*signal));
  return "unknown end";
}

ChildCommand::ChildCommand(Clock& clock, std::vector<std::string> words) : clock_(clock) {
  if (words.empty()) throw Error(ErrorKind::usage, "no command to run", {}, "put it after --");
  start_ns_ = clock_.now_ns();
  pid_ = spawn(words);
  // A thread that blocks sees the end at once; a loop that polls would see it late, and wake the
  // processor whose power is being measured.
  watcher_ = std::thread([this] { watch(); });
}

ChildCommand::~ChildCommand() {
  send(SIGKILL);
  watcher_.join();
  reap();
}

CommandEnd ChildCommand::wait(const std::function<void()>& tick) {
  while (!ended_) {
    if (tick) tick();
    clock_.sleep_until_ns(clock_.now_ns() + 20'000'000);
  }
  reap();
  return end_;
}

void ChildCommand::send(int signal) {
  // Until it is reaped, by this same thread, the id cannot be another process's.
  if (!reaped_) ::kill(pid_, signal);
}

void ChildCommand::watch() {
  siginfo_t info{};
  int done = 0;
  do {
    done = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  } while (done != 0 && errno == EINTR);
  end_.end_ns = clock_.now_ns();
  if (done == 0 && info.si_code == CLD_EXITED) {
    end_.exit_status = info.si_status;
  } else if (done == 0) {
    end_.signal = info.si_status;
  }
  ended_ = true;
}

void ChildCommand::reap() {
  if (reaped_) return;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
  reaped_ = true;
}

}  // namespace layerwatt
