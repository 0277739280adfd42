#include "engine/cuda_graph_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::vector<std::vector<std::size_t>> nodes_of(const std::vector<GraphSegment>& segments) {
  std::vector<std::vector<std::size_t>> out;
  for (const GraphSegment& segment : segments) out.push_back(segment.nodes);
  return out;
}

// 0 → 1 → 2 → 3, of which 1 and 2 are layer 0 and 3 is layer 1; 0 is outside.
GraphShape chain() { return {{{0, 1}, {1, 2}, {2, 3}}, {2, 0, 0, 1}, 2}; }

// Layer 0 forks to layers 1 and 2, which join in layer 3.
GraphShape fork() { return {{{0, 1}, {0, 2}, {1, 3}, {2, 3}}, {0, 1, 2, 3}, 4}; }

TEST(CudaGraphPlan, ALayerIsOneSegmentAndANodeOutsideEachItsOwn) {
  EXPECT_THAT(nodes_of(graph_segments(chain())),
              ElementsAre(ElementsAre(0), ElementsAre(1, 2), ElementsAre(3)));
}

TEST(CudaGraphPlan, ALayerThatAnotherInterruptsIsCutIntoItsNodes) {
  const GraphShape nested{{{0, 1}, {1, 2}}, {0, 1, 0}, 2};
  EXPECT_THAT(nodes_of(graph_segments(nested)),
              ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(CudaGraphPlan, ACircleIsRefused) {
  EXPECT_THROW(graph_segments({{{0, 1}, {1, 0}}, {0, 0}, 1}), std::logic_error);
}

TEST(CudaGraphPlan, RepeatsALayerBetweenWhatItFollowsAndWhatFollowsIt) {
  const GraphShape shape = chain();
  const auto segments = graph_segments(shape);
  const GraphPlan plan = repeat_plan(shape, segments, std::vector<std::uint32_t>{2, 0, 0});
  EXPECT_THAT(plan.copies, ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(plan.removed, ElementsAre(GraphEdge{2, 3, 0}));
  EXPECT_THAT(plan.added,
              UnorderedElementsAre(GraphEdge{4, 5, 0}, GraphEdge{2, 4, 0}, GraphEdge{6, 7, 0},
                                   GraphEdge{5, 6, 0}, GraphEdge{7, 3, 0}));
}

TEST(CudaGraphPlan, TheCacheIsEmptiedBeforeEachCopyAndAtTheEnd) {
  // 0 → 1 → 2, a layer each; layer 1 twice more.
  const GraphShape shape{{{0, 1, 0}, {1, 2, 0}}, {0, 1, 2}, 3};
  const auto segments = graph_segments(shape);
  const GraphPlan plan =
      repeat_plan(shape, segments, std::vector<std::uint32_t>{0, 2, 0, 0}, {true, 2});
  EXPECT_THAT(plan.copies, ElementsAre(kEmptyCache, 1u, kEmptyCache, 1u, kEmptyCache, kEmptyCache));
  EXPECT_THAT(plan.removed, ElementsAre(GraphEdge{1, 2, 0}));
  EXPECT_THAT(plan.added,
              UnorderedElementsAre(GraphEdge{1, 3, 0}, GraphEdge{3, 4, 0}, GraphEdge{4, 5, 0},
                                   GraphEdge{5, 6, 0}, GraphEdge{6, 2, 0}, GraphEdge{2, 7, 0},
                                   GraphEdge{7, 8, 0}));
}

// 0 → 1 → 2 → 3, of which 1 and 2 are layer 1.
TEST(CudaGraphPlan, ASecondPassOfSomeLayersRunsBehindTheFirst) {
  const GraphShape shape{{{0, 1}, {1, 2}, {2, 3}}, {0, 1, 1, 2}, 3};
  const auto segments = graph_segments(shape);
  const GraphPlan last = second_pass_plan(shape, segments, std::vector<std::uint32_t>{0, 1, 1, 0});
  EXPECT_THAT(last.copies, ElementsAre(1, 2, 3));
  EXPECT_THAT(last.removed, IsEmpty());
  EXPECT_THAT(last.added,
              UnorderedElementsAre(GraphEdge{3, 4, 0}, GraphEdge{4, 5, 0}, GraphEdge{5, 6, 0}));
  const GraphPlan ends = second_pass_plan(shape, segments, std::vector<std::uint32_t>{1, 0, 1, 0});
  EXPECT_THAT(ends.copies, ElementsAre(0, 3));
  EXPECT_THAT(ends.added, UnorderedElementsAre(GraphEdge{3, 4, 0}, GraphEdge{4, 5, 0}));
  const GraphPlan none = second_pass_plan(shape, segments, std::vector<std::uint32_t>{0, 0, 0, 1});
  EXPECT_THAT(none.copies, IsEmpty()) << "what is outside is no layer";
}

TEST(CudaGraphPlan, WithoutExtraRunsNothingChanges) {
  const GraphShape shape = chain();
  const GraphPlan plan =
      repeat_plan(shape, graph_segments(shape), std::vector<std::uint32_t>{0, 0, 0});
  EXPECT_THAT(plan.copies, IsEmpty());
  EXPECT_THAT(plan.added, IsEmpty());
  EXPECT_THAT(plan.removed, IsEmpty());
}

TEST(CudaGraphPlan, BothBranchesOfAForkWaitForTheLastCopy) {
  const GraphShape shape = fork();
  const GraphPlan plan =
      repeat_plan(shape, graph_segments(shape), std::vector<std::uint32_t>{1, 0, 0, 0, 0});
  EXPECT_THAT(plan.removed, UnorderedElementsAre(GraphEdge{0, 1, 0}, GraphEdge{0, 2, 0}));
  EXPECT_THAT(plan.added,
              UnorderedElementsAre(GraphEdge{0, 4, 0}, GraphEdge{4, 1, 0}, GraphEdge{4, 2, 0}));
}

TEST(CudaGraphPlan, TwoSegmentsOfOnePlanKeepOutOfEachOther) {
  const GraphShape shape = chain();
  const GraphPlan plan =
      repeat_plan(shape, graph_segments(shape), std::vector<std::uint32_t>{1, 1, 1});
  EXPECT_THAT(plan.copies, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(plan.removed, UnorderedElementsAre(GraphEdge{0, 1, 0}, GraphEdge{2, 3, 0}));
  EXPECT_THAT(plan.added,
              UnorderedElementsAre(GraphEdge{0, 4, 0}, GraphEdge{4, 1, 0}, GraphEdge{5, 6, 0},
                                   GraphEdge{2, 5, 0}, GraphEdge{6, 3, 0}, GraphEdge{3, 7, 0}));
}

TEST(CudaGraphPlan, OneEventStandsBetweenLayersThatFollowEachOther) {
  const GraphShape shape{{{0, 1}, {1, 2}}, {0, 1, 2}, 3};
  const TimingPlan timing = timing_plan(shape, graph_segments(shape));
  EXPECT_EQ(timing.plan.events, 4u) << "an end each, and a begin for the first";
  ASSERT_THAT(timing.layers, SizeIs(3));
  EXPECT_EQ(timing.layers[1]->begin, timing.layers[0]->end);
  EXPECT_EQ(timing.layers[2]->begin, timing.layers[1]->end);
  EXPECT_THAT(timing.plan.removed, UnorderedElementsAre(GraphEdge{0, 1, 0}, GraphEdge{1, 2, 0}));
}

TEST(CudaGraphPlan, ALayerBehindANodeOutsideHasItsOwnBegin) {
  const GraphShape shape = chain();
  const TimingPlan timing = timing_plan(shape, graph_segments(shape));
  ASSERT_TRUE(timing.layers[0].has_value());
  EXPECT_NE(timing.layers[0]->begin, timing.layers[0]->end);
  // Node 0 → the event → node 1.
  const std::size_t begin = 4 + timing.layers[0]->begin;
  EXPECT_THAT(timing.plan.added,
              testing::IsSupersetOf({GraphEdge{0, begin, 0}, GraphEdge{begin, 1, 0}}));
}

TEST(CudaGraphPlan, ALayerInPiecesIsNotTimed) {
  const GraphShape nested{{{0, 1}, {1, 2}}, {0, 1, 0}, 2};
  const TimingPlan timing = timing_plan(nested, graph_segments(nested));
  EXPECT_FALSE(timing.layers[0].has_value());
  EXPECT_TRUE(timing.layers[1].has_value());
}

}  // namespace
}  // namespace layerwatt
