// How well a response explains readings whose stamps may scatter. The residual's size alone is
// ruled by the few readings on steep power; here each counts by the variance that is expected of
// it.
#pragma once

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// −2 log likelihood, but for a constant: differences between responses for the same readings are
// squared deviations. The powers, the noise and the stamp error are those that fit best; a reading
// far off counts as an outlier, and no more.
double deviance_of(const Segments& segments, const Readings& readings, const Response& response);

}  // namespace layerwatt
