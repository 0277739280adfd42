#include "engine/node_timeline.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace layerwatt {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kUsPerMs = 1000.0;

// Comparing the two clocks leaves an error of microseconds; a clock that was set moves by more, and
// NTP's slewing by far less.
bool clock_was_set(const InferenceSpan& span) {
  const std::int64_t off = std::abs(span.end_us - span.begin_us - span.elapsed_us);
  return off > 500 + span.elapsed_us / 100;
}

}  // namespace

NodeTimeline::NodeTimeline(std::span<const NodeReading> first, const InferenceSpan& span) {
  for (std::size_t node = 0; node < first.size(); ++node) {
    if (first[node].start_us > 0) nodes_.push_back(node);
  }
  std::stable_sort(nodes_.begin(), nodes_.end(), [&](std::size_t a, std::size_t b) {
    return first[a].start_us < first[b].start_us;
  });
  std::vector<double> counted;
  layer_ms(first, span, counted);
}

void NodeTimeline::layer_ms(std::span<const NodeReading> nodes, const InferenceSpan& span,
                            std::vector<double>& out) {
  out.assign(nodes_.size(), kMissing);
  if (nodes_.empty()) return;
  const auto start_of = [&](std::size_t layer) { return nodes[nodes_[layer]].start_us; };

  const std::size_t last = nodes_.size() - 1;
  const bool stepped = clock_was_set(span);
  ran_.clear();
  for (std::size_t layer = 0; layer < nodes_.size(); ++layer) {
    // An older stamp is that of an earlier inference.
    if (start_of(layer) >= span.begin_us && start_of(layer) <= span.end_us) ran_.push_back(layer);
  }
  if (stepped || ran_.empty()) {
    // It ran all the same, and is in the runtime's mean: count it as an average one.
    if (tail_count_ > 0.0) {
      tail_sum_us_ += tail_sum_us_ / tail_count_;
      tail_count_ += 1.0;
    }
    return;
  }
  const auto earlier = [&](std::size_t a, std::size_t b) { return start_of(a) < start_of(b); };
  if (!std::is_sorted(ran_.begin(), ran_.end(), earlier)) {
    std::stable_sort(ran_.begin(), ran_.end(), earlier);
  }
  for (std::size_t i = 0; i + 1 < ran_.size(); ++i) {
    out[ran_[i]] = static_cast<double>(start_of(ran_[i + 1]) - start_of(ran_[i])) / kUsPerMs;
  }
  const std::size_t final = ran_.back();
  double rest_us = static_cast<double>(span.end_us - start_of(final));
  if (final == last && rest_us > 0.0) {
    tail_sum_us_ += rest_us;
    tail_count_ += 1.0;
    // The mean was cut to whole µs, by half of one on average.
    const double mean_us = static_cast<double>(nodes[nodes_[last]].mean_us) + 0.5;
    // A share and not a difference: it cannot fall below zero where the node is shorter than what
    // comes after it.
    rest_us *= std::min(1.0, mean_us / (tail_sum_us_ / tail_count_));
  }
  out[final] = rest_us / kUsPerMs;
}

}  // namespace layerwatt
