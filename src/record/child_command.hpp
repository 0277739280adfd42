// A command, run without a shell while power is sampled: its stdin, stdout and stderr are ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/subprocess.hpp"
#include "layerwatt/clock.hpp"

namespace layerwatt {

struct CommandEnd {
  std::int64_t end_ns = 0;
  ExitStatus status;
};

class ChildCommand {
 public:
  // Starts it. Throws Error(bad_input) where it cannot be started.
  ChildCommand(Clock& clock, const std::vector<std::string>& words);
  // Ends a child that was not waited for.
  ~ChildCommand();
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  std::int64_t start_ns() const { return start_ns_; }
  // Returns when the child has ended, stamped by the clock at that moment. `tick` is called about
  // every 20 ms from this thread.
  CommandEnd wait(const std::function<void()>& tick);
  // From the thread that made this; does nothing once the child has ended.
  void send(int signal) { process_.signal(signal); }

 private:
  void watch();

  Clock& clock_;
  std::int64_t start_ns_;
  Subprocess process_;
  std::int64_t end_ns_ = 0;
  std::atomic<bool> ended_{false};
  std::thread watcher_;
};

}  // namespace layerwatt
