// Layers that the sensor cannot tell apart share one group: what is left of the measured energy
// when everything that can be told apart is taken off.
#pragma once

#include <vector>

#include "attribution/layer_power.hpp"
#include "attribution/measured.hpp"
#include "attribution/timeline.hpp"

namespace layerwatt {

// `grouped`: by slot, as in MethodChoice. Layers without a reading join the group: their energy is
// in the remainder too. The group's energy has an interval, unless one of the parts taken off has
// none; its members get the split by time, the reason "not_separable" and no interval. Time outside
// the layers that cannot be told apart either gets its share by time, and the group's interval is
// widened by all of it: the power outside is taken to be between 0 and twice the mean.
void share_group(PowerEstimates& estimates, std::vector<bool> grouped, const Measured& measured,
                 const SlotTimes& times);

}  // namespace layerwatt
