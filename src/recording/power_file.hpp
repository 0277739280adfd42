// The readings of a recording, whichever of the three files they are in.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/manifest.hpp"
#include "recording/numeric_csv.hpp"

namespace layerwatt::recording {

// Reads the file as `read.manifest.sensor.format`, decides the rails, takes differences of
// counters. At least one reading, unless there is no rail at all. Throws Error(bad_input).
PowerSamples read_power_file(BlockReader& reader, ReadManifest& read, LastRow last_row,
                             std::vector<Warning>& warnings);

// The format of a loose file: lines of tegrastats by their content; a CSV holds counters if it is
// called energy*.
PowerFormat guess_power_format(BlockReader& reader);

// Throws Error(bad_input) when the readings and the inferences have no time in common; warns
// ("power_does_not_cover") when the readings start late or end early.
void check_coverage(const Iterations& iterations, const PowerSamples& power,
                    const std::string& power_file, std::vector<Warning>& warnings);

void warn_truncated(const std::string& file, std::vector<Warning>& warnings);
void warn_not_utf8(const std::string& file, std::vector<Warning>& warnings);

}  // namespace layerwatt::recording
