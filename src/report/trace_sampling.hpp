// What of a long run goes into a trace: as much as a viewer can hold, chosen evenly. Pure
// functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt {

// The step with which at most `most` of `count` things are taken, evenly: 1 = all. most >= 1.
std::size_t stride_for(std::size_t count, std::size_t most);

// Indices of at most about `most` values that show what all of them would: the lowest and the
// highest of each run of neighbours, in their order. NaN is passed over. All indices (but those of
// NaN) when there are no more than `most`.
std::vector<std::size_t> extremes(std::span<const double> values, std::size_t most);

}  // namespace layerwatt
