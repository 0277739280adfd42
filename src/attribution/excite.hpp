// Method excite: from windows in which layers ran extra times to a power and an energy for each.
#pragma once

#include <string>
#include <vector>

#include "attribution/layer_power.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct Excitation {
  PowerEstimates estimates;
  ColumnPower total;               // of a plain pass, from its start to the next one's
  std::vector<ColumnPower> rails;  // likewise
  Known<Metric> power_draw_mw;     // of the readings in settled plain windows
  std::string reason;              // one sentence for Result::method_reason
  // The energy outside layers is what is left of a pass, so that closure would be 1 whatever went
  // wrong.
  bool outside_is_rest = false;
};

// A layer's energy is its power, from the windows, times its time in place, from the iterations:
// a repeat finds its data in the cache and is quicker than the layer in its place, but draws the
// same while it runs. Layers that were never repeated share what is left. What is outside layers
// has, where it was repeated, its own power; where it is less than 2 % of a pass, the mean power,
// give or take all of it; else it is what is left of the measured pass.
// Where there is no total or too few windows, everything is missing, and the reason says so.
Excitation excite(const Recording& recording, const SlotTimes& times);

}  // namespace layerwatt
