// What a network adds to the idle board: pure functions.
#pragma once

#include "attribution/timeline.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// Idle power from the recording's idle windows (those before the first inference, those after the
// last), and active energy of every layer, the time outside and the whole. Adds a warning where
// idle power drifted, or could not be found. Leaves a result without idle windows alone.
void add_idle_baseline(Result& result, const Recording& recording, const SlotTimes& times);

// Energy less idle power × time. Both half-widths count; none where one of them has none.
Known<Estimate> active_energy(const Known<Estimate>& energy_mj, const Known<Estimate>& idle_mw,
                              double time_ms);

}  // namespace layerwatt
