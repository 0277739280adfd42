// Which rails of a board add up to a total, and what that total covers. By the set of rail names,
// never by the board's name (modules move between carriers) and never by a pattern (VDD_CPU_GPU_CV
// is part of VDD_IN; adding all that is called VDD counts it twice).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt {

struct RailSet {
  std::array<std::string_view, 6> rails;  // all of them must be there; unused ones are empty
  std::size_t count = 0;
  std::string_view scope;   // what their sum covers: "module", "devkit input", "module part"
  std::string_view source;  // why
};

// First match wins.
std::span<const RailSet> rail_sets();

// The set of which every rail is there exactly once; nullptr when there is none.
const RailSet* find_rail_set(std::span<const std::string_view> names);

struct RailChoice {
  std::vector<Rail> rails;  // one a name, in the order given; none in_total without a set
  std::string scope;        // empty: no total may be formed
  std::string reason;       // why not; empty where there is a scope
};

RailChoice choose_rails(std::span<const std::string_view> names);
RailChoice choose_rails(std::span<const std::string> names);

}  // namespace layerwatt
