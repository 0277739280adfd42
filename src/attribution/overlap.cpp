#include "attribution/overlap.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace layerwatt {
namespace {

// The least and the highest mean power of any slot, by column: what can leak into a layer.
struct Range {
  double lo = std::numeric_limits<double>::infinity();
  double hi = -std::numeric_limits<double>::infinity();

  void widen(double power_mw) {
    lo = std::min(lo, power_mw);
    hi = std::max(hi, power_mw);
  }
};

std::vector<Range> power_ranges(const OverlapTally& tally) {
  std::vector<Range> ranges(tally.cells.columns());
  for (std::size_t s = 0; s < tally.samples.size(); ++s) {
    for (std::size_t c = 0; c < ranges.size(); ++c) {
      Cell all;
      for (const Cell& cell : tally.cells.batches(s, c)) {
        all.sum += cell.sum;
        all.weight += cell.weight;
      }
      if (all.weight > 0.0) ranges[c].widen(all.sum / all.weight);
    }
  }
  return ranges;
}

// Of the readings inside a part a share f was drawn outside it. The means seen are themselves
// smeared, alternating neighbours by 2 f, so their contrast is scaled back up. f is at most 1/4
// wherever an interval is given.
double leak_mw(double power_mw, const Range& range, double f) {
  const double contrast = std::max(range.hi - power_mw, power_mw - range.lo);
  return contrast * f / (1.0 - 2.0 * f);
}

Estimate with_half(double mean, std::optional<double> half) {
  if (!half) return {mean, std::nullopt};
  return {mean, Interval{std::max(0.0, mean - *half), mean + *half}};
}

std::optional<double> plus(std::optional<double> half, double more) {
  if (half) *half += more;
  return half;
}

// Why no interval can be given for a part that lasts `ms`; empty where it can.
std::string interval_obstacle(const SensorTiming& timing, double ms) {
  if (timing.blur_ms > ms) return "sensor_slower_than_layer";
  if (!timing.known) return "sensor_response_unknown";
  return {};
}

}  // namespace

OverlapTally tally_samples(const Iterations& iterations, const PowerSamples& power,
                           const SensorTiming& timing, const Batches& batches, bool with_total) {
  const std::size_t slots = slot_count(iterations) + 1;
  OverlapTally tally{CellTable(slots, power.rails.size() + 1, batches.count),
                     std::vector<std::uint64_t>(slots, 0)};
  const auto count = [&](std::size_t k, std::size_t slot, std::size_t batch) {
    ++tally.samples[slot];
    for_each_column(power, k, with_total, [&](std::size_t column, double mw) {
      tally.cells.at(slot, column, batch).add(mw, 1.0);
    });
  };
  std::size_t inference = iterations.size();
  LayerCursor cursor;
  merge_samples(
      iterations, EffectiveTimes(power, timing),
      [&](std::size_t k, std::size_t i, double after_start_ms) {
        if (i != inference) cursor = LayerCursor(iterations, i);
        inference = i;
        count(k, cursor.slot_at(after_start_ms), batches.of(i));
      },
      [&](std::size_t k, std::size_t i) { count(k, slots - 1, batches.of(i)); });
  return tally;
}

PowerEstimates overlap_estimates(const Iterations& iterations, const PowerSamples& power,
                                 const SensorTiming& timing, const SlotTimes& times,
                                 const OverlapTally& tally, bool with_total) {
  const std::vector<Range> ranges = power_ranges(tally);
  const std::size_t outside = outside_slot(iterations);

  const auto column = [&](std::size_t slot, std::size_t c, bool interval,
                          double ms) -> ColumnPower {
    if (c == total_column(power) && !with_total) {
      return {Missing{"unknown_rail_set"}, Missing{"unknown_rail_set"}};
    }
    const auto found =
        power_and_energy(tally.cells.batches(slot, c), times.slot(slot), iterations.size());
    if (!found) return {Missing{"no_samples"}, Missing{"no_samples"}};
    if (!interval) {
      return {Estimate{found->power_mw, std::nullopt}, Estimate{found->energy_mj, std::nullopt}};
    }
    const Milliwatts leak{leak_mw(found->power_mw, ranges[c], timing.smear_ms / ms)};
    const Millijoules leaked = leak * Milliseconds{times.mean_ms[slot]};
    return {with_half(found->power_mw, plus(found->power_half_mw, leak.value)),
            with_half(found->energy_mj, plus(found->energy_half_mj, leaked.value))};
  };

  // `ms`: how long the part lasts where it occurs.
  const auto part = [&](std::size_t slot, double ms) {
    LayerPower result;
    result.samples = tally.samples[slot];
    const std::string obstacle = interval_obstacle(timing, ms);
    result.total = column(slot, total_column(power), obstacle.empty(), ms);
    for (std::size_t r = 0; r < power.rails.size(); ++r) {
      result.rails.push_back(column(slot, r, obstacle.empty(), ms));
    }
    if (!result.total.power_mw) {
      result.reason = result.total.power_mw.reason();
    } else if (!obstacle.empty()) {
      result.reason = obstacle;
    } else if (!result.total.power_mw->ci95) {
      result.reason = "few_samples";
    }
    return result;
  };

  const auto absent = [&](const std::string& reason, Known<Estimate> energy) {
    LayerPower result;
    result.total = {Missing{reason}, energy};
    result.rails.assign(power.rails.size(), {Missing{reason}, energy});
    result.reason = reason;
    return result;
  };

  PowerEstimates estimates;
  for (std::size_t j = 0; j < outside; ++j) {
    if (times.reported[j] == 0) {
      estimates.layers.push_back(absent("not_reported", Missing{"not_reported"}));
      continue;
    }
    const double inferences = static_cast<double>(iterations.size());
    const double ms = times.mean_ms[j] * inferences / static_cast<double>(times.reported[j]);
    estimates.layers.push_back(part(j, ms));
  }
  estimates.outside = no_time_outside(times) ? absent("no_time", Estimate{0.0, Interval{0.0, 0.0}})
                                             : part(outside, times.mean_ms[outside]);
  return estimates;
}

}  // namespace layerwatt
