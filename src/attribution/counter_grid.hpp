// The clock that a counter of energy steps by.
#pragma once

#include <vector>

namespace layerwatt {

// A counter that is asked every few milliseconds is seen to step late by up to that, and by more
// when the host is busy: by 1 ms as a rule on an H100 and by 7 at times, of the 100 ms between two
// steps, which was all of the scatter of a step's mean power there. But it steps by a clock of its
// own. stamps_ms (ascending, of the steps) become those of the best straight line through them, by
// how many periods after the first each is (some may be missing). Its offset is the usual delay.
//
// Left as they are, and false: fewer than 20 stamps, or stamps that no such line fits: off by more
// than 3 % of the period (robust standard deviation), or by how much differs slowly.
bool put_on_grid(std::vector<double>& stamps_ms);

}  // namespace layerwatt
