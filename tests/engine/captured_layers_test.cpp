#include "engine/captured_layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using Names = std::vector<std::string>;
constexpr std::nullopt_t kNone = std::nullopt;

TEST(CapturedLayers, ARangeIsTheLayerOfItsName) {
  EXPECT_THAT(match_layers(Names{"enqueue", "conv", "pool"}, Names{"conv", "pool"}),
              ElementsAre(kNone, 0u, 1u));
}

TEST(CapturedLayers, TheSecondOfANameIsTheSecond) {
  EXPECT_THAT(match_layers(Names{"fc", "conv", "fc"}, Names{"conv", "fc", "fc"}),
              ElementsAre(1u, 0u, 2u));
}

TEST(CapturedLayers, RangesOfAnOnlyLayerAreItsParts) {
  EXPECT_THAT(match_layers(Names{"conv", "conv", "pool"}, Names{"conv", "pool"}),
              ElementsAre(0u, 0u, 1u));
}

TEST(CapturedLayers, WhichOfTwoARangeIsIsNotGuessed) {
  EXPECT_THAT(match_layers(Names{"fc", "conv"}, Names{"fc", "conv", "fc"}), ElementsAre(kNone, 1u));
}

TEST(CapturedLayers, WhatIsNoLayerIsOutsideLayers) {
  int nodes[4] = {};
  CapturedGraph captured;
  captured.layers = {{"enqueue", "memset"}, {"pool", "max"}, {"conv", "gemm"}};
  for (int& node : nodes) captured.nodes.push_back(&node);
  captured.owner = {0, 1, 2, 3};
  const MatchedGraph kept = keep_layers(
      captured, match_layers(Names{"enqueue", "pool", "conv"}, Names{"conv", "relu", "pool"}));
  ASSERT_EQ(kept.graph.layers.size(), 2u);
  EXPECT_EQ(kept.graph.layers[0].name, "pool") << "in the order of the capture";
  EXPECT_THAT(kept.profiled, ElementsAre(2u, 0u));
  EXPECT_THAT(kept.graph.owner, ElementsAre(2u, 0u, 1u, 2u));
}

TEST(CapturedLayers, PartsOfALayerAreOne) {
  int nodes[3] = {};
  CapturedGraph captured;
  captured.layers = {{"conv", "a"}, {"conv", "b"}, {"pool", "c"}};
  for (int& node : nodes) captured.nodes.push_back(&node);
  captured.owner = {0, 1, 2};
  const MatchedGraph kept =
      keep_layers(captured, match_layers(Names{"conv", "conv", "pool"}, Names{"conv", "pool"}));
  EXPECT_THAT(kept.graph.owner, ElementsAre(0u, 0u, 1u));
  EXPECT_THAT(kept.profiled, ElementsAre(0u, 1u));
}

}  // namespace
}  // namespace layerwatt
