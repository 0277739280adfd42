#include "layerwatt/clock.hpp"

#include <time.h>

#include <chrono>
#include <thread>

namespace layerwatt {
namespace {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;

std::int64_t steady_now_ns() {
  return duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t unix_now_ns() {
  return duration_cast<nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

SteadyClock::SteadyClock() {
  // The thread can be preempted between the two readings; the tightest of several brackets bounds
  // the anchor's error by its width (well under a microsecond on an idle machine).
  std::int64_t best_width = -1;
  unix_minus_steady_ = 0;
  for (int attempt = 0; attempt < 16; ++attempt) {
    const std::int64_t before = steady_now_ns();
    const std::int64_t wall = unix_now_ns();
    const std::int64_t after = steady_now_ns();
    if (best_width < 0 || after - before < best_width) {
      best_width = after - before;
      unix_minus_steady_ = wall - (before + after) / 2;
    }
  }
}

std::int64_t SteadyClock::now_ns() const { return steady_now_ns() + unix_minus_steady_; }

std::int64_t SteadyClock::suspended_ns() const {
  // CLOCK_BOOTTIME is CLOCK_MONOTONIC (std::chrono::steady_clock) plus the time spent suspended.
  std::int64_t best_width = -1;
  std::int64_t suspended = 0;
  for (int attempt = 0; attempt < 16; ++attempt) {  // the tightest bracket, as above
    timespec boot{};
    const std::int64_t before = steady_now_ns();
    if (::clock_gettime(CLOCK_BOOTTIME, &boot) != 0) return 0;
    const std::int64_t after = steady_now_ns();
    if (best_width >= 0 && after - before >= best_width) continue;
    best_width = after - before;
    suspended = static_cast<std::int64_t>(boot.tv_sec) * 1'000'000'000 + boot.tv_nsec -
                (before + after) / 2;
  }
  return suspended;
}

void SteadyClock::sleep_until_ns(std::int64_t time_ns) {
  std::this_thread::sleep_until(
      std::chrono::steady_clock::time_point(nanoseconds(to_monotonic_ns(time_ns))));
}

}  // namespace layerwatt
