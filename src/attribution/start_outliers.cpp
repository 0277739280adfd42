#include "attribution/start_outliers.hpp"

#include <algorithm>

namespace layerwatt {
namespace {

constexpr double kRiseMs = 60.0;
constexpr double kTimeConstants = 4.0;

}  // namespace

double outliers_after_start(const Segments& segments, const Readings& readings,
                            const Response& response) {
  const auto first =
      std::lower_bound(readings.time_ms.begin(), readings.time_ms.end(), segments.edge_ms.front());
  if (first == readings.time_ms.end()) return 0.0;
  const double over_ms = segments.edge_ms.front() + response.latency_ms + response.window_ms +
                         kTimeConstants * response.time_constant_ms;
  const double from_ms = std::max(over_ms, *first);
  double outliers = 0.0;
  double all = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.time_ms[k] < from_ms) continue;
    if (readings.time_ms[k] > from_ms + kRiseMs) break;
    all += 1.0;
    outliers += readings.weight[k] == 0.0 ? 1.0 : 0.0;
  }
  return all > 0.0 ? outliers / all : 0.0;
}

}  // namespace layerwatt
