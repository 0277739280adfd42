#include "sensor/own_cpu_time.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <thread>

namespace layerwatt {
namespace {

std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void work(std::int64_t cpu_ns) {
  const std::int64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + cpu_ns;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
  }
}

TEST(OwnCpuTime, FollowsAThreadThatRunsOnAnotherCpuWithoutWaitingForItsTick) {
  OwnCpuTime own;
  const std::int64_t base = own.now_ns();
  const std::int64_t main_base = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  std::atomic<std::int64_t> worked{0};
  std::atomic<bool> stop{false};
  std::thread worker([&] {
    while (!stop) {
      work(20'000);
      worked = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    }
  });
  // What both threads have done before a reading must be in it.
  for (int i = 0; i < 200; ++i) {
    work(50'000);
    const std::int64_t done = worked + clock_ns(CLOCK_THREAD_CPUTIME_ID) - main_base;
    EXPECT_GE(own.now_ns() - base, done) << "reading " << i;
  }
  stop = true;
  worker.join();
}

TEST(OwnCpuTime, KeepsTheTimeOfThreadsThatEndBetweenReadings) {
  OwnCpuTime own;
  const std::int64_t before = own.now_ns();
  for (int i = 0; i < 3; ++i) std::thread([] { work(10'000'000); }).join();
  const std::int64_t after = own.now_ns();
  EXPECT_GE(after - before, 30'000'000);
  EXPECT_GE(own.now_ns(), after);
}

TEST(OwnCpuTime, DoesNotCountSleep) {
  OwnCpuTime own;
  const std::int64_t process = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const std::int64_t counted = own.now_ns();
  // Only this thread has run, and its clock is exact for itself.
  EXPECT_LE(counted, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process + 5'000'000);
}

}  // namespace
}  // namespace layerwatt
