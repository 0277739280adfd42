// The first SIGINT or SIGTERM asks the run to end; the second ends the program as if nobody
// listened.
#pragma once

#include <signal.h>

#include <atomic>

namespace layerwatt::cli {

// One at a time. While it lives, the two signals set a flag; before and after they do what they
// did.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  const std::atomic<bool>& flag() const;
  // The one that came; 0 before.
  int signal() const;

 private:
  struct sigaction interrupt_before_ {};
  struct sigaction terminate_before_ {};
};

}  // namespace layerwatt::cli
