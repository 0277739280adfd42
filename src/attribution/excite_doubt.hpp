// Which parts of an excitation a figure cannot be given for.
#pragma once

#include <span>
#include <vector>

#include "attribution/excite_fit.hpp"

namespace layerwatt {

// Parts that count (their energy and its interval reach 2 % of the pass) and whose energy is not
// known to within half of it, is not above zero, or is above that of the whole pass. place_ms: one
// a layer, then what is outside layers, in a pass; half_mw: by row of the fit, of the total.
//
// Such a figure is worse than none. In one recording of an H100 a matrix product of 23 % of the
// energy came out at three times what it was, and its interval did not say so; at a thirtieth in
// another.
std::vector<std::size_t> doubtful_parts(const ExciteFit& fit, std::span<const double> place_ms,
                                        std::span<const double> half_mw);

// The fit as if it said nothing of these parts: the others' figures stay what they are.
ExciteFit without_parts(const ExciteFit& fit, const std::vector<std::size_t>& parts);

}  // namespace layerwatt
