// Which layers of a profiled network the ranges of a captured graph are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cuda_graph_recorder.hpp"

namespace layerwatt {

// By captured range: the profiled layer of that name. Names may repeat: the k-th range of a name is
// the k-th layer of it. Several ranges of a name that only one layer has are parts of that layer.
// Empty where no layer has the name, and where it cannot be told which of several it is.
std::vector<std::optional<std::size_t>> match_layers(std::span<const std::string> ranges,
                                                     std::span<const std::string> profiled);

// A captured graph whose layers are profiled ones.
struct MatchedGraph {
  CapturedGraph graph;
  std::vector<std::size_t> profiled;  // by layer of `graph`: its number among the profiled
};

// Ranges that are no layer (that of a whole inference, around its layers) go: their nodes are
// outside layers. Layers are in the order in which they were captured.
MatchedGraph keep_layers(CapturedGraph graph, std::span<const std::optional<std::size_t>> layer_of);

}  // namespace layerwatt
