// How long a sensor of which nothing is known still shows what was before the run.
#pragma once

#include "layerwatt/recording.hpp"

namespace layerwatt {

// ms from the first start until the total's readings are at the level of the run; 0 where they are
// at once, where they scatter too much to tell, or where they take longer than sensors do (over 10
// s, or a fifth of the run): then it is the power itself that changes. Half as long again as until
// the readings' scatter hides the rest, which falls exponentially.
//
// A low pass of 0.5 s behind an idle device takes 0.5 % off the mean of a run of 60 s otherwise.
// `power` needs a total.
double settling_ms(const Iterations& iterations, const PowerSamples& power);

}  // namespace layerwatt
