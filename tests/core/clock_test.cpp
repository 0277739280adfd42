#include "layerwatt/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace layerwatt {
namespace {

TEST(SteadyClock, IsNearTheWallClockWhenMadeAndNeverGoesBack) {
  using namespace std::chrono;
  SteadyClock clock;
  const auto wall = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  std::int64_t last = clock.now_ns();
  EXPECT_NEAR(static_cast<double>(last - wall), 0.0, 1e9);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = clock.now_ns();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SteadyClock, SleepsAtLeastUntilThen) {
  SteadyClock clock;
  const std::int64_t then = clock.now_ns() + 2'000'000;
  clock.sleep_until_ns(then);
  EXPECT_GE(clock.now_ns(), then);
}

// Of the same machine a moment later, from another clock object: nothing has slept meanwhile.
TEST(SteadyClock, CountsTheTimeSuspendedSinceTheStartOfTheMachine) {
  const std::int64_t first = SteadyClock().suspended_ns();
  EXPECT_GE(first, -1'000'000);
  EXPECT_NEAR(static_cast<double>(SteadyClock().suspended_ns() - first), 0.0, 5e6);
}

TEST(VirtualClock, MovesOnlyForward) {
  VirtualClock clock(100);
  clock.sleep_until_ns(50);
  EXPECT_EQ(clock.now_ns(), 100);
  clock.sleep_until_ns(250);
  EXPECT_EQ(clock.now_ns(), 250);
}

}  // namespace
}  // namespace layerwatt
