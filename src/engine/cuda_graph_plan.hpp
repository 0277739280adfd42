// How to change a captured graph so that layers run more than once, or are timed, in their place:
// pure functions over a graph's shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace layerwatt {

struct GraphEdge {
  std::size_t from = 0;
  std::size_t to = 0;
  std::uint64_t data = 0;  // the driver's; 0: a plain dependency

  bool operator==(const GraphEdge&) const = default;
};

struct GraphShape {
  std::vector<GraphEdge> edges;
  std::vector<std::size_t> owner;  // by node: a layer, or `layers` for what is outside them
  std::size_t layers = 0;

  std::size_t nodes() const { return owner.size(); }
};

// Nodes that are repeated as one: all of them, then all of them again.
struct GraphSegment {
  std::size_t owner = 0;
  std::vector<std::size_t> nodes;  // in an order in which no edge points back
};

// One segment a layer, except where a path leaves the layer and comes back (a range that was
// interrupted by another): then, and outside layers, each node is its own. Throws std::logic_error
// for edges that run in a circle.
std::vector<GraphSegment> graph_segments(const GraphShape& shape);

// In place of a node to be copied: a kernel that empties the cache.
inline constexpr std::size_t kEmptyCache = static_cast<std::size_t>(-1);

// Nodes are numbered: the graph's own first, then those added, in order.
struct GraphPlan {
  std::vector<std::size_t> copies;  // what each added node is a copy of; empty for events
  std::size_t events = 0;           // added event nodes, after the copies
  std::vector<GraphEdge> removed;   // edges of the graph
  std::vector<GraphEdge> added;
};

// How the cache is emptied in a graph with repeats.
struct CacheSweeps {
  bool before_repeats = false;   // before each extra run of a layer
  std::uint32_t at_the_end = 0;  // behind everything else, one after the other
};

// extra: one an owner, outside layers last. A copy begins when the run before it has ended, and
// what followed the layer follows its last copy.
GraphPlan repeat_plan(const GraphShape& shape, std::span<const GraphSegment> segments,
                      std::span<const std::uint32_t> extra, const CacheSweeps& sweeps = {});

// Behind the whole pass, a second one of the layers whose extra is not 0, one after the other in
// the order of the segments. Where layers follow each other that is the pass without the others.
GraphPlan second_pass_plan(const GraphShape& shape, std::span<const GraphSegment> segments,
                           std::span<const std::uint32_t> extra);

struct TimingPlan {
  GraphPlan plan;
  // By layer: numbers of its events. Empty where it cannot be timed as a whole.
  struct Events {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<std::optional<Events>> layers;
};

// An event after each layer, and one before it unless it follows directly on one other layer, whose
// end is then its begin.
TimingPlan timing_plan(const GraphShape& shape, std::span<const GraphSegment> segments);

}  // namespace layerwatt
