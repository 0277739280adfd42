// Steps and windows of bursts that nothing explains.
#pragma once

#include <cstddef>
#include <optional>

#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_mirrors.hpp"

namespace layerwatt {

// By how many standard deviations the power in a window is off, all of it alike: the coefficient of
// a column that is one in this window alone, had it been in the fit, over what the noise makes of
// it. Empty where the window is hardly checked by others. mirrors: of the trial's fit; noise: the
// variance of its rows.
std::optional<double> window_off(const BurstSteps& steps, const BurstTrial& trial,
                                 const Mirrors& mirrors, double noise, std::size_t window);

// Leaves out what is more than six robust standard deviations off: steps (at most one in twenty),
// then windows (likewise), none of whose steps alone may look odd. One at a time, the worst first;
// what a part cannot do without stays. trial: what is left, in full; its lag, time constant and
// drift stay. Returns how many steps were left out.
std::size_t leave_out_odd(BurstSteps& steps, BurstTrial& trial, double pass_ms);

}  // namespace layerwatt
