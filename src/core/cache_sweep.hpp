// What empties a GPU's cache in front of repeats (method excite), among the layers of a recording.
#pragma once

#include "layerwatt/recording.hpp"

namespace layerwatt {

// It is beside a pass, not in it: the last layer, of no time.
inline LayerInfo cache_sweep_layer() {
  return {"emptying the cache", "beside the pass", std::nullopt};
}

// By its type: a layer of the network may have the name.
inline bool is_cache_sweep(const LayerInfo& layer) {
  return layer.type == cache_sweep_layer().type;
}

}  // namespace layerwatt
