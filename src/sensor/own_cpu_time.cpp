#include "sensor/own_cpu_time.hpp"

#include <dirent.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>

namespace layerwatt {
namespace {

std::optional<std::int64_t> read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// The kernel's encoding of "the scheduler's time of that thread" (posix-timers.h); glibc makes the
// same number in pthread_getcpuclockid(), which wants a pthread_t that we do not have.
clockid_t thread_clock(pid_t thread) {
  constexpr unsigned kScheduled = 2;
  constexpr unsigned kOneThread = 4;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | kScheduled | kOneThread);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

OwnCpuTime::OwnCpuTime() {
  process_start_ns_ = read_clock(CLOCK_PROCESS_CPUTIME_ID).value_or(0);
  now_ns();
  // Threads that were there already start from where they are.
  process_start_ns_ = read_clock(CLOCK_PROCESS_CPUTIME_ID).value_or(0);
  sum_ns_ = 0;
  told_ns_ = 0;
}

std::int64_t OwnCpuTime::now_ns() {
  ++round_;
  const std::unique_ptr<DIR, CloseDirectory> tasks(::opendir("/proc/self/task"));
  while (const dirent* entry = tasks ? ::readdir(tasks.get()) : nullptr) {
    const pid_t thread = std::atoi(entry->d_name);
    if (thread <= 0) continue;
    const std::optional<std::int64_t> cpu_ns = read_clock(thread_clock(thread));
    if (!cpu_ns) continue;  // it ended between the two calls
    Seen& seen = threads_[thread];
    // A number that was given to a new thread starts again from 0.
    sum_ns_ += *cpu_ns >= seen.cpu_ns ? *cpu_ns - seen.cpu_ns : *cpu_ns;
    seen = {*cpu_ns, round_};
  }
  std::erase_if(threads_, [this](const auto& item) { return item.second.round != round_; });
  // What a thread did between the last reading and its end is only in the process's clock.
  const std::int64_t process_ns =
      read_clock(CLOCK_PROCESS_CPUTIME_ID).value_or(0) - process_start_ns_;
  sum_ns_ = std::max(sum_ns_, process_ns);
  told_ns_ = std::max(told_ns_, sum_ns_);
  return told_ns_;
}

}  // namespace layerwatt
