// From a runtime's stamps to the time of each layer, where nodes run one after another and the
// runtime tells when each began, but its durations are only running means.
//
// OpenVINO's CPU plugin is such a one: get_profiling_info().real_time looks like the duration in
// the last inference, but is the mean since the model was compiled, cut to whole microseconds. As
// the differences of n times that mean are wrong by up to n µs, the start stamps are used instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace layerwatt {

struct NodeReading {
  std::int64_t start_us = 0;  // of the last time it ran; 0 = it never did
  std::int64_t mean_us = 0;   // of its duration since the start, cut to whole µs
};

struct InferenceSpan {
  std::int64_t begin_us = 0;  // on the clock of NodeReading::start_us
  std::int64_t end_us = 0;
  std::int64_t elapsed_us = 0;  // the same span on a monotonic clock
};

class NodeTimeline {
 public:
  // `first`: every node's reading after the first inference. The nodes that ran in it become the
  // layers, ordered by when they began.
  explicit NodeTimeline(std::span<const NodeReading> first, const InferenceSpan& span);

  // The node of each layer, as an index into `first`.
  const std::vector<std::size_t>& nodes() const { return nodes_; }

  // The time of each layer, in ms, for the inference that ended last; `nodes` as in the
  // constructor. A layer lasts from its start to the start of the next; the last one takes the
  // share of its span up to the end of the inference that the runtime's mean of it has in the mean
  // of such spans. NaN: did not run in this inference. All are NaN when the clock of the stamps was
  // set meanwhile.
  void layer_ms(std::span<const NodeReading> nodes, const InferenceSpan& span,
                std::vector<double>& out);

 private:
  std::vector<std::size_t> nodes_;
  std::vector<std::size_t> ran_;  // scratch: layers that ran in this inference
  // Of the last layer, whose end nobody reports: its spans up to the inference's end, whose mean
  // beside the node's own mean tells how much comes after it, however many inferences there were.
  double tail_sum_us_ = 0.0;
  double tail_count_ = 0.0;
};

}  // namespace layerwatt
