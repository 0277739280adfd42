// Which layers of two engines belong together. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "layerwatt/compare.hpp"

namespace layerwatt {

struct Match {
  MatchKind kind = MatchKind::name;
  std::vector<std::size_t> before;  // ascending
  std::vector<std::size_t> after;
};

// Every layer of either side is in exactly one match. Ordered by the first layer before; what is
// new stands after the match of the layer in front of it.
std::vector<Match> match_layers(const std::vector<std::string>& before,
                                const std::vector<std::string>& after);

// Sets of matches (by index) that groups of either side tie together: more than one match each.
std::vector<std::vector<std::size_t>> tied_matches(const std::vector<Match>& matches,
                                                   const std::vector<LayerGroup>& before,
                                                   const std::vector<LayerGroup>& after);

}  // namespace layerwatt
