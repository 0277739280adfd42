#include "sensor/lateness.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "layerwatt/units.hpp"

namespace layerwatt {

Lateness::Lateness(std::int64_t interval_ns, std::optional<double> period_ms)
    : interval_ns_(interval_ns) {
  if (period_ms) known_period_ns_ = static_cast<std::int64_t>(*period_ms * kNsPerMs);
}

void Lateness::fresh(std::int64_t time_ns) {
  if (last_ns_) {
    const std::int64_t since = time_ns - *last_ns_;
    shortest_ns_ = std::min(shortest_ns_.value_or(since), since);
  }
  last_ns_ = time_ns;
  ++readings_;
}

void Lateness::passed_over(std::int64_t deadlines) {
  if (deadlines > 0) ++times_[deadlines];
}

std::int64_t Lateness::period_ns() const {
  if (known_period_ns_) return std::max(interval_ns_, *known_period_ns_);
  // A source that gives something each time is asked less often than it is renewed, or as often.
  return any_in_vain_ ? std::max(interval_ns_, shortest_ns_.value_or(0)) : interval_ns_;
}

std::int64_t Lateness::lost() const {
  const std::int64_t period = period_ns();
  std::int64_t lost = 0;
  for (const auto& [deadlines, times] : times_) {
    const std::int64_t renewed = (deadlines + 1) * interval_ns_ / period;
    lost += times * std::max<std::int64_t>(0, renewed - 1);
  }
  return lost;
}

std::string Lateness::words() const {
  const std::int64_t lost_readings = lost();
  if (lost_readings == 0) return {};
  return fmt::format("{} of {} readings were lost, since the sensor was asked up to {:.1f} ms late",
                     lost_readings, readings_ + lost_readings,
                     static_cast<double>(times_.rbegin()->first * interval_ns_) / kNsPerMs);
}

}  // namespace layerwatt
