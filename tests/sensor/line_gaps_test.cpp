#include "sensor/line_gaps.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(LineGaps, TellsAGapAndNotALateLine) {
  LineGaps gaps(5.0);
  std::int64_t now = 100 * kMs;
  EXPECT_EQ(gaps.gap_ms(now), std::nullopt);
  EXPECT_EQ(gaps.gap_ms(now += 11 * kMs), std::nullopt);
  EXPECT_EQ(gaps.gap_ms(now += 55 * kMs), std::nullopt);
  EXPECT_EQ(gaps.gap_ms(now += 70 * kMs), 70.0);
  EXPECT_EQ(gaps.gap_ms(now += 11 * kMs), std::nullopt);
}

TEST(LineGaps, FollowsThePaceButNotTheGaps) {
  LineGaps gaps(5.0);
  std::int64_t now = 0;
  for (int i = 0; i < 200; ++i) EXPECT_EQ(gaps.gap_ms(now += 25 * kMs), std::nullopt);
  EXPECT_NEAR(gaps.usual_ms(), 25.0, 0.1);
  EXPECT_EQ(gaps.gap_ms(now += 1000 * kMs), 1000.0);
  EXPECT_NEAR(gaps.usual_ms(), 25.0, 0.1);
  EXPECT_EQ(gaps.gap_ms(now += 120 * kMs), std::nullopt);
}

}  // namespace
}  // namespace layerwatt
