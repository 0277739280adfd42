// The whole search for an unknown response: coarse grid, ranking by the full model, refinement.
#pragma once

#include "attribution/fit.hpp"
#include "attribution/response_refine.hpp"
#include "attribution/response_search.hpp"

namespace layerwatt {

// Channel 0 of the readings alone.
Readings total_only(const Readings& readings);

// The response with the least residual of all that the search found; mean_square 0: none was found.
// Reads channel 0, and uses every processor. `all_over`: does not go by the steps at the run's
// ends, and looks several times as long.
Refined find_response(const Iterations& iterations, const Segments& segments,
                      const Readings& readings, const KnownResponse& known, double max_latency_ms,
                      bool all_over = false);

}  // namespace layerwatt
