#include "record/settling.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr double kLags = 7.0;
constexpr std::size_t kFewReadings = 8;
constexpr double kLeastStep = 0.05;
constexpr double kSettledPart = 0.25;  // of the time, at its end
constexpr double kBeforePart = 0.125;
constexpr double kLongestLag = 1.0 / 3.0;

}  // namespace

std::optional<double> settle_ms_of(const SensorModel& model, double interval_ms) {
  if (!model.latency_ms || !model.window_ms || !model.time_constant_ms) return std::nullopt;
  const double period = std::max(interval_ms, model.period_ms.value_or(0.0));
  return std::max(kLeastSettleMs, *model.latency_ms + *model.window_ms +
                                      kLags * *model.time_constant_ms + 2.0 * period);
}

std::optional<double> settle_ms_from_step(const PowerSamples& power, std::int64_t step_ns,
                                          std::int64_t end_ns) {
  const double length_ms = milliseconds_between(step_ns, end_ns).value;
  const double settled_from_ms = (1.0 - kSettledPart) * length_ms;
  double before = 0.0;
  double after = 0.0;
  std::size_t before_count = 0;
  std::size_t after_count = 0;
  std::vector<double> at_ms;
  std::vector<double> mw;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double value = power.total_mw(k);
    if (std::isnan(value) || power.time_ns[k] > end_ns) continue;
    const double ms = milliseconds_between(step_ns, power.time_ns[k]).value;
    if (ms <= 0.0) {
      // Long before, the idle device was still settling from what ran then.
      if (ms < -kBeforePart * length_ms) continue;
      before += value;
      ++before_count;
      continue;
    }
    at_ms.push_back(ms);
    mw.push_back(value);
    if (ms >= settled_from_ms) {
      after += value;
      ++after_count;
    }
  }
  if (before_count < 1 || after_count < kFewReadings / 2 || at_ms.size() < kFewReadings) {
    return std::nullopt;
  }
  before /= static_cast<double>(before_count);
  after /= static_cast<double>(after_count);
  const double height = after - before;
  if (std::abs(height) < kLeastStep * std::max(std::abs(after), std::abs(before))) {
    return std::nullopt;
  }
  double area = 0.0;
  double previous_ms = 0.0;
  for (std::size_t k = 0; k < at_ms.size() && at_ms[k] < settled_from_ms; ++k) {
    area += (after - mw[k]) * (at_ms[k] - previous_ms);
    previous_ms = at_ms[k];
  }
  const double lag_ms = std::max(0.0, area / height);
  if (lag_ms > kLongestLag * length_ms / 2.0) return std::nullopt;
  return std::max(kLeastSettleMs, kLags * lag_ms);
}

}  // namespace layerwatt
