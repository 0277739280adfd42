#include "attribution/segments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::Pointwise;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(Segments, LayersThenOutsideThenBetweenWithoutGaps) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {1'000'000'000, 1'010'000'000};
  iterations.end_ns = {1'008'000'000, 1'018'000'000};
  iterations.layer_ms = {2.0, 5.0, kNone, 8.0};
  const Segments segments = make_segments(iterations);
  EXPECT_EQ(segments.columns(), 5u);
  // a 0–2, b 2–7, outside 7–8, between 8–10, b 10–18 (a was not reported, nothing is outside).
  EXPECT_THAT(segments.edge_ms, Pointwise(DoubleEq(), {0.0, 2.0, 7.0, 8.0, 10.0, 18.0}));
  EXPECT_THAT(segments.column, ElementsAre(0, 1, 2, 4, 1));
}

TEST(Segments, LayersThatExceedTheInferenceAreCutAtItsEnd) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0};
  iterations.end_ns = {4'000'000};
  iterations.layer_ms = {3.0, 2.0};
  const Segments segments = make_segments(iterations);
  EXPECT_THAT(segments.edge_ms, Pointwise(DoubleEq(), {0.0, 3.0, 4.0}));
  EXPECT_THAT(segments.column, ElementsAre(0, 1));
}

TEST(MeanInference, IsOfTheWholeRunGapsAndAll) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {1'000'000, 11'000'000};
  iterations.end_ns = {5'000'000, 17'000'000};
  iterations.layer_ms = {4.0, 6.0};
  EXPECT_DOUBLE_EQ(mean_inference_ms(make_segments(iterations), 2), 8.0);
}

TEST(MeanInference, IsOfTheTimeFromTheFirstEdgeToTheLast) {
  Segments segments;
  segments.edge_ms = {10.0, 14.0, 26.0};
  segments.column = {0, 0};
  EXPECT_DOUBLE_EQ(mean_inference_ms(segments, 2), 8.0);
}

}  // namespace
}  // namespace layerwatt
