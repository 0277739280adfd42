#include "engine/cuda_graph_plan.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace layerwatt {
namespace {

using Nodes = std::vector<std::size_t>;

struct Neighbours {
  explicit Neighbours(const GraphShape& shape) : after(shape.nodes()), before(shape.nodes()) {
    for (const GraphEdge& edge : shape.edges) {
      after[edge.from].push_back(edge.to);
      before[edge.to].push_back(edge.from);
    }
  }
  std::vector<Nodes> after;
  std::vector<Nodes> before;
};

// Kahn's order; among nodes that are free at the same time, the one captured first.
Nodes topological(const Neighbours& neighbours) {
  const std::size_t count = neighbours.after.size();
  std::vector<std::size_t> waits(count);
  std::set<std::size_t> ready;
  for (std::size_t n = 0; n < count; ++n) {
    waits[n] = neighbours.before[n].size();
    if (waits[n] == 0) ready.insert(n);
  }
  Nodes order;
  while (!ready.empty()) {
    const std::size_t n = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(n);
    for (const std::size_t next : neighbours.after[n]) {
      if (--waits[next] == 0) ready.insert(next);
    }
  }
  if (order.size() != count) throw std::logic_error("a graph whose edges run in a circle");
  return order;
}

// Whether a path leaves the nodes of `owner` and comes back.
bool interrupted(const GraphShape& shape, const Neighbours& neighbours, std::size_t owner) {
  std::vector<char> seen(shape.nodes(), 0);
  Nodes open;
  for (std::size_t n = 0; n < shape.nodes(); ++n) {
    if (shape.owner[n] != owner) continue;
    for (const std::size_t next : neighbours.after[n]) {
      if (shape.owner[next] != owner) open.push_back(next);
    }
  }
  while (!open.empty()) {
    const std::size_t n = open.back();
    open.pop_back();
    if (seen[n]) continue;
    seen[n] = 1;
    for (const std::size_t next : neighbours.after[n]) {
      if (shape.owner[next] == owner) return true;
      open.push_back(next);
    }
  }
  return false;
}

struct Ends {
  Nodes roots;  // nothing of the segment comes before them
  Nodes sinks;  // nothing of the segment comes after them
};

Ends ends_of(const GraphSegment& segment, const Neighbours& neighbours) {
  const std::set<std::size_t> inside(segment.nodes.begin(), segment.nodes.end());
  const auto any_inside = [&](const Nodes& nodes) {
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](std::size_t n) { return inside.count(n) > 0; });
  };
  Ends ends;
  for (const std::size_t n : segment.nodes) {
    if (!any_inside(neighbours.before[n])) ends.roots.push_back(n);
    if (!any_inside(neighbours.after[n])) ends.sinks.push_back(n);
  }
  return ends;
}

// A segment to be run again, as often as wanted.
class Again {
 public:
  Again(const GraphShape& shape, const Neighbours& neighbours, const GraphSegment& segment)
      : nodes_(segment.nodes), ends_(ends_of(segment, neighbours)), before_copies_(shape.nodes()) {
    place_.assign(shape.nodes(), nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) place_[nodes_[i]] = i;
    for (const GraphEdge& edge : shape.edges) {
      const std::size_t from = place_[edge.from];
      const std::size_t to = place_[edge.to];
      if (from < nodes_.size() && to < nodes_.size()) inner_.push_back({from, to, edge.data});
    }
  }

  const Nodes& sinks() const { return ends_.sinks; }

  // Once more, when all of `before` have ended; the last nodes of the copy.
  Nodes run(GraphPlan& plan, const Nodes& before) const {
    const std::size_t first = before_copies_ + plan.copies.size();
    plan.copies.insert(plan.copies.end(), nodes_.begin(), nodes_.end());
    for (const GraphEdge& edge : inner_) {
      plan.added.push_back({first + edge.from, first + edge.to, edge.data});
    }
    for (const std::size_t root : ends_.roots) {
      for (const std::size_t node : before) plan.added.push_back({node, first + place_[root], 0});
    }
    Nodes last;
    for (const std::size_t sink : ends_.sinks) last.push_back(first + place_[sink]);
    return last;
  }

 private:
  const Nodes& nodes_;
  const Ends ends_;
  const std::size_t before_copies_;
  std::vector<std::size_t> place_;  // of a node within the segment
  std::vector<GraphEdge> inner_;    // its own edges, by position within it
};

void add_once(std::vector<GraphEdge>& edges, std::size_t from, std::size_t to) {
  const GraphEdge edge{from, to, 0};
  if (std::find(edges.begin(), edges.end(), edge) == edges.end()) edges.push_back(edge);
}

// Edges that leave the segment.
std::vector<GraphEdge> leaving(const GraphShape& shape, const GraphSegment& segment) {
  const std::set<std::size_t> inside(segment.nodes.begin(), segment.nodes.end());
  std::vector<GraphEdge> out;
  for (const GraphEdge& edge : shape.edges) {
    if (inside.count(edge.from) > 0 && inside.count(edge.to) == 0) out.push_back(edge);
  }
  return out;
}

// Nodes that nothing follows once the plan is carried out.
Nodes last_nodes(const GraphShape& shape, const GraphPlan& plan) {
  std::vector<int> followers(shape.nodes() + plan.copies.size(), 0);
  for (const GraphEdge& edge : shape.edges) ++followers[edge.from];
  for (const GraphEdge& edge : plan.removed) --followers[edge.from];
  for (const GraphEdge& edge : plan.added) ++followers[edge.from];
  Nodes last;
  for (std::size_t n = 0; n < followers.size(); ++n) {
    if (followers[n] == 0) last.push_back(n);
  }
  return last;
}

}  // namespace

