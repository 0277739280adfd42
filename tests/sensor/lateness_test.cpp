#include "sensor/lateness.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(Lateness, ASourceAskedAsOftenAsItIsRenewedLosesEachDeadlinePassed) {
  Lateness lateness(5 * kMs, std::nullopt);
  for (int i = 0; i < 7; ++i) lateness.fresh(i * 5 * kMs);
  lateness.passed_over(0);
  EXPECT_EQ(lateness.words(), "");
  lateness.passed_over(1);
  lateness.passed_over(2);
  EXPECT_EQ(lateness.lost(), 3);
  EXPECT_EQ(lateness.words(),
            "3 of 10 readings were lost, since the sensor was asked up to 10.0 ms late");
}

TEST(Lateness, CallsThatTakeLongerThanTheIntervalLoseNothingOfASlowerSource) {
  // An H100's energy counter, renewed every 100 ms, asked every ms, 4.6 ms a call: of 48437 times
  // of asking 47822 "readings were left out", it was said once, and not one update was.
  Lateness lateness(1 * kMs, 100.0);
  for (int i = 0; i < 10000; ++i) lateness.passed_over(4);
  EXPECT_EQ(lateness.lost(), 0);
  lateness.passed_over(198);  // 199 ms: one update, if they are 100 ms apart
  EXPECT_EQ(lateness.lost(), 0);
  lateness.passed_over(199);
  lateness.passed_over(349);
  EXPECT_EQ(lateness.lost(), 1 + 2);
}

TEST(Lateness, AnUnknownPeriodIsSeenInTheCallsThatBringNothing) {
  Lateness lateness(5 * kMs, std::nullopt);
  lateness.passed_over(3);
  lateness.fresh(0);
  lateness.fresh(100 * kMs);
  lateness.fresh(220 * kMs);
  EXPECT_EQ(lateness.lost(), 3) << "it gave something each time";
  lateness.nothing_new();
  EXPECT_EQ(lateness.lost(), 0);
  lateness.passed_over(39);
  EXPECT_EQ(lateness.lost(), 1) << "200 ms, and updates can come every 100 ms";
}

TEST(Lateness, AnIntervalLongerThanThePeriodIsWhatCounts) {
  Lateness lateness(20 * kMs, 6.6);
  lateness.passed_over(1);
  EXPECT_EQ(lateness.lost(), 1);
}

}  // namespace
}  // namespace layerwatt
