// How much of a low pass's state each segment of the timeline leaves: e^(−length / τ).
#pragma once

#include <cstddef>
#include <vector>

#include "attribution/segments.hpp"

namespace layerwatt {

// Filled in blocks where it is asked, since a search looks at a small part of a long run and the
// exponentials are most of what a low pass costs. Not for several threads at once.
class SegmentDecays {
 public:
  SegmentDecays(const Segments& segments, double time_constant_ms);

  double time_constant_ms() const { return tau_; }
  double at(std::size_t segment) {
    std::vector<double>& block = blocks_[segment / kBlock];
    if (block.empty()) fill(segment / kBlock);
    return block[segment % kBlock];
  }

 private:
  static constexpr std::size_t kBlock = 1024;
  void fill(std::size_t block);

  const Segments& segments_;
  double tau_;
  std::vector<std::vector<double>> blocks_;
};

}  // namespace layerwatt
