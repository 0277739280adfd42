// A simulated board's tegrastats: its lines, in real time.
#pragma once

#include <iosfwd>
#include <memory>

#include "layerwatt/clock.hpp"
#include "sim/spec.hpp"

namespace layerwatt::cli {

// Runs the network without a pause and writes a line every interval_ms, flushed, until `out` takes
// no more (a closed pipe, a full disk) or `lines` are written (0: no limit). Throws
// Error(bad_input) for a spec whose readings are not lines of tegrastats.
void print_live_tegrastats(sim::Spec spec, const std::shared_ptr<Clock>& clock, double interval_ms,
                           std::ostream& out, std::size_t lines = 0);

}  // namespace layerwatt::cli
