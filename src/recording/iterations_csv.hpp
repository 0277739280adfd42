// iterations.csv: one row an inference, one column a layer.
#pragma once

#include <cstddef>

#include "layerwatt/recording.hpp"
#include "recording/numeric_csv.hpp"

namespace layerwatt::recording {

struct IterationsFile {
  Iterations iterations;  // at least one row, sorted, not overlapping; times ≥ 0 or NaN
  bool truncated = false;
  bool not_utf8 = false;
  // Rows whose layers add up to more than the inference took: profiling overhead does that.
  std::size_t overfull_rows = 0;
};

// Throws Error(bad_input) naming file and line.
IterationsFile read_iterations(BlockReader& reader, LastRow last_row);

}  // namespace layerwatt::recording
