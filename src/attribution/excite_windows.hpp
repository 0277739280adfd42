// What the sensor says of each window of an excitation, and which windows cannot be used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// One window as the fit sees it.
struct ObservedWindow {
  double at_ms = 0.0;            // its middle, after the first window's start
  double pass_ms = 0.0;          // how long one pass took
  std::vector<double> extra;     // one a part
  std::vector<double> power_mw;  // mean over its settled part: the total, then one a rail
  std::uint64_t readings = 0;
};

struct ObservedWindows {
  std::vector<ObservedWindow> windows;  // those of the rounds that can be used, in order of time
  std::size_t without_readings = 0;
  std::size_t disturbed = 0;        // a clock or a power cap moved while they ran
  std::vector<std::size_t> slowed;  // parts whose every window ran at another clock than plain ones
};

// Mean power of the readings stamped in [begin_ns, end_ns], one a channel (total first; NaN where a
// rail is not in the total's set), and how many readings there were. Of an energy counter: what it
// counted between its first and its last step in that time, since between steps it says nothing.
std::vector<double> mean_power_mw(const PowerSamples& power, std::int64_t begin_ns,
                                  std::int64_t end_ns, std::uint64_t& readings);

// Leaves out round 0, windows without readings, and windows whose clock is 1.5 % off the median of
// plain ones, unless no window repeats those parts at the plain clock: then their power is that at
// another clock, and `slowed` says so.
ObservedWindows observe_windows(const Recording& recording);

// Of the readings in settled plain windows.
Known<Metric> plain_draw_mw(const Recording& recording);

}  // namespace layerwatt
