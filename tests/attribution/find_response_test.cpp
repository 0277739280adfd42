#include "attribution/find_response.hpp"

#include <gtest/gtest.h>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

Refined found_in(const synthetic::Synthetic& made, const KnownResponse& known = {}) {
  const Segments segments = make_segments(made.recording.iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  return find_response(made.recording.iterations, segments, readings, known, 25.0);
}

// Folded onto the phase of an inference, latencies 3.6 and 13.6 ms are the same.
TEST(FindResponse, TellsALatencyFromOneThatIsAnInferenceLonger) {
  for (const double latency_ms : {3.6, 13.6}) {
    const Refined found = found_in(synthetic::make(
        {.layers = 10, .seconds = 40.0, .window_ms = 4.4, .latency_ms = latency_ms, .seed = 5}));
    EXPECT_NEAR(found.response.latency_ms, latency_ms, 0.03);
    EXPECT_NEAR(found.response.window_ms, 4.4, 0.03);
  }
}

TEST(FindResponse, FindsTheWindowBehindALongLowPass) {
  const Refined found = found_in(synthetic::make({.layers = 16,
                                                  .seconds = 60.0,
                                                  .window_ms = 3.5,
                                                  .latency_ms = 11.4,
                                                  .time_constant_ms = 5.0,
                                                  .seed = 8}));
  EXPECT_NEAR(found.response.window_ms, 3.5, 0.1);
  EXPECT_NEAR(found.response.time_constant_ms, 5.0, 0.3);
}

// Layers of 0.14 ms: a window of half the length explains one edge of the box, and was believed.
// The true one has another time constant as well.
TEST(FindResponse, TellsAWindowFromHalfOfItBehindALongLowPass) {
  const Refined found = found_in(synthetic::make({.layers = 28,
                                                  .inference_ms = 4.0,
                                                  .seconds = 20.0,
                                                  .window_ms = 1.94,
                                                  .latency_ms = 9.8,
                                                  .time_constant_ms = 5.0,
                                                  .noise_mw = 20.0,
                                                  .seed = 11}));
  EXPECT_NEAR(found.response.window_ms, 1.94, 0.05);
  EXPECT_NEAR(found.response.latency_ms, 9.8, 0.05);
  EXPECT_NEAR(found.response.time_constant_ms, 5.0, 0.1);
}

TEST(FindResponse, KeepsWhatIsKnown) {
  KnownResponse known;
  known.window_ms = 2.2;
  known.time_constant_ms = 0.0;
  const Refined found =
      found_in(synthetic::make({.layers = 8, .seconds = 20.0, .window_ms = 2.2}), known);
  EXPECT_DOUBLE_EQ(found.response.window_ms, 2.2);
  EXPECT_DOUBLE_EQ(found.response.time_constant_ms, 0.0);
  EXPECT_NEAR(found.response.latency_ms, 7.3, 0.03);
}

TEST(TotalOnly, TakesTheFirstChannel) {
  Readings readings;
  readings.time_ms = {1.0, 2.0};
  readings.weight = {1.0, 0.0};
  readings.value = {10.0, 4.0, 20.0, 5.0};
  readings.channels = 2;
  const Readings total = total_only(readings);
  EXPECT_EQ(total.channels, 1U);
  EXPECT_EQ(total.value, (std::vector<double>{10.0, 20.0}));
  EXPECT_EQ(total.weight, readings.weight);
}

}  // namespace
}  // namespace layerwatt
