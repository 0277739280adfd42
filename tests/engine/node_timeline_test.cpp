#include "engine/node_timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

// An inference of `elapsed` µs from `begin` on a clock that nobody touches.
InferenceSpan span_of(std::int64_t begin, std::int64_t elapsed) {
  return {begin, begin + elapsed, elapsed};
}

TEST(NodeTimeline, LayersAreTheNodesThatRanInTheOrderTheyBegan) {
  const std::vector<NodeReading> nodes = {{0, 0}, {1300, 5}, {1010, 290}, {0, 0}, {1300, 0}};
  const NodeTimeline timeline(nodes, span_of(1000, 400));
  EXPECT_EQ(timeline.nodes(), (std::vector<std::size_t>{2, 1, 4}));
}

TEST(NodeTimeline, ALayerLastsUntilTheNextBegins) {
  std::vector<NodeReading> nodes = {{1010, 100}, {1110, 50}, {1160, 40}};
  NodeTimeline timeline(nodes, span_of(1000, 300));
  // The means are what the runtime says, cut and averaged; the stamps are this inference's.
  nodes = {{2020, 105}, {2150, 50}, {2210, 40}};
  std::vector<double> ms;
  timeline.layer_ms(nodes, span_of(2000, 300), ms);
  ASSERT_EQ(ms.size(), 3U);
  EXPECT_DOUBLE_EQ(ms[0], 0.130);
  EXPECT_DOUBLE_EQ(ms[1], 0.060);
}

// Spans to the end: 140 µs first, 90 µs now, 115 on average; the node's own mean is 40 (+ 0.5).
TEST(NodeTimeline, TheLastLayerGetsItsShareOfTheRest) {
  std::vector<NodeReading> nodes = {{1010, 100}, {1160, 40}};
  NodeTimeline timeline(nodes, span_of(1000, 300));
  nodes = {{2010, 100}, {2210, 40}};
  std::vector<double> ms;
  timeline.layer_ms(nodes, span_of(2000, 300), ms);
  EXPECT_DOUBLE_EQ(ms[1], 0.090 * 40.5 / 115.0);
}

// Ten thousand inferences in, the runtime's mean times their number is wrong by milliseconds; the
// mean of the last layer's times must still be the runtime's mean.
TEST(NodeTimeline, TheLastLayersMeanIsTheRuntimes) {
  std::vector<NodeReading> nodes = {{10, 5}, {20, 200}};
  NodeTimeline timeline(nodes, span_of(0, 300));
  double sum_ms = 0.0;
  std::vector<double> ms;
  for (int k = 1; k <= 10000; ++k) {
    const std::int64_t begin = 1000 * k;
    nodes = {{begin + 10, 5}, {begin + 20, 200}};
    timeline.layer_ms(nodes, span_of(begin, 260 + 10 * (k % 5)), ms);
    sum_ms += ms[1];
  }
  EXPECT_NEAR(sum_ms / 10000, 0.2005, 0.0001);
}

TEST(NodeTimeline, NeverLongerThanWhatIsLeft) {
  std::vector<NodeReading> nodes = {{10, 500}};
  NodeTimeline timeline(nodes, span_of(0, 100));
  std::vector<double> ms;
  nodes = {{1010, 500}};
  timeline.layer_ms(nodes, span_of(1000, 100), ms);
  EXPECT_DOUBLE_EQ(ms[0], 0.090);
}

// The stamp of a node that is skipped stays that of the inference before.
TEST(NodeTimeline, ALayerThatDidNotRunIsMissingAndNotZero) {
  std::vector<NodeReading> nodes = {{1010, 10}, {1020, 10}, {1030, 10}};
  NodeTimeline timeline(nodes, span_of(1000, 50));
  nodes = {{2010, 10}, {1020, 10}, {2030, 10}};
  std::vector<double> ms;
  timeline.layer_ms(nodes, span_of(2000, 50), ms);
  EXPECT_DOUBLE_EQ(ms[0], 0.020);
  EXPECT_TRUE(std::isnan(ms[1]));
  EXPECT_FALSE(std::isnan(ms[2]));
}

TEST(NodeTimeline, AnotherOrderInALaterInferenceIsFollowed) {
  std::vector<NodeReading> nodes = {{1010, 10}, {1020, 10}, {1040, 5}};
  NodeTimeline timeline(nodes, span_of(1000, 50));
  nodes = {{2025, 10}, {2010, 10}, {2040, 5}};
  std::vector<double> ms;
  timeline.layer_ms(nodes, span_of(2000, 50), ms);
  EXPECT_DOUBLE_EQ(ms[0], 0.015);
  EXPECT_DOUBLE_EQ(ms[1], 0.015);
}

TEST(NodeTimeline, AClockThatWasSetLeavesNoTimes) {
  std::vector<NodeReading> nodes = {{1010, 10}, {1020, 20}};
  NodeTimeline timeline(nodes, span_of(1000, 50));
  std::vector<double> ms;
  // Forward by an hour between the two nodes, and back by one.
  nodes = {{2010, 10}, {3600002020, 20}};
  timeline.layer_ms(nodes, {2000, 3600002050, 50}, ms);
  EXPECT_TRUE(std::isnan(ms[0]));
  EXPECT_TRUE(std::isnan(ms[1]));
  nodes = {{3600003010, 10}, {3020, 20}};
  timeline.layer_ms(nodes, {3600003000, 3050, 50}, ms);
  EXPECT_TRUE(std::isnan(ms[0]));
  EXPECT_TRUE(std::isnan(ms[1]));
  // Set between two inferences it harms none.
  nodes = {{510, 10}, {520, 20}};
  timeline.layer_ms(nodes, span_of(500, 50), ms);
  EXPECT_DOUBLE_EQ(ms[0], 0.010);
}

TEST(NodeTimeline, AModelWithoutNodesHasNoLayers) {
  NodeTimeline timeline({}, span_of(0, 10));
  std::vector<double> ms = {1.0};
  timeline.layer_ms({}, span_of(0, 10), ms);
  EXPECT_TRUE(ms.empty());
}

}  // namespace
}  // namespace layerwatt
