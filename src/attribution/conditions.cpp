#include "attribution/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace layerwatt {
namespace {

constexpr double kNotableChange = 0.05;
constexpr double kNotableCpuChange = 0.2;

}  // namespace

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

std::vector<Warning> condition_warnings(const std::vector<Condition>& conditions) {
  std::string moved;
  for (const Condition& condition : conditions) {
    if (condition.unit != "MHz") continue;
    const bool cpu = condition.name.starts_with("CPU");
    const double notable = (cpu ? kNotableCpuChange : kNotableChange) * condition.max;
    if (condition.max - condition.min <= notable) continue;
    moved += fmt::format("{}{} {:.4g} to {:.4g} MHz", moved.empty() ? "" : ", ", condition.name,
                         condition.min, condition.max);
  }
  if (moved.empty()) return {};
  return {
      {"clock_changed", "clocks moved while the network ran: " + moved,
       "fix them (on a Jetson: sudo jetson_clocks), cool the device, or warm it up (--steady)"}};
}

}  // namespace layerwatt
