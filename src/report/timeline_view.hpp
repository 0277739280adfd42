// A recording cut down to what a drawing can show: the whole run in pieces, each with its lowest,
// highest and mean reading, and a few inferences with everything. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt {

// One value a piece; NaN where nothing was read.
struct Pieces {
  std::vector<double> min;
  std::vector<double> max;
  std::vector<double> mean;
};

struct RunOverview {
  std::int64_t begin_ns = 0;
  double step_ms = 0.0;
  std::size_t pieces = 0;
  std::vector<Pieces> rails_mw;  // in the order of PowerSamples::rails
  Pieces total_mw;               // all NaN without a total
  Pieces latency_ms;             // of the inferences that end in the piece
};

// At most `most` pieces of equal length over all readings; no piece for fewer than two readings.
// Every reading is in one piece, so that no peak is lost.
RunOverview run_overview(const Recording& recording, std::size_t most);

// Inferences [first, last) and readings [first, last).
struct CloseUp {
  std::pair<std::size_t, std::size_t> inferences;
  std::pair<std::size_t, std::size_t> readings;
};

// Neighbouring inferences from the middle of the run: three, or as many as hold `wanted` readings,
// as long as their layers are at most `most_slices` (one inference is always taken). Empty ranges
// without inferences or readings.
CloseUp close_up(const Recording& recording, std::size_t wanted, std::size_t most_slices);

}  // namespace layerwatt
