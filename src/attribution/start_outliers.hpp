// A sensor slower than the response that was found for it.
#pragma once

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// The share of outliers (weight 0) in the first 60 ms after the start in which the found response
// has left behind what was before it: latency + window + 4 time constants. A slower sensor is still
// rising there. Later its readings hardly move, and a short response with nearly equal layers
// explains them. 0 without such readings.
double outliers_after_start(const Segments& segments, const Readings& readings,
                            const Response& response);

}  // namespace layerwatt
