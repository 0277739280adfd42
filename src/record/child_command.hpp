// A command, run without a shell while power is sampled: its stdin, stdout and stderr are ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "layerwatt/clock.hpp"

namespace layerwatt {

struct CommandEnd {
  std::int64_t end_ns = 0;
  std::optional<int> exit_status;  // empty: a signal ended it
  std::optional<int> signal;

  bool succeeded() const { return exit_status == 0; }
  // "exit status 3", "signal 9 (Killed)".
  std::string words() const;
};

class ChildCommand {
 public:
  // Starts it. Signals do in the child what they do by default. Throws Error(bad_input) when there
  // is no such program, or it cannot be executed.
  ChildCommand(Clock& clock, std::vector<std::string> words);
  // Kills a child that was not waited for.
  ~ChildCommand();
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  std::int64_t start_ns() const { return start_ns_; }
  // Returns when the child has ended, stamped by the clock at that moment. `tick` is called about
  // every 20 ms from this thread.
  CommandEnd wait(const std::function<void()>& tick);
  // From the thread that made this; does nothing once the child has ended.
  void send(int signal);

 private:
  void watch();
  void reap();

  Clock& clock_;
  int pid_ = -1;
  std::int64_t start_ns_ = 0;
  CommandEnd end_;
  std::atomic<bool> ended_{false};
  bool reaped_ = false;
  std::thread watcher_;
};

}  // namespace layerwatt
