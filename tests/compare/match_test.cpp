#include "compare/match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OnnxNodes, AsTensorRtJoinsThem) {
  EXPECT_THAT(onnx_nodes("/conv1/Conv"), ElementsAre("/conv1/Conv"));
  EXPECT_THAT(onnx_nodes("/conv1/Conv + /relu/Relu"), ElementsAre("/conv1/Conv", "/relu/Relu"));
  EXPECT_THAT(onnx_nodes("a || b || c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(onnx_nodes("PWN(/s/Sigmoid, /m/Mul)"), ElementsAre("/m/Mul", "/s/Sigmoid"));
  EXPECT_THAT(onnx_nodes("PWN(PWN(a), b) + c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(onnx_nodes("{ForeignNode[/x/Shape.../y/Concat]}"),
              ElementsAre("/x/Shape", "/y/Concat"));
}

TEST(OnnxNodes, NoneInWhatTheEnginePutIn) {
  EXPECT_THAT(onnx_nodes("Reformatting CopyNode for Input Tensor 0 to a + b"), IsEmpty());
  EXPECT_THAT(onnx_nodes(""), IsEmpty());
}

std::string shown(const std::vector<Match>& matches) {
  std::string text;
  for (const Match& match : matches) {
    text += to_string(match.kind);
    for (const std::size_t i : match.before) text += " a" + std::to_string(i);
    for (const std::size_t i : match.after) text += " b" + std::to_string(i);
    text += "; ";
  }
  return text;
}

TEST(MatchLayers, ByNameInAnyOrder) {
  EXPECT_EQ(shown(match_layers({"x", "y"}, {"y", "x"})), "name a0 b1; name a1 b0; ");
}

TEST(MatchLayers, EqualNamesInTheirOrder) {
  EXPECT_EQ(shown(match_layers({"r", "x", "r"}, {"r", "r", "x"})),
            "name a0 b0; name a1 b2; name a2 b1; ");
}

TEST(MatchLayers, WhatWasFusedOtherwiseSharesNodes) {
  EXPECT_EQ(shown(match_layers({"conv + relu", "pool"}, {"conv", "relu", "pool"})),
            "nodes a0 b0 b1; name a1 b2; ");
  EXPECT_EQ(shown(match_layers({"a + b", "c + d"}, {"a", "b + c", "d"})), "nodes a0 a1 b0 b1 b2; ");
}

// A name that matches is enough: a node that it shares with another layer must not draw that in.
TEST(MatchLayers, ANameGoesBeforeNodes) {
  EXPECT_EQ(shown(match_layers({"a + b", "a"}, {"a + b", "a"})), "name a0 b0; name a1 b1; ");
}

TEST(MatchLayers, WhatIsNewStandsWhereItRuns) {
  EXPECT_EQ(
      shown(match_layers({"x", "old", "y"}, {"new0", "x", "Reformatting CopyNode", "y", "new"})),
      "only_after b0; name a0 b1; only_after b2; only_before a1; name a2 b3; only_after b4; ");
}

TEST(MatchLayers, NothingAtAll) { EXPECT_THAT(match_layers({}, {}), IsEmpty()); }

TEST(TiedMatches, AreThoseThatAGroupOfEitherSideHolds) {
  const auto matches = match_layers({"a", "b", "c", "d"}, {"a", "b", "c", "d"});
  const std::vector<LayerGroup> before{{{0, 1}, Missing{"x"}}};
  const std::vector<LayerGroup> after{{{1, 2}, Missing{"x"}}};
  EXPECT_THAT(tied_matches(matches, before, after), ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_THAT(tied_matches(matches, {}, {}), IsEmpty());
}

}  // namespace
}  // namespace layerwatt
