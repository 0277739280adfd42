#include "attribution/start_outliers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace layerwatt {
namespace {

// A run from 10 ms on, and a reading a ms from `first_ms` to 200 ms, of which those at the times in
// `out` are outliers.
double share_of(double first_ms, const std::vector<double>& out, const Response& response) {
  Segments segments;
  segments.edge_ms = {10.0, 300.0};
  segments.column = {0};
  segments.layers = 1;
  Readings readings;
  for (double t = first_ms; t <= 200.0; t += 1.0) {
    readings.time_ms.push_back(t);
    readings.value.push_back(1000.0);
    const bool is_out = std::find(out.begin(), out.end(), t) != out.end();
    readings.weight.push_back(is_out ? 0.0 : 2.5);
  }
  return outliers_after_start(segments, readings, response);
}

// Over at 10 + 3 + 2 + 4 · 5 = 35 ms: the readings from 35 to 95 ms are 61.
TEST(StartOutliers, AreOfSixtyMillisecondsFromWhereTheResponseIsOver) {
  const Response response{2.0, 3.0, 5.0, 0.0};
  EXPECT_DOUBLE_EQ(share_of(0.0, {34.0, 96.0}, response), 0.0);
  EXPECT_DOUBLE_EQ(share_of(0.0, {35.0}, response), 1.0 / 61.0);
  EXPECT_DOUBLE_EQ(share_of(0.0, {35.0, 36.0, 95.0}, response), 3.0 / 61.0);
}

// From 50 ms on nothing was read before: readings from 50 to 110 ms.
TEST(StartOutliers, BeginWithTheFirstReadingWhereThatIsLater) {
  const Response response{2.0, 3.0, 5.0, 0.0};
  EXPECT_DOUBLE_EQ(share_of(50.0, {50.0, 110.0}, response), 2.0 / 61.0);
  EXPECT_DOUBLE_EQ(share_of(50.0, {111.0}, response), 0.0);
}

// Readings before the run are not of it: 12 ms, when the response is over, is what counts.
TEST(StartOutliers, LookAtNothingBeforeTheRun) {
  EXPECT_DOUBLE_EQ(share_of(-50.0, {9.0, 11.0, 12.0, 72.0, 73.0}, {1.0, 1.0, 0.0, 0.0}),
                   2.0 / 61.0);
}

// The response is over with the last reading.
TEST(StartOutliers, OneReadingTellsToo) {
  EXPECT_DOUBLE_EQ(share_of(0.0, {200.0}, {190.0, 0.0, 0.0, 0.0}), 1.0);
  EXPECT_DOUBLE_EQ(share_of(0.0, {199.0}, {190.0, 0.0, 0.0, 0.0}), 0.0);
}

TEST(StartOutliers, AreNoneWithoutReadings) {
  EXPECT_DOUBLE_EQ(share_of(201.0, {}, {}), 0.0);                    // none at all
  EXPECT_DOUBLE_EQ(share_of(0.0, {}, {500.0, 0.0, 0.0, 0.0}), 0.0);  // the response outlasts them
}

}  // namespace
}  // namespace layerwatt
