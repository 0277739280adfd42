// When a sensor renews what it shows, seen from readings that are taken more often: between two
// readings that differ lies an update, without exception, while two equal ones say nothing (steady
// power gives equal values too). So this needs no assumption on how often a value repeats by
// chance, which find_conversion_grid() makes, and finds grids far slower than the readings too.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace layerwatt {

// Between the two readings the shown value changed. Ascending, not overlapping.
struct ChangeBracket {
  double begin_ms = 0.0;
  double end_ms = 0.0;
};

struct UpdateGrid {
  double period_ms = 0.0;
  double phase_ms = 0.0;      // updates at phase + k · period
  double period_lo_ms = 0.0;  // no period outside of these bounds fits
  double period_hi_ms = 0.0;
  double phase_error_ms = 0.0;  // half of the phases that fit
};

// `gap_ms`: the usual time between two readings. `slack_ms`: by how much a stamp may be off. Empty
// where no regular grid slower than the readings fits, or so few changes were seen that one fits
// by chance.
std::optional<UpdateGrid> find_update_grid(std::span<const ChangeBracket> changes, double gap_ms,
                                           double slack_ms);

}  // namespace layerwatt
