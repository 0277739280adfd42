#include "attribution/sensor_timing.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attribution/statistics.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

// Mean distance from the mean of a uniform, an exponential and a normal distribution, in units of
// the box's length, the time constant and the standard deviation.
constexpr double kBoxDistance = 0.25;
constexpr double kExponentialDistance = 0.7357588823;  // 2 / e
constexpr double kNormalDistance = 0.7978845608;       // sqrt(2 / pi)

// "window, latency and stamp error"
std::string unknown_of(const SensorModel& model, bool energy) {
  std::vector<std::string> names;
  if (!model.window_ms && !energy) names.emplace_back("window");
  if (!model.latency_ms) names.emplace_back("latency");
  if (!model.time_constant_ms) names.emplace_back("time constant");
  if (!model.timestamp_error_ms) names.emplace_back("stamp error");
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) all += i + 1 < names.size() ? ", " : " and ";
    all += names[i];
  }
  return all;
}

double median_ms(const PowerSamples& power, bool of_intervals) {
  std::vector<double> gaps;
  gaps.reserve(power.size());
  for (std::size_t k = of_intervals ? 0 : 1; k < power.size(); ++k) {
    const std::int64_t begin = of_intervals ? power.begin_ns[k] : power.time_ns[k - 1];
    gaps.push_back(milliseconds_between(begin, power.time_ns[k]).value);
  }
  return gaps.empty() ? 0.0 : percentile(gaps, 0.5);
}

}  // namespace

SensorTiming sensor_timing(const SensorModel& model, const PowerSamples& power) {
  const bool energy = power.reading == Reading::energy;
  const double tau = model.time_constant_ms.value_or(0.0);
  const double error = model.timestamp_error_ms.value_or(0.0);
  // A difference of two counter readings is a box over the time between them by construction; what
  // the counter's own window adds is only known where the model says so.
  const double window = model.window_ms.value_or(0.0) + (energy ? median_ms(power, true) : 0.0);
  SensorTiming timing;
  timing.end_delay_ms = model.latency_ms.value_or(0.0) + tau;
  timing.delay_ms = timing.end_delay_ms + model.window_ms.value_or(0.0) / 2.0;
  timing.blur_ms = window + 3.0 * tau + 4.0 * error;
  timing.smear_ms = kBoxDistance * window + kExponentialDistance * tau + kNormalDistance * error;
  timing.settle_before_ms = window / 2.0 + 4.0 * tau + 4.0 * error;
  timing.settle_after_ms = window / 2.0 + tau + 4.0 * error;
  timing.unknown = unknown_of(model, energy);
  timing.known = timing.unknown.empty();
  timing.spacing_ms = median_ms(power, false);
  timing.update_ms = std::max(timing.spacing_ms, model.period_ms.value_or(0.0));
  return timing;
}

EffectiveTimes::EffectiveTimes(const PowerSamples& power, const SensorTiming& timing)
    : time_ns_(power.time_ns),
      shift_ns_(static_cast<std::int64_t>(std::llround(timing.delay_ms * kNsPerMs))) {
  if (power.reading == Reading::energy) begin_ns_ = power.begin_ns;
}

}  // namespace layerwatt
