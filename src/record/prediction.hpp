// When a run will be precise enough: pure functions. Intervals narrow with the square root of time.
#pragma once

#include <optional>

namespace layerwatt {

// What the real attribution said last.
struct PrecisionThen {
  double at_s = 0.0;       // of the run
  double worst_pct = 0.0;  // its widest interval then
};

// The widest interval by now.
double worst_pct_now(const PrecisionThen& then, double now_s);

// When the target will be met, in seconds of the run; now_s at the earliest.
double met_at_s(const PrecisionThen& then, double now_s, double target_pct);

// When to ask again: an estimate costs the more the longer the run, so after twice the time; sooner
// where the target will be met before, but not by less than a fifth of the time, since predictions
// are uncertain too.
double ask_again_s(double asked_s, const std::optional<double>& met_at_s);

}  // namespace layerwatt
