// idle.csv: start_ns,settled_ns,end_ns — stretches in which nothing ran, on purpose.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/block_reader.hpp"
#include "recording/numeric_csv.hpp"

namespace layerwatt::recording {

struct IdleFile {
  std::vector<IdleWindow> windows;
  bool truncated = false;  // the last one was cut short and left out
};

// Throws Error(bad_input) naming file and line for a window that ends before it starts or overlaps
// the one above it.
IdleFile read_idle(BlockReader& reader, LastRow last_row);

std::string idle_header();
// One row, its newline included.
std::string idle_row(const IdleWindow& window);

}  // namespace layerwatt::recording
