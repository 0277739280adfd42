// The first SIGINT, SIGTERM or SIGHUP asks the run to end; the second ends the program as if nobody
// listened.
#pragma once

#include <signal.h>

#include <array>
#include <atomic>

namespace layerwatt::cli {

// One at a time. While it lives, the signals set a flag; before and after they do what they did.
// One that was ignored stays ignored.
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
  // SIGHUP: the terminal is closed, or the ssh session lost. What was measured is worth keeping
  // then too.
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace layerwatt::cli
