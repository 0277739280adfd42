// A clock in virtual time that calls back at fixed times while it is moved: a sensor's thread
// without a thread.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "layerwatt/clock.hpp"

namespace layerwatt::fakes {

class TickingClock final : public Clock {
 public:
  explicit TickingClock(std::int64_t start_ns) : now_ns_(start_ns) {}

  std::int64_t now_ns() const override { return now_ns_; }
  void sleep_until_ns(std::int64_t time_ns) override {
    while (tick_ && next_ns_ <= time_ns) {
      if (next_ns_ > now_ns_) now_ns_ = next_ns_;
      next_ns_ += period_ns_;
      tick_(now_ns_);
    }
    if (time_ns > now_ns_) now_ns_ = time_ns;
  }
  void advance_ms(double ms) { sleep_until_ns(now_ns_ + static_cast<std::int64_t>(ms * 1e6)); }

  // The first tick comes one period from now.
  void every(std::int64_t period_ns, std::function<void(std::int64_t)> tick) {
    period_ns_ = period_ns;
    next_ns_ = now_ns_ + period_ns;
    tick_ = std::move(tick);
  }
  void no_ticks() { tick_ = nullptr; }
  std::int64_t suspended_ns() const override { return suspended_ns_; }
  void suspend_ms(double ms) { suspended_ns_ += static_cast<std::int64_t>(ms * 1e6); }

 private:
  std::int64_t now_ns_;
  std::int64_t suspended_ns_ = 5'000'000'000;  // of an earlier night
  std::int64_t period_ns_ = 0;
  std::int64_t next_ns_ = 0;
  std::function<void(std::int64_t)> tick_;
};

}  // namespace layerwatt::fakes
