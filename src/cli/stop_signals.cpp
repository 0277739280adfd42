#include "cli/stop_signals.hpp"

namespace layerwatt::cli {
namespace {

std::atomic<bool> asked_to_stop{false};
std::atomic<int> which_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may only touch these");

extern "C" void on_stop_signal(int number) {
  which_signal.store(number, std::memory_order_relaxed);
  asked_to_stop.store(true, std::memory_order_relaxed);
  // sigaction is async-signal-safe. Both go back: Ctrl-C and then `kill` is a second signal too.
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  ::sigaction(SIGINT, &defaults, nullptr);
  ::sigaction(SIGTERM, &defaults, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  asked_to_stop = false;
  which_signal = 0;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  // Without SA_RESTART every read and wait in every backend would have to expect EINTR.
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &interrupt_before_);
  ::sigaction(SIGTERM, &action, &terminate_before_);
  // Started with SIGINT ignored (`nohup`, `&` in a script): it stays ignored, as is the custom.
  if (interrupt_before_.sa_handler == SIG_IGN) ::sigaction(SIGINT, &interrupt_before_, nullptr);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &interrupt_before_, nullptr);
  ::sigaction(SIGTERM, &terminate_before_, nullptr);
}

const std::atomic<bool>& StopSignals::flag() const { return asked_to_stop; }

int StopSignals::signal() const { return which_signal; }

}  // namespace layerwatt::cli
