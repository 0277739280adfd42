// power.tegrastats: lines of NVIDIA's tegrastats, each behind the time it arrived at.
#pragma once

#include "recording/power_csv.hpp"

namespace layerwatt::recording {

// Lines that cannot be read are left out and counted; a rail that a line does not print is NaN
// there. Throws Error(bad_input) for a line without an `epoch_seconds::` stamp, stamps that go
// back, and a log in which no line prints a rail.
Readings read_tegrastats_log(BlockReader& reader, LastRow last_row);

}  // namespace layerwatt::recording
