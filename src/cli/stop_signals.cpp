#include "cli/stop_signals.hpp"

#include <cstddef>

namespace layerwatt::cli {
namespace {

std::atomic<bool> asked_to_stop{false};
std::atomic<int> which_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may only touch these");

extern "C" void on_stop_signal(int number) {
  which_signal.store(number, std::memory_order_relaxed);
  asked_to_stop.store(true, std::memory_order_relaxed);
  // sigaction is async-signal-safe. All go back: Ctrl-C and then `kill` is a second signal too.
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  for (const int other : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    // What nohup ignores must not end the program now.
    if (::sigaction(other, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) continue;
    ::sigaction(other, &defaults, nullptr);
  }
}

}  // namespace

StopSignals::StopSignals() {
  asked_to_stop = false;
  which_signal = 0;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  // Without SA_RESTART every read and wait in every backend would have to expect EINTR.
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &before_[i]);
    // Started with it ignored (`nohup`, `&` in a script): it stays ignored, as is the custom.
    if (before_[i].sa_handler == SIG_IGN) ::sigaction(kSignals[i], &before_[i], nullptr);
  }
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
}

const std::atomic<bool>& StopSignals::flag() const { return asked_to_stop; }

int StopSignals::signal() const { return which_signal; }

}  // namespace layerwatt::cli
