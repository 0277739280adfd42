// The run as one unbroken row of segments, each of one unknown power: the layers, the time outside
// layers within an inference, the time between inferences, and the idle time around the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt {

struct Segments {
  // Times in ms from origin_ns. Segment i is [edge_ms[i], edge_ms[i + 1]) of column[i]; before the
  // first edge and after the last it is idle. edge_ms has one entry more than column.
  std::int64_t origin_ns = 0;
  std::vector<double> edge_ms;
  std::vector<std::uint32_t> column;
  std::size_t layers = 0;
  // Columns: 0 … layers − 1, then these.
  std::size_t outside() const { return layers; }
  std::size_t idle() const { return layers + 1; }
  // Between inferences a device is not at rest: as one column with the idle time around the run,
  // which is longer, 0.1 ms of 3.6 W instead of 3 W made the next layer 6 deviations wrong.
  std::size_t between() const { return layers + 2; }
  std::size_t columns() const { return layers + 3; }

  double ms(std::int64_t time_ns) const { return static_cast<double>(time_ns - origin_ns) / 1e6; }
};

// Layers whose times sum to more than their inference (a profiler's rounding) are cut at its end.
Segments make_segments(const Iterations& iterations);

// From start to start. `inferences`: how many the segments are of.
double mean_inference_ms(const Segments& segments, std::size_t inferences);

}  // namespace layerwatt
