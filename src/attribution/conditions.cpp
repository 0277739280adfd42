#include "attribution/conditions.hpp"

#include <algorithm>

namespace layerwatt {

std::vector<Condition> conditions(const std::vector<Signal>& signals,
                                  const Iterations& iterations) {
  std::vector<Condition> all;
  if (iterations.size() == 0) return all;
  const std::int64_t begin = iterations.start_ns.front();
  const std::int64_t end = iterations.end_ns.back();
  for (const Signal& signal : signals) {
    double weighted = 0.0;
    double weight = 0.0;
    Condition condition{signal.name, signal.unit, 0.0, 0.0, 0.0};
    for (std::size_t i = 0; i < signal.values.size(); ++i) {
      const std::int64_t from = std::max(begin, signal.time_ns[i]);
      const std::int64_t to =
          i + 1 < signal.values.size() ? std::min(end, signal.time_ns[i + 1]) : end;
      if (to <= from) continue;
      const double value = signal.values[i];
      condition.min = weight > 0.0 ? std::min(condition.min, value) : value;
      condition.max = weight > 0.0 ? std::max(condition.max, value) : value;
      const auto length = static_cast<double>(to - from);
      weighted += value * length;
      weight += length;
    }
    if (!(weight > 0.0)) continue;
    condition.mean = weighted / weight;
    all.push_back(std::move(condition));
  }
  return all;
}

}  // namespace layerwatt
