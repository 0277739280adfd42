#include "attribution/response_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

TEST(SearchResponse, TheTruthIsAmongTheFirstCandidates) {
  const auto made = synthetic::make({.layers = 10, .window_ms = 2.2, .latency_ms = 9.4});
  const Iterations& iterations = made.recording.iterations;
  const Segments segments = make_segments(iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  const auto found = search_response(iterations, segments, readings, {}, 25.0, {}, 6);
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const Candidate& candidate) {
    return std::abs(candidate.response.window_ms - 2.2) < 0.1 &&
           std::abs(candidate.response.latency_ms - 9.4) < 0.1 &&
           candidate.response.time_constant_ms < 0.2;
  }));
  EXPECT_TRUE(
      std::is_sorted(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.misfit < b.misfit; }));
}

TEST(SearchResponse, KnownPartsStayAsTheyAre) {
  const auto made = synthetic::make({.layers = 6, .seconds = 5.0});
  const Iterations& iterations = made.recording.iterations;
  const Segments segments = make_segments(iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  KnownResponse known;
  known.window_ms = 3.25;
  known.time_constant_ms = 0.5;
  known.blur_ms = 0.04;
  const auto found = search_response(iterations, segments, readings, known, 20.0, {}, 4);
  ASSERT_FALSE(found.empty());
  for (const Candidate& c : found) {
    EXPECT_DOUBLE_EQ(c.response.window_ms, 3.25);
    EXPECT_DOUBLE_EQ(c.response.time_constant_ms, 0.5);
    EXPECT_DOUBLE_EQ(c.response.blur_ms, 0.04);
  }
}

TEST(SearchResponse, TooLittleToFoldGivesNoCandidates) {
  EXPECT_TRUE(search_response({}, {}, {}, {}, 20.0, {}, 4).empty());
}

}  // namespace
}  // namespace layerwatt
