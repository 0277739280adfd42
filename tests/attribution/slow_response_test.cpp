#include "attribution/slow_response.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

constexpr double kInferenceMs = 10.0;

Response found(double window_ms, double time_constant_ms) {
  return {window_ms, 3.0, time_constant_ms, 0.0};
}

TEST(TooSlow, IsBeyondThreeInferencesTheLowPassTwice) {
  EXPECT_EQ(too_slow({}, found(29.0, 0.0), kInferenceMs, true), Slow::no);
  EXPECT_EQ(too_slow({}, found(31.0, 0.0), kInferenceMs, true), Slow::found);
  EXPECT_EQ(too_slow({}, found(0.0, 14.5), kInferenceMs, true), Slow::no);
  EXPECT_EQ(too_slow({}, found(0.0, 15.5), kInferenceMs, true), Slow::found);
  EXPECT_EQ(too_slow({}, found(20.0, 5.5), kInferenceMs, true), Slow::found);
  EXPECT_EQ(too_slow({}, found(31.0, 0.0), 2.0 * kInferenceMs, true), Slow::no);
}

TEST(TooSlow, WithoutIdleReadingsAWindowIsBelievedToHalfOfThat) {
  EXPECT_EQ(too_slow({}, found(14.0, 0.0), kInferenceMs, false), Slow::no);
  EXPECT_EQ(too_slow({}, found(16.0, 0.0), kInferenceMs, false), Slow::unseen);
  EXPECT_EQ(too_slow({}, found(0.0, 14.0), kInferenceMs, false), Slow::no);
  KnownResponse known;
  known.window_ms = 16.0;
  EXPECT_EQ(too_slow(known, found(16.0, 0.0), kInferenceMs, false), Slow::no) << "it was given";
}

TEST(TooSlow, AWindowThatWasGivenIsEnough) {
  KnownResponse known;
  known.window_ms = 31.0;
  EXPECT_EQ(too_slow(known, found(31.0, 0.0), kInferenceMs, true), Slow::given);
  EXPECT_TRUE(clearly_too_slow(known, found(31.0, 0.0), kInferenceMs, true));
}

// Then nothing was searched for, and the layers' own intervals say what can be told.
TEST(TooSlow, IsNothingWhereAllIsGiven) {
  KnownResponse known;
  known.window_ms = 100.0;
  known.time_constant_ms = 0.0;
  EXPECT_EQ(too_slow(known, found(100.0, 0.0), kInferenceMs, false), Slow::no);
}

TEST(ClearlyTooSlow, LeavesRoomForAFinerSearch) {
  EXPECT_FALSE(clearly_too_slow({}, found(44.0, 0.0), kInferenceMs, true));
  EXPECT_TRUE(clearly_too_slow({}, found(46.0, 0.0), kInferenceMs, true));
  EXPECT_FALSE(clearly_too_slow({}, found(22.0, 0.0), kInferenceMs, false));
  EXPECT_TRUE(clearly_too_slow({}, found(23.0, 0.0), kInferenceMs, false));
}

TEST(IsSlow, IsBeyondOneAndAHalfInferences) {
  EXPECT_FALSE(is_slow(found(14.9, 0.0), kInferenceMs));
  EXPECT_TRUE(is_slow(found(15.1, 0.0), kInferenceMs));
  EXPECT_FALSE(is_slow(found(5.0, 4.9), kInferenceMs));
  EXPECT_TRUE(is_slow(found(5.0, 5.1), kInferenceMs));
}

TEST(TooSlow, ExactlyAsLongAsMayBeIsNotTooLong) {
  KnownResponse window;
  window.window_ms = 30.0;
  EXPECT_EQ(too_slow(window, {30.0, 0.0, 0.0, 0.0}, 10.0, true, 1.0), Slow::no);
  EXPECT_EQ(too_slow({}, {10.0, 0.0, 10.0, 0.0}, 10.0, true, 1.0), Slow::no);
  EXPECT_EQ(too_slow({}, {15.0, 0.0, 0.0, 0.0}, 10.0, false, 1.0), Slow::no);
  EXPECT_FALSE(is_slow({15.0, 0.0, 0.0, 0.0}, 10.0));
}

}  // namespace
}  // namespace layerwatt
