// Half passes (method excite): which extra runs are one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace layerwatt {

// Where an engine runs half passes, extra runs of several layers are behind the pass, once each;
// those of one layer alone are in its place, as often as wanted. extra: one a layer, then what is
// outside layers.
template <class Count>
bool is_half_pass(std::span<const Count> extra) {
  const std::span<const Count> layers = extra.first(extra.empty() ? 0 : extra.size() - 1);
  return std::count_if(layers.begin(), layers.end(), [](Count n) { return n > 0; }) > 1;
}

}  // namespace layerwatt
