#include "attribution/segments.hpp"

#include <cmath>

namespace layerwatt {

Segments make_segments(const Iterations& iterations) {
  Segments segments;
  segments.layers = iterations.layers.size();
  if (iterations.size() == 0) return segments;
  segments.origin_ns = iterations.start_ns.front();
  segments.edge_ms.reserve(iterations.size() * (segments.layers + 2) + 1);
  segments.column.reserve(iterations.size() * (segments.layers + 2));

  double at_ms = 0.0;
  const auto add = [&](double until_ms, std::size_t column) {
    if (until_ms <= at_ms) return;
    segments.edge_ms.push_back(at_ms);
    segments.column.push_back(static_cast<std::uint32_t>(column));
    at_ms = until_ms;
  };
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    const double end_ms = segments.ms(iterations.end_ns[i]);
    add(segments.ms(iterations.start_ns[i]), segments.between());
    const auto row = iterations.row(i);
    double until_ms = at_ms;
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (std::isnan(row[j])) continue;
      until_ms += row[j];
      add(std::fmin(until_ms, end_ms), j);
    }
    add(end_ms, segments.outside());
  }
  segments.edge_ms.push_back(at_ms);
  return segments;
}

double mean_inference_ms(const Segments& segments, std::size_t inferences) {
  return (segments.edge_ms.back() - segments.edge_ms.front()) / static_cast<double>(inferences);
}

}  // namespace layerwatt
