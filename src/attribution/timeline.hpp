// Where each layer lies in time. Layers follow each other from an inference's start; a layer that
// was not reported (NaN) has no width there; what is left up to the end is outside the layers.
//
// Instants inside an inference are doubles in ms after its start: absolute nanoseconds since 1970
// in a double are 256 ns coarse.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attribution/statistics.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {

// Parts of an inference are numbered: its layers by index, then outside_slot.
inline std::size_t outside_slot(const Iterations& iterations) { return iterations.layers.size(); }
inline std::size_t slot_count(const Iterations& iterations) { return iterations.layers.size() + 1; }

inline double duration_ms(const Iterations& iterations, std::size_t i) {
  return milliseconds_between(iterations.start_ns[i], iterations.end_ns[i]).value;
}

// Walks the layers of one inference in order; for instants that ascend, all calls together cost one
// pass over the layers.
class LayerCursor {
 public:
  LayerCursor() = default;
  LayerCursor(const Iterations& iterations, std::size_t i) : row_(iterations.row(i)) {
    if (!row_.empty()) end_ms_ = width(0);
  }
  // The slot of an instant within the inference. Half-open: a boundary belongs to the later layer.
  std::size_t slot_at(double after_start_ms) {
    while (layer_ < row_.size() && after_start_ms >= end_ms_) {
      if (++layer_ < row_.size()) end_ms_ += width(layer_);
    }
    return layer_;
  }

 private:
  double width(std::size_t layer) const { return std::isnan(row_[layer]) ? 0.0 : row_[layer]; }

  std::span<const double> row_;
  std::size_t layer_ = 0;
  double end_ms_ = 0.0;
};

// How long each slot lasted, by batch of consecutive inferences. A layer that was not reported in
// an inference lasted 0 there: only so do mean times, and with them energies per inference, add up
// to the inference's.
struct SlotTimes {
  Batches batches;
  std::vector<double> batch_ms;      // slot_count × batches.count: summed over the inferences
  std::vector<double> mean_ms;       // slot_count: per inference, over all inferences
  std::vector<double> inference_ms;  // batches.count: summed durations
  double mean_inference_ms = 0.0;
  std::vector<std::size_t> reported;  // per layer: inferences that reported it
  double excess_ms = 0.0;  // per inference: what the layers' times exceed the inference's by

  std::span<const double> slot(std::size_t s) const {
    return {batch_ms.data() + s * batches.count, batches.count};
  }
};

// At most `batches` batches; fewer when there are fewer inferences.
SlotTimes slot_times(const Iterations& iterations, std::size_t batches);

// Starts, ends and layer times are stored with 1 ns or a few digits; a millionth of the inference
// left over is rounding, not time.
bool no_time_outside(const SlotTimes& times);

// The reported times of one layer, in the order of the inferences.
std::vector<double> reported_ms(const Iterations& iterations, std::size_t layer);

// Time outside the layers of each inference; 0 where the layers' times exceed its duration.
std::vector<double> outside_ms(const Iterations& iterations);

// Throws Error(bad_input) where the arrays do not fit each other, inferences overlap or are not in
// order, or a time is negative or infinite: the loops over time rely on all of that.
void check(const Iterations& iterations);
void check(const PowerSamples& power);

}  // namespace layerwatt