std::vector<GraphSegment> graph_segments(const GraphShape& shape) {
  const Neighbours neighbours(shape);
  const Nodes order = topological(neighbours);
  std::vector<char> whole(shape.layers + 1, 0);
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    whole[layer] = interrupted(shape, neighbours, layer) ? 0 : 1;
  }
  std::vector<GraphSegment> segments;
  std::vector<std::optional<std::size_t>> segment_of(shape.layers);
  for (const std::size_t n : order) {
    const std::size_t owner = shape.owner[n];
    if (!whole[owner]) {
      segments.push_back({owner, {n}});
      continue;
    }
    if (!segment_of[owner]) {
      segment_of[owner] = segments.size();
      segments.push_back({owner, {}});
    }
    segments[*segment_of[owner]].nodes.push_back(n);
  }
  return segments;
}

GraphPlan repeat_plan(const GraphShape& shape, std::span<const GraphSegment> segments,
                      std::span<const std::uint32_t> extra, const CacheSweeps& sweeps) {
  const Neighbours neighbours(shape);
  GraphPlan plan;
  const auto sweep_after = [&](const Nodes& before) {
    const std::size_t sweep = shape.nodes() + plan.copies.size();
    plan.copies.push_back(kEmptyCache);
    for (const std::size_t node : before) plan.added.push_back({node, sweep, 0});
    return sweep;
  };
  for (const GraphSegment& segment : segments) {
    if (segment.owner >= extra.size() || extra[segment.owner] == 0) continue;
    const Again again(shape, neighbours, segment);
    Nodes last_sinks = again.sinks();
    for (std::uint32_t run = 0; run < extra[segment.owner]; ++run) {
      if (sweeps.before_repeats && segment.owner < shape.layers) {
        last_sinks = {sweep_after(last_sinks)};
      }
      last_sinks = again.run(plan, last_sinks);
    }
    std::set<std::size_t> followers;
    for (const GraphEdge& edge : leaving(shape, segment)) {
      plan.removed.push_back(edge);
      followers.insert(edge.to);
    }
    for (const std::size_t follower : followers) {
      for (const std::size_t sink : last_sinks) plan.added.push_back({sink, follower, 0});
    }
  }
  for (std::uint32_t run = 0; run < sweeps.at_the_end; ++run) {
    sweep_after(last_nodes(shape, plan));
  }
  return plan;
}

GraphPlan second_pass_plan(const GraphShape& shape, std::span<const GraphSegment> segments,
                           std::span<const std::uint32_t> extra) {
  const Neighbours neighbours(shape);
  GraphPlan plan;
  Nodes last = last_nodes(shape, plan);
  for (const GraphSegment& segment : segments) {
    if (segment.owner >= shape.layers || extra[segment.owner] == 0) continue;
    last = Again(shape, neighbours, segment).run(plan, last);
  }
  return plan;
}

TimingPlan timing_plan(const GraphShape& shape, std::span<const GraphSegment> segments) {
  const Neighbours neighbours(shape);
  TimingPlan timing;
  GraphPlan& plan = timing.plan;
  timing.layers.resize(shape.layers);
  std::vector<std::size_t> count(shape.layers + 1, 0);
  for (const GraphSegment& segment : segments) ++count[segment.owner];
  const auto timed = [&](std::size_t owner) { return owner < shape.layers && count[owner] == 1; };
  const auto node_of = [&](std::size_t event) { return shape.nodes() + event; };

  for (const GraphSegment& segment : segments) {
    if (timed(segment.owner)) timing.layers[segment.owner] = {0, plan.events++};
  }
  for (const GraphSegment& segment : segments) {
    if (!timed(segment.owner)) continue;
    TimingPlan::Events& events = *timing.layers[segment.owner];
    const Ends ends = ends_of(segment, neighbours);
    for (const std::size_t sink : ends.sinks) plan.added.push_back({sink, node_of(events.end), 0});
    for (const GraphEdge& edge : leaving(shape, segment)) {
      plan.removed.push_back(edge);
      add_once(plan.added, node_of(events.end), edge.to);
    }
    // What it waits for, and which of its nodes do.
    std::set<std::size_t> waits_for;
    std::set<std::size_t> layers_before;
    std::set<std::size_t> waiting(ends.roots.begin(), ends.roots.end());
    bool free_root = false;
    for (const std::size_t n : segment.nodes) {
      bool any = false;
      for (const std::size_t before : neighbours.before[n]) {
        if (shape.owner[before] == segment.owner) continue;
        any = true;
        waiting.insert(n);
        if (timed(shape.owner[before])) {
          layers_before.insert(shape.owner[before]);
        } else {
          waits_for.insert(before);
        }
      }
      const bool root = std::find(ends.roots.begin(), ends.roots.end(), n) != ends.roots.end();
      free_root = free_root || (root && !any);
    }
    if (layers_before.size() == 1 && waits_for.empty() && !free_root) {
      events.begin = timing.layers[*layers_before.begin()]->end;
      continue;
    }
    events.begin = plan.events++;
    for (const std::size_t before : waits_for) {
      plan.added.push_back({before, node_of(events.begin), 0});
    }
    for (const std::size_t layer : layers_before) {
      add_once(plan.added, node_of(timing.layers[layer]->end), node_of(events.begin));
    }
    for (const std::size_t n : waiting) plan.added.push_back({node_of(events.begin), n, 0});
  }
  return timing;
}

}  // namespace layerwatt
