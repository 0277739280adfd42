// From a recording of a square-wave load to what a fit of the sensor's response needs.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/segments.hpp"
#include "attribution/update_grid.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

// The bursts as segments. Powers drift while a device warms up, so each stretch of block_ms has
// columns of its own. Gaps inside a burst (a launch, a thread that wakes up) are too short for the
// device to become idle: they have a power of their own, and belong to the burst.
struct CalibrationSegments {
  Segments segments;
  std::vector<bool> idle;  // a column
  std::vector<double> on_ms;
  std::vector<double> off_ms;
};
CalibrationSegments calibration_segments(const Iterations& iterations, double block_ms);

// The total of the readings (of all rails where it is not known which make it up), on the axis of
// the segments. A counter that stood still between two readings is as if it had not been read.
Readings calibration_readings(const PowerSamples& power, const Segments& segments);

// Pairs of readings that differ in any rail.
std::vector<ChangeBracket> changes_of(const PowerSamples& power, const Segments& segments);

// The median time between readings, as they came; 0 for fewer than two.
double usual_gap_ms(const PowerSamples& power);

// One reading an update of the grid, stamped with the moment from which it could be read; of those
// within `margin_ms` of that moment it is not known which update they show. Intervals of a counter
// begin and end at such moments.
Readings at_updates(const Readings& readings, const UpdateGrid& grid, double margin_ms);

}  // namespace layerwatt
