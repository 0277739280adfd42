// From a Recording to a Result: pure, deterministic, knows no device.
#pragma once

#include <optional>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct AttributionOptions {
  std::optional<Method>
      method;  // empty: chosen by the sensor's response and the data, and said why
};

// Throws Error(bad_input) for a recording without iterations. A recording without power gives a
// result with times alone and the reason "no_power".
Result attribute(const Recording& recording, const AttributionOptions& options = {});

}  // namespace layerwatt
