#include "sensor/own_cpu_time.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

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
  std::atomic<bool> stop{false};
  // It must not read its own clock: that would bring the process's clock up to date as well.
  std::thread worker([&] {
    while (!stop) {
    }
  });
  clockid_t worker_clock{};
  ASSERT_EQ(::pthread_getcpuclockid(worker.native_handle(), &worker_clock), 0);
  int ran = 0;
  int seen = 0;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t worker_before = clock_ns(worker_clock);
    work(200'000);
    const std::int64_t total = own.now_ns() - base;
    const std::int64_t main_part = clock_ns(CLOCK_THREAD_CPUTIME_ID) - main_base;
    if (clock_ns(worker_clock) - worker_before < 100'000) continue;  // the machine is busy
    ++ran;
    if (total - main_part > worker_before + 50'000) ++seen;
  }
  stop = true;
  worker.join();
  if (ran < 20) GTEST_SKIP() << "no second CPU was free";
  // With the process's clock it is one in twenty: the readings just after a tick.
  EXPECT_GT(seen * 2, ran);
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
