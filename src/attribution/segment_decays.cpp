#include "attribution/segment_decays.hpp"

#include <Eigen/Core>
#include <algorithm>

namespace layerwatt {

SegmentDecays::SegmentDecays(const Segments& segments, double time_constant_ms)
    : segments_(segments), tau_(time_constant_ms), blocks_(segments.column.size() / kBlock + 1) {}

void SegmentDecays::fill(std::size_t block) {
  const std::size_t first = block * kBlock;
  const std::size_t count = std::min(kBlock, segments_.column.size() - first);
  std::vector<double>& decays = blocks_[block];
  decays.resize(count);
  const auto n = static_cast<Eigen::Index>(count);
  const Eigen::Map<const Eigen::ArrayXd> begin(segments_.edge_ms.data() + first, n);
  const Eigen::Map<const Eigen::ArrayXd> end(segments_.edge_ms.data() + first + 1, n);
  Eigen::Map<Eigen::ArrayXd>(decays.data(), n) = ((begin - end) / tau_).exp();
}

}  // namespace layerwatt
