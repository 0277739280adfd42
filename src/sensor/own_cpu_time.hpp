// How long this process has run on CPUs, exactly.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

namespace layerwatt {

// The process's own clock (CLOCK_PROCESS_CPUTIME_ID) is no use for parts of a millisecond: for
// threads that run on other CPUs it moves only with the scheduler's tick (seen: steps of 4 ms at
// 250 Hz). The clock of a single thread is brought up to date when it is read, so they are summed.
class OwnCpuTime {
 public:
  OwnCpuTime();
  // Of all threads since construction; never decreases. About 1 µs a thread. Whichever thread it is
  // called from, one at a time.
  std::int64_t now_ns();

 private:
  struct Seen {
    std::int64_t cpu_ns = 0;
    std::uint64_t round = 0;
  };
  std::map<pid_t, Seen> threads_;
  std::uint64_t round_ = 0;
  std::int64_t process_start_ns_ = 0;
  std::int64_t sum_ns_ = 0;
  std::int64_t told_ns_ = 0;
};

}  // namespace layerwatt
