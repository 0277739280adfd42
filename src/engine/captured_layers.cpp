#include "engine/captured_layers.hpp"

#include <map>
#include <utility>

namespace layerwatt {

std::vector<std::optional<std::size_t>> match_layers(std::span<const std::string> ranges,
                                                     std::span<const std::string> profiled) {
  std::map<std::string, std::vector<std::size_t>> layers;
  for (std::size_t j = 0; j < profiled.size(); ++j) layers[profiled[j]].push_back(j);
  std::map<std::string, std::size_t> count;
  for (const std::string& range : ranges) ++count[range];

  std::map<std::string, std::size_t> seen;
  std::vector<std::optional<std::size_t>> layer_of;
  for (const std::string& range : ranges) {
    const std::size_t place = seen[range]++;
    const auto found = layers.find(range);
    if (found == layers.end()) {
      layer_of.emplace_back();
    } else if (found->second.size() == 1) {
      layer_of.emplace_back(found->second.front());
    } else if (found->second.size() == count[range]) {
      layer_of.emplace_back(found->second[place]);
    } else {
      layer_of.emplace_back();
    }
  }
  return layer_of;
}

MatchedGraph keep_layers(CapturedGraph graph,
                         std::span<const std::optional<std::size_t>> layer_of) {
  MatchedGraph kept;
  std::vector<CapturedLayer> layers;
  std::map<std::size_t, std::size_t> place;  // of a profiled layer in `layers`
  for (std::size_t range = 0; range < layer_of.size(); ++range) {
    if (!layer_of[range] || !place.emplace(*layer_of[range], layers.size()).second) continue;
    layers.push_back(graph.layers[range]);
    kept.profiled.push_back(*layer_of[range]);
  }
  for (std::size_t& owner : graph.owner) {
    const bool is_layer = owner < layer_of.size() && layer_of[owner].has_value();
    owner = is_layer ? place.at(*layer_of[owner]) : layers.size();
  }
  graph.layers = std::move(layers);
  kept.graph = std::move(graph);
  return kept;
}

}  // namespace layerwatt
