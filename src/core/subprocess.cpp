#include "core/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <thread>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] void fail(const std::string& what, int error, const std::string& where = {}) {
  throw Error(ErrorKind::io, what + ": " + std::strerror(error), where);
}

void check(int error, const char* what) {
  if (error != 0) fail(what, error);
}

class FileActions {
 public:
  FileActions() { check(::posix_spawn_file_actions_init(&actions_), "cannot prepare a process"); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() { check(::posix_spawnattr_init(&attributes_), "cannot prepare a process"); }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// What makes the loader, the C library or a shell run or read something else than the program says.
// Not LD_LIBRARY_PATH: in containers it is how a board's own libraries are found, and what may set
// it may as well name another program.
constexpr std::string_view kDangerous[] = {"LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_DEBUG_OUTPUT",
                                           "LD_PROFILE", "BASH_ENV", "ENV",      "IFS",
                                           "GCONV_PATH", "LOCPATH",  "NLSPATH"};

// Ours with changes. A capturing child must print in the C locale (a decimal comma is no number),
// and what is preloaded into us has no business in it.
std::vector<std::string> environment_of(const SubprocessOptions& options) {
  std::vector<std::pair<std::string, std::string>> set = options.environment;
  if (options.capture) set.emplace_back("LC_ALL", "C");
  std::vector<std::string> environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (options.capture &&
        (name == "LANGUAGE" || name == "LANG" || name.starts_with("LC_") ||
         name.starts_with("BASH_FUNC_") ||
         std::find(std::begin(kDangerous), std::end(kDangerous), name) != std::end(kDangerous))) {
      continue;
    }
    if (std::any_of(set.begin(), set.end(), [&](const auto& own) { return own.first == name; })) {
      continue;
    }
    environment.emplace_back(text);
  }
  for (const auto& [name, value] : set) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

ExitStatus decode(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

std::string ExitStatus::describe() const {
  if (code == kUnknown) return "exit status unknown";
  if (signal == 0) return "exit status " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

void Subprocess::Descriptor::reset(int descriptor) {
  close();
  descriptor_ = descriptor;
}

void Subprocess::Descriptor::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Subprocess::Subprocess(const SubprocessOptions& options) : own_group_(options.capture) {
  if (options.command.empty()) throw Error(ErrorKind::io, "no program to start");
  FileActions actions;
  Attributes attributes;
  Descriptor child_output;
  Descriptor child_input;
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (options.capture) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe", errno);
    output_.reset(ends[0]);
    child_output.reset(ends[1]);
    if (::fcntl(output_.get(), F_SETFL, O_NONBLOCK) != 0) fail("cannot set up a pipe", errno);
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake_.get() < 0) fail("cannot make an event", errno);
    const auto duplicate = [&](int from, int to) {
      check(::posix_spawn_file_actions_adddup2(actions.get(), from, to),
            "cannot prepare a process");
    };
    if (options.separate && options.input.empty()) {
      if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe", errno);
      child_input.reset(ends[0]);
      input_.reset(ends[1]);
      duplicate(child_input.get(), STDIN_FILENO);
    } else {
      const char* const input = options.separate ? options.input.c_str() : "/dev/null";
      check(::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, input, O_RDONLY, 0),
            "cannot prepare a process");
    }
    if (options.separate) {
      memory_.reset(::memfd_create("layerwatt-output", MFD_CLOEXEC));
      if (memory_.get() < 0) fail("cannot make a file in memory", errno);
    }
    duplicate(options.separate ? memory_.get() : child_output.get(), STDOUT_FILENO);
    duplicate(child_output.get(), STDERR_FILENO);
    check(::posix_spawnattr_setpgroup(attributes.get(), 0), "cannot prepare a process");
    flags |= POSIX_SPAWN_SETPGROUP;
  }
  // What we ignore or block the child would too: without SIGPIPE it would outlive us.
  sigset_t defaults;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD, SIGXFSZ}) {
    ::sigaddset(&defaults, number);
  }
  check(::posix_spawnattr_setsigdefault(attributes.get(), &defaults), "cannot prepare a process");
  check(::posix_spawnattr_setsigmask(attributes.get(), &none), "cannot prepare a process");
  check(::posix_spawnattr_setflags(attributes.get(), flags), "cannot prepare a process");

  std::vector<std::string> command = options.command;
  std::vector<std::string> environment = environment_of(options);
  const int error = ::posix_spawnp(&pid_, command[0].c_str(), actions.get(), attributes.get(),
                                   pointers(command).data(), pointers(environment).data());
  if (error != 0) {
    pid_ = -1;
    fail("cannot start the program", error, command[0]);
  }
}

