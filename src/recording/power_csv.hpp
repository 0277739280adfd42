// power.csv and energy.csv: one row a reading, one column a rail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/numeric_csv.hpp"

namespace layerwatt::recording {

// Readings as they stand in a file, by ascending time, no time twice.
struct Readings {
  std::vector<std::string> rails;
  std::vector<std::int64_t> time_ns;
  std::vector<double> values;  // row-major; mW, or cumulative mJ; NaN: not read

  std::vector<Signal> signals;  // tegrastats only

  bool truncated = false;
  bool not_utf8 = false;
  std::size_t repeated_stamps = 0;   // readings left out, because one with that stamp is there
  std::size_t unreadable_lines = 0;  // tegrastats only
  std::string first_unreadable;      // "line 3: why"
};

// Throws Error(bad_input) naming file and line. No row at all is fine here.
Readings read_power_csv(BlockReader& reader, LastRow last_row);

// Mean power between readings of counters.
struct PowerFromEnergy {
  std::vector<std::int64_t> begin_ns;
  std::vector<std::int64_t> end_ns;
  std::vector<double> mw;          // row-major; NaN where a rail lacks one of its two readings
  std::size_t dropped_resets = 0;  // intervals in which a counter went back: nothing is known
};

// Differences of cumulative mJ. A reading in which no rail has a value is passed over.
PowerFromEnergy power_from_energy(std::span<const std::int64_t> time_ns, std::span<const double> mj,
                                  std::size_t rails);

// Whether every rail only ever grows, as a counter does and a power reading does not: power.csv
// that should have been called energy.csv. Says no below ten readings.
bool looks_cumulative(const Readings& readings);

}  // namespace layerwatt::recording
