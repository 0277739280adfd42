// A child process: started without a shell, read line by line, and never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerwatt {

struct ExitStatus {
  int code = 0;    // of exit(); 128 + signal where a signal ended it, as shells count
  int signal = 0;  // 0: it exited by itself

  static constexpr int kUnknown = -1;

  bool success() const { return code == 0; }
  std::string describe() const;  // "exit status 3", "killed by signal 9 (Killed)"
};

struct SubprocessOptions {
  // [0] is the program: a path, or a name that is looked up in PATH.
  std::vector<std::string> command;
  // true: stdin is /dev/null, stdout and stderr are one pipe, read with read_line(); the child gets
  // a process group of its own, so that Ctrl-C in the terminal reaches us and not it, a clean
  // locale, and SIGPIPE: when we are killed, its next write ends it.
  // false: the child has our stdin, stdout, stderr, environment and process group.
  bool capture = true;
  // With capture: stdout goes into memory (output()), so that read_line() reads stderr alone, and
  // stdin is `input`, or, where that is empty, stays open until close_input().
  bool separate = false;
  std::filesystem::path input;
  // Set in the child's environment.
  std::vector<std::pair<std::string, std::string>> environment;
};

// Throws Error(io) with the system's words where the program cannot be started.
// One thread owns it; interrupt() alone may be called from any thread.
class Subprocess {
 public:
  explicit Subprocess(const SubprocessOptions& options);
  // terminate(), if it still runs.
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  enum class Read {
    line,         // a whole line, without its newline
    cut_line,     // text without a newline: the child ended inside a line, or it is too long
    timeout,      // nothing new for so long
    interrupted,  // interrupt() was called
    end,          // the child closed its output
  };
  // `line` stays good until the next call. A negative timeout waits for ever.
  Read read_line(std::string_view& line, std::chrono::milliseconds timeout);
  // Makes this and every later read_line() return `interrupted`, once the lines that have arrived
  // are handed out.
  void interrupt() noexcept;

  // Only where they are separate: how much the child has written to stdout, and all of it so far.
  std::size_t output_size() const;
  std::string output() const;
  void close_input();

  // Where it has ended. Does not wait. With capture, what it started itself ends with it, whichever
  // way it ends: nothing of its process group is left behind.
  std::optional<ExitStatus> poll();
  // Until it ends by itself. A signal handler that returns does not end the wait.
  ExitStatus wait();
  // Whether it ends by itself in that time.
  bool ends_within(std::chrono::milliseconds time);
  // SIGTERM, and SIGKILL if it still runs after the grace. Returns at once where it has ended.
  ExitStatus terminate(std::chrono::milliseconds grace = std::chrono::milliseconds(1000));
  // Sends a signal, if it still runs.
  void signal(int number);

  pid_t pid() const { return pid_; }

  static constexpr std::size_t kLongestLine = 64 * 1024;

 private:
  class Descriptor {
   public:
    Descriptor() = default;
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    void reset(int descriptor);
    void close();
    int get() const { return descriptor_; }

   private:
    int descriptor_ = -1;
  };
  bool take_line(std::string_view& line);
  Read fill(std::chrono::milliseconds timeout);
  std::optional<ExitStatus> reap(int options);

  pid_t pid_ = -1;
  bool own_group_ = false;
  std::optional<ExitStatus> status_;
  Descriptor output_;
  Descriptor memory_;  // what stdout goes into
  Descriptor input_;
  Descriptor wake_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of what was not handed out yet
  std::size_t scanned_ = 0;  // up to here there is no newline
  bool closed_ = false;
};

}  // namespace layerwatt
