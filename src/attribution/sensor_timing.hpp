// What the sensor's model says about the moment that a reading speaks of, and how far it smears.
#pragma once

#include <cstdint>
#include <string>

#include "layerwatt/recording.hpp"

namespace layerwatt {

struct SensorTiming {
  // From the centre of what a reading averaged over to its stamp: latency + time constant + half
  // the window, each as far as it is known. (For energy readings without the half window: there the
  // interval is measured, and its middle is taken.)
  double delay_ms = 0.0;
  // From the end of the averaged box to the stamp: latency + time constant.
  double end_delay_ms = 0.0;
  // How long a part must last to be told from its neighbours: window + 3 time constants + 4 stamp
  // errors. A lower bound where the response is not known in full.
  double blur_ms = 0.0;
  // Mean distance from a reading's centre at which its power was drawn, at most: window / 4 +
  // 2 / e time constants + sqrt(2 / pi) stamp errors. Divided by a part's length it is the share of
  // the readings inside the part that was drawn outside it.
  double smear_ms = 0.0;
  // Until the response to a step is over, on each side of a reading's centre.
  double settle_before_ms = 0.0;
  double settle_after_ms = 0.0;
  // Slow enough for the first reading of a run to show what was drawn before it (settling.hpp).
  bool shows_before = false;
  // Window, latency, time constant and stamp error are all known.
  bool known = false;
  std::string unknown;  // which of them are not: "latency and time constant"
  // Between readings; the median, so that a gap does not count. 0 for fewer than two.
  double spacing_ms = 0.0;
  // Between readings that are new: the sensor's period where it is polled faster than it updates.
  double update_ms = 0.0;
};

SensorTiming sensor_timing(const SensorModel& model, const PowerSamples& power);

// The moments that the readings speak of, by index, without storing them.
class EffectiveTimes {
 public:
  EffectiveTimes(const PowerSamples& power, const SensorTiming& timing);
  std::int64_t operator()(std::size_t k) const {
    if (begin_ns_.empty()) return time_ns_[k] - shift_ns_;
    return begin_ns_[k] + (time_ns_[k] - begin_ns_[k]) / 2 - shift_ns_;
  }
  std::size_t size() const { return time_ns_.size(); }

 private:
  std::span<const std::int64_t> time_ns_;
  std::span<const std::int64_t> begin_ns_;
  std::int64_t shift_ns_;
};

}  // namespace layerwatt
