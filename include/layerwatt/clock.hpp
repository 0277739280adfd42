// Time. Every stamp in layerwatt is an int64 of nanoseconds since the Unix epoch, taken from a
// monotonic clock to which the wall clock was added once, when the clock was made: stamps can be
// compared with other logs, yet a step of the wall clock (NTP, suspend) cannot move them.
#pragma once

#include <cstdint>

namespace layerwatt {

class Clock {
 public:
  virtual ~Clock() = default;
  // Never decreases. Safe from any thread.
  virtual std::int64_t now_ns() const = 0;
  // Returns at once if the time has passed already. Safe from any thread.
  virtual void sleep_until_ns(std::int64_t time_ns) = 0;
  // For how long the machine has been suspended since it was started: time that is not in now_ns(),
  // and in which a counter of energy may have gone on. Safe from any thread.
  virtual std::int64_t suspended_ns() const { return 0; }
};

class SteadyClock final : public Clock {
 public:
  SteadyClock();
  std::int64_t now_ns() const override;
  void sleep_until_ns(std::int64_t time_ns) override;
  std::int64_t suspended_ns() const override;
  // The same instant on CLOCK_MONOTONIC, for code that waits on a timed primitive.
  std::int64_t to_monotonic_ns(std::int64_t time_ns) const { return time_ns - unix_minus_steady_; }

 private:
  std::int64_t unix_minus_steady_;
};

// A clock that moves only when told to: simulation in virtual time, and tests.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(std::int64_t start_ns) : now_ns_(start_ns) {}
  std::int64_t now_ns() const override { return now_ns_; }
  // Jumps there; never back.
  void sleep_until_ns(std::int64_t time_ns) override {
    if (time_ns > now_ns_) now_ns_ = time_ns;
  }

 private:
  // Not atomic: virtual time has one thread by definition.
  std::int64_t now_ns_;
};

}  // namespace layerwatt
