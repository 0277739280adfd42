#include "attribution/design.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "attribution/synthetic.hpp"

namespace layerwatt {
namespace {

// a 0–2, b 2–6, then idle.
Segments two_layers() {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0};
  iterations.end_ns = {6'000'000};
  iterations.layer_ms = {2.0, 4.0};
  return make_segments(iterations);
}

TEST(DesignRow, BoxWeightsAreOverlapsOverTheWindow) {
  const Segments segments = two_layers();
  DesignRow row(segments, {4.0, 1.0, 0.0, 0.0});
  // Stamp 4, latency 1: the box is [−1, 3]: 1 idle, 2 of a, 1 of b.
  row.compute(4.0);
  EXPECT_DOUBLE_EQ(row.weights()[0], 0.5);
  EXPECT_DOUBLE_EQ(row.weights()[1], 0.25);
  EXPECT_DOUBLE_EQ(row.weights()[segments.outside()], 0.0);
  EXPECT_DOUBLE_EQ(row.weights()[segments.idle()], 0.25);
  // The sign of the latency: a reading looks back. Stamp 8: [3, 7].
  row.compute(8.0);
  EXPECT_DOUBLE_EQ(row.weights()[0], 0.0);
  EXPECT_DOUBLE_EQ(row.weights()[1], 0.75);
  EXPECT_DOUBLE_EQ(row.weights()[segments.idle()], 0.25);
}

TEST(DesignRow, WeightsSumToOneForEveryShape) {
  const auto made = synthetic::make({.layers = 7, .seconds = 0.3});
  const Segments segments = make_segments(made.recording.iterations);
  for (const Response& shape : {Response{1.1, 7.0, 0.0, 0.0}, Response{6.6, 0.0, 0.2, 0.05},
                                Response{2.0, 3.0, 5.0, 0.1}, Response{25.0, 0.0, 0.0, 0.0}}) {
    DesignRow row(segments, shape);
    for (double t = -50.0; t < 400.0; t += 1.7) {
      row.compute(t);
      const auto weights = row.weights();
      ASSERT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-9) << t;
    }
  }
}

TEST(DesignRow, WindowOfTheReadingItself) {
  const Segments segments = two_layers();
  DesignRow row(segments, {4.0, 0.0, 0.0, 0.0});
  row.compute(6.0, 1.0);
  EXPECT_DOUBLE_EQ(row.weights()[1], 1.0);
  row.compute(6.0, 6.0);
  EXPECT_DOUBLE_EQ(row.weights()[0], 1.0 / 3.0);
}

}  // namespace
}  // namespace layerwatt
