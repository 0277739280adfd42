// What the sensor saw of whole inferences, regardless of layers: the figure that the layers have to
// add up to.
#pragma once

#include <optional>
#include <vector>

#include "attribution/estimate.hpp"
#include "attribution/layer_power.hpp"
#include "attribution/sensor_timing.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct Measured {
  ColumnPower total;
  std::vector<ColumnPower> rails;
  // Share of the run, from the first start to the last end, that lies between inferences.
  double between_share = 0.0;
  // Share of what was counted as the inferences' that may have been drawn between them: 0 where
  // nothing lies between, at most between_share, less for a sensor known to be fast.
  double leak_share = 0.0;
  Known<Metric> power_draw_mw;  // of the readings inside inferences
  Known<Metric> energy_mj;      // per inference with a reading inside: mean reading × duration
};

// Σ power × time over the union of the inferences, by column, in batches of inferences; weight is
// time in ms. A reading stands for the time since the one before it (an energy reading for its own
// interval), both moved back by the sensor's delay and clipped to the inferences; for at most five
// median spacings, so that a gap in the readings is left out instead of being filled with its end.
// While a known response still settles after the first start, and before the last end where it
// already sees what follows, nothing is counted, unless that is more than half of the run.
// `with_gaps`: over the whole run, the time up to the next inference counted as this one's.
// O(inferences + samples).
CellTable integrate(const Iterations& iterations, const PowerSamples& power,
                    const SensorTiming& timing, const Batches& batches, bool with_total,
                    bool with_gaps = false);

// Power: the integral over its time. Energy: that times the mean duration. What may leak in from
// between the inferences is taken out at the idle power, the median of the readings before the
// first inference (or the first reading, where `timing` says that it shows that), and the interval,
// the scatter between batches, is widened to where the power between is the inferences' own.
// Without such readings nothing is taken out, and the interval is widened for up to twice the mean.
// No interval where more than half may have leaked.
//
// `between`, where an estimator found it, is what was drawn between the inferences, each rail and
// then the total: then it is the mean of the whole run that is measured, and that is taken out. As
// far as it is uncertain it is taken to lie around the idle power (or half of the mean).
Measured measure(const Iterations& iterations, const PowerSamples& power,
                 const SensorTiming& timing, const SlotTimes& times, bool with_total,
                 const std::vector<BetweenPower>& between = {});

}  // namespace layerwatt
