#include "attribution/segment_decays.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <span>

namespace layerwatt {

SegmentDecays::SegmentDecays(const Segments& segments, double time_constant_ms)
    : segments_(segments), tau_(time_constant_ms), blocks_(segments.column.size() / kBlock + 1) {}

void SegmentDecays::fill(std::size_t block) {
  const std::size_t first = block * kBlock;
  const std::size_t count = std::min(kBlock, segments_.column.size() - first);
  const std::span edges = std::span(segments_.edge_ms).subspan(first, count + 1);
  std::vector<double>& decays = blocks_[block];
  decays.resize(count);
  const auto n = static_cast<Eigen::Index>(count);
  const Eigen::Map<const Eigen::ArrayXd> begin(edges.first(count).data(), n);
  const Eigen::Map<const Eigen::ArrayXd> end(edges.last(count).data(), n);
  Eigen::Map<Eigen::ArrayXd>(decays.data(), n) = ((begin - end) / tau_).exp();
}

}  // namespace layerwatt
