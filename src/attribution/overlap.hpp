// The reference's method, repaired: a layer's power is the mean of the readings whose moment lies
// in one of the layer's windows.
//
// Unlike the reference it works on layer indices (a repeated name stays apart), on the moment that
// a reading speaks of (its stamp less the sensor's delay), sees the time outside the layers, and
// keeps what the intervals need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attribution/estimate.hpp"
#include "attribution/layer_power.hpp"
#include "attribution/sensor_timing.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

// Columns of all tables: the rails in their order, then their total.
inline std::size_t total_column(const PowerSamples& power) { return power.rails.size(); }

// Readings by slot. Beside an inference's slots one more: between two inferences.
struct OverlapTally {
  CellTable cells;                     // (slot_count + 1) × columns × batches; weight 1 a reading
  std::vector<std::uint64_t> samples;  // by slot: readings, whether or not a rail is missing
};

// Calls visit(sample, inference, ms after its start) for each reading inside an inference, and
// between(sample, inference before it) for each between two. Merges the two sorted lists:
// O(inferences + samples).
template <class Inside, class Between>
void merge_samples(const Iterations& iterations, const EffectiveTimes& times, Inside visit,
                   Between between) {
  std::size_t k = 0;
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    for (; k < times.size() && times(k) < iterations.start_ns[i]; ++k) {
      if (i > 0) between(k, i - 1);
    }
    for (; k < times.size() && times(k) < iterations.end_ns[i]; ++k) {
      visit(k, i, milliseconds_between(iterations.start_ns[i], times(k)).value);
    }
    if (k == times.size()) return;
  }
}

// Calls visit(column, value) for each value of a reading that is there. The total of a reading that
// lacks one of its rails is not, but the other rails are.
template <class Visit>
void for_each_column(const PowerSamples& power, std::size_t k, bool with_total, Visit visit) {
  const auto row = power.row(k);
  for (std::size_t r = 0; r < row.size(); ++r) {
    if (!std::isnan(row[r])) visit(r, row[r]);
  }
  if (!with_total) return;
  const double total = power.total_mw(k);
  if (!std::isnan(total)) visit(row.size(), total);
}

// One pass: O(windows + samples) time; O(slots × columns × batches) memory, no copy of either list.
OverlapTally tally_samples(const Iterations& iterations, const PowerSamples& power,
                           const SensorTiming& timing, const Batches& batches, bool with_total);

// Estimates from the tally, never grouped. Missing "no_samples" without a reading, "not_reported"
// for a layer that never was, "unknown_rail_set" for totals where none can be formed. An interval
// only where the response is known and shorter than the layer (see docs/attribution.md).
PowerEstimates overlap_estimates(const Iterations& iterations, const PowerSamples& power,
                                 const SensorTiming& timing, const SlotTimes& times,
                                 const OverlapTally& tally, bool with_total);

}  // namespace layerwatt
