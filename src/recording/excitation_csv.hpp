// excitation.csv: start_ns,settled_ns,end_ns,round,passes,clock_mhz,<layer>,…,outside layers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/block_reader.hpp"
#include "recording/numeric_csv.hpp"

namespace layerwatt::recording {

struct ExcitationFile {
  std::vector<ExcitationWindow> windows;
  bool truncated = false;  // the last one was cut short and left out
};

// `layers`: how many iterations.csv has. Throws Error(bad_input) naming file and line for a window
// that ends before it starts or overlaps the one above it, has no pass, or counts that are not
// whole numbers from 0 on.
ExcitationFile read_excitation(BlockReader& reader, LastRow last_row, std::size_t layers);

std::string excitation_header(const std::vector<LayerInfo>& layers);
// One row, its newline included.
std::string excitation_row(const ExcitationWindow& window);

}  // namespace layerwatt::recording
