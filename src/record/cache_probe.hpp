// Whether the repeats of a layer find in the cache what the layer in its place does not: by time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "layerwatt/engine.hpp"
#include "record/excitation_design.hpp"

namespace layerwatt {

// Runs a few ms of passes that repeat each part before `beside`, without and with the cache emptied
// in front of each repeat, as often as the design will; what they draw is not asked. run_ms: of one
// run of `beside`. One result a part before it; parts that cannot be repeated have the default.
std::vector<CacheKinds> probe_cache(Repeating& repeating, std::span<const ExcitablePart> parts,
                                    double pass_ms, double boost, std::size_t beside,
                                    double run_ms);

}  // namespace layerwatt