Subprocess::~Subprocess() {
  if (pid_ > 0) terminate();
}

// --- reading -------------------------------------------------------------------------------------

bool Subprocess::take_line(std::string_view& line) {
  const std::size_t newline = buffer_.find('\n', scanned_);
  if (newline == std::string::npos) {
    scanned_ = buffer_.size();
    return false;
  }
  line = std::string_view(buffer_).substr(begin_, newline - begin_);
  begin_ = scanned_ = newline + 1;
  return true;
}

Subprocess::Read Subprocess::fill(milliseconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    int wait_ms = -1;
    if (timeout.count() >= 0) {
      const auto left =
          std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
      wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
    }
    std::array<pollfd, 2> events{{{output_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    const int ready = ::poll(events.data(), events.size(), wait_ms);
    if (ready < 0 && errno != EINTR) fail("cannot wait for a process", errno);
    if (ready < 0) continue;
    if (events[1].revents != 0) return Read::interrupted;
    if (ready == 0) return Read::timeout;
    const std::size_t size = buffer_.size();
    constexpr std::size_t kChunk = 4096;
    buffer_.resize(size + kChunk);
    const ssize_t count = ::read(output_.get(), buffer_.data() + size, kChunk);
    buffer_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) return Read::line;
    if (count == 0) return Read::end;
    if (errno != EINTR && errno != EAGAIN) fail("cannot read from a process", errno);
  }
}

Subprocess::Read Subprocess::read_line(std::string_view& line, milliseconds timeout) {
  line = {};
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (take_line(line)) return Read::line;
    const bool too_long = buffer_.size() - begin_ >= kLongestLine;
    if (too_long || (closed_ && begin_ < buffer_.size())) {
      line = std::string_view(buffer_).substr(begin_);
      begin_ = scanned_ = buffer_.size();
      return Read::cut_line;
    }
    if (closed_) return Read::end;
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const Read got = fill(timeout.count() < 0 ? timeout : std::max(left, milliseconds(0)));
    if (got == Read::end) {
      closed_ = true;
      output_.close();
    } else if (got != Read::line) {
      return got;
    }
  }
}

std::size_t Subprocess::output_size() const {
  struct stat status {};
  if (::fstat(memory_.get(), &status) != 0) fail("cannot read from a process", errno);
  return static_cast<std::size_t>(status.st_size);
}

std::string Subprocess::output() const {
  std::string text(output_size(), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    // At a place of our own: the child's place in the file is the same as ours.
    const ssize_t count =
        ::pread(memory_.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count == 0) break;
    if (count > 0) done += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) fail("cannot read from a process", errno);
  }
  text.resize(done);
  return text;
}

void Subprocess::close_input() { input_.close(); }

void Subprocess::interrupt() noexcept {
  const std::uint64_t one = 1;
  // Can fail only when the counter is full, and then it is awake already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

// --- the end -------------------------------------------------------------------------------------

std::optional<ExitStatus> Subprocess::reap(int options) {
  if (status_) return status_;
  siginfo_t ended{};
  int result = 0;
  do {
    result = ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT | options);
  } while (result != 0 && errno == EINTR);
  // Where the program ignores SIGCHLD the kernel has reaped it, and the status is lost.
  if (result != 0) return status_ = ExitStatus{ExitStatus::kUnknown, 0};
  if (ended.si_pid != pid_) return std::nullopt;
  // What it had started and left behind. Only now, while its number is still taken: once it is
  // reaped, the group of that number may be another's.
  if (own_group_) ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return status_ = decode(status);
}

std::optional<ExitStatus> Subprocess::poll() { return reap(WNOHANG); }

ExitStatus Subprocess::wait() { return *reap(0); }

void Subprocess::signal(int number) {
  // Not after it was reaped: the number may be another process's by then.
  if (poll()) return;
  ::kill(own_group_ ? -pid_ : pid_, number);
}

bool Subprocess::ends_within(milliseconds time) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + time;
  // There is no wait with a timeout before Linux 5.3 (pidfd), and JetPack 4 has 4.9.
  for (milliseconds nap(1); !poll(); nap = std::min(nap * 2, milliseconds(20))) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(nap);
  }
  return true;
}

ExitStatus Subprocess::terminate(milliseconds grace) {
  signal(SIGTERM);
  if (!ends_within(grace)) signal(SIGKILL);
  return wait();
}

}  // namespace layerwatt
