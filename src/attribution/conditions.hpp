// What held while the inferences ran: clocks and temperatures, over time. Pure.
#pragma once

#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// Over the time from the first inference to the last. A value holds until the next one; time before
// a signal's first value is left out. A signal that was not read in that time has no entry.
std::vector<Condition> conditions(const std::vector<Signal>& signals, const Iterations& iterations);

// Clocks that moved while the inferences ran: their layers are not all of one kind then. Of the
// CPUs, whose governors move them all the time, from a fifth on; of all others from a twentieth on.
std::vector<Warning> condition_warnings(const std::vector<Condition>& conditions);

}  // namespace layerwatt
