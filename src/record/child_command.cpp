#include "record/child_command.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

SubprocessOptions ours(const std::vector<std::string>& words) {
  if (words.empty()) {
    throw Error(ErrorKind::usage, "no command to run", {}, "put it after --");
  }
  SubprocessOptions options;
  options.command = words;
  options.capture = false;
  return options;
}

}  // namespace

ChildCommand::ChildCommand(Clock& clock, const std::vector<std::string>& words) try
    : clock_(clock), start_ns_(clock.now_ns()), process_(ours(words)) {
  // A thread that blocks sees the end at once, whenever the waiting loop looks next.
  watcher_ = std::thread([this] { watch(); });
} catch (const Error& error) {
  if (error.kind() != ErrorKind::io) throw;
  throw Error(ErrorKind::bad_input, error.problem(), error.where(),
              "what follows -- is a program and its arguments, without a shell");
}

ChildCommand::~ChildCommand() {
  process_.signal(SIGKILL);
  if (watcher_.joinable()) watcher_.join();
}

CommandEnd ChildCommand::wait(const std::function<void()>& tick) {
  while (!ended_) {
    if (tick) tick();
    clock_.sleep_until_ns(clock_.now_ns() + 20'000'000);
  }
  watcher_.join();
  return {end_ns_, process_.wait()};
}

void ChildCommand::watch() {
  siginfo_t info{};
  int done = 0;
  // WNOWAIT: the process is reaped by its owner, and until then its id cannot be another's.
  do {
    done = ::waitid(P_PID, static_cast<id_t>(process_.pid()), &info, WEXITED | WNOWAIT);
  } while (done != 0 && errno == EINTR);
  end_ns_ = clock_.now_ns();
  ended_ = true;
}

}  // namespace layerwatt
