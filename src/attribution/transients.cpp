#include "attribution/transients.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "attribution/expected_reading.hpp"

namespace layerwatt {
namespace {

// A step is looked at from a little before it to when all but the slowest sensors are over it.
constexpr double kBeforeMs = 10.0;
constexpr double kAfterMs = 100.0;
// Where a device at rest is read: before the first inference, or this long after the last.
constexpr double kRestMs = 100.0;
constexpr std::size_t kFewestAtRest = 5;
// A step is a step if it is this many times what readings scatter at rest.
constexpr double kClear = 10.0;
// What folded powers are off by, and a stamp, as a share of the step.
constexpr double kPowersOff = 0.05;

struct Level {
  double mean = 0.0;
  double std = 0.0;
  std::size_t readings = 0;
};

std::size_t first_from(const Readings& readings, double time_ms) {
  return static_cast<std::size_t>(
      std::lower_bound(readings.time_ms.begin(), readings.time_ms.end(), time_ms) -
      readings.time_ms.begin());
}

Level level_between(const Readings& readings, double from_ms, double until_ms) {
  Level level;
  double square = 0.0;
  for (std::size_t k = first_from(readings, from_ms);
       k < readings.size() && readings.time_ms[k] < until_ms; ++k) {
    const double y = readings.row(k)[0];
    level.mean += y;
    square += y * y;
    ++level.readings;
  }
  if (level.readings == 0) return level;
  const double n = static_cast<double>(level.readings);
  level.mean /= n;
  level.std = std::sqrt(std::max(square / n - level.mean * level.mean, 0.0));
  return level;
}

void append(Readings& to, const Readings& from, std::size_t first, std::size_t end) {
  for (std::size_t k = first; k < std::min(end, from.size()); ++k) {
    to.time_ms.push_back(from.time_ms[k]);
    to.weight.push_back(from.weight[k]);
    to.value.push_back(from.row(k)[0]);
    if (!from.window_ms.empty()) to.window_ms.push_back(from.window_ms[k]);
  }
}

bool is_rest(const Level& rest, const Level& run) {
  const double step = run.mean - rest.mean;
  return rest.readings >= kFewestAtRest && step > 0.2 * run.mean && step > kClear * rest.std;
}

}  // namespace

double Transients::misfit(const Response& response) const {
  const StepResponse arrived(response);
  double sum = 0.0;
  for (const Step& step : steps) {
    const bool rises = &step == &steps.front() && step.time_ms <= 0.0;
    for (std::size_t k = 0; k < step.readings.size(); ++k) {
      const double share = arrived(step.readings.time_ms[k] - step.time_ms - response.latency_ms);
      const double run_share = rises ? share : 1.0 - share;
      const double expected = step.rest_mw + run_share * (run_mw - step.rest_mw);
      const double off = (step.readings.value[k] - expected) / run_std_mw;
      sum += off * off;
    }
  }
  return sum;
}

double Transients::misfit(const Segments& segments, const Response& response,
                          std::vector<double> column_mw) const {
  double sum = 0.0;
  for (const Step& step : steps) {
    column_mw[segments.idle()] = step.rest_mw;
    const double std_mw = kPowersOff * (run_mw - step.rest_mw);
    ExpectedReading expected(segments, response, column_mw);
    for (std::size_t k = 0; k < step.readings.size(); ++k) {
      step.readings.compute(expected, k);
      const double off = (step.readings.value[k] - expected.mw()) / std_mw;
      sum += off * off;
    }
  }
  return sum;
}

Transients find_transients(const Segments& segments, const Readings& readings) {
  Transients found;
  const double begin_ms = segments.edge_ms.front();
  const double end_ms = segments.edge_ms.back();
  if (end_ms - begin_ms < 4.0 * kAfterMs) return found;
  const Level run = level_between(readings, begin_ms + kAfterMs, end_ms);
  found.run_mw = run.mean;
  const auto add = [&](double step_ms, const Level& rest) {
    if (!is_rest(rest, run)) return;
    Step step{step_ms, rest.mean, {}};
    append(step.readings, readings, first_from(readings, step_ms - kBeforeMs),
           first_from(readings, step_ms + kAfterMs));
    found.run_std_mw = std::max(run.std, 1e-3 * (run.mean - rest.mean));
    found.steps.push_back(std::move(step));
  };
  add(begin_ms, level_between(readings, begin_ms - kRestMs, begin_ms));
  add(end_ms, level_between(readings, end_ms + kRestMs, end_ms + 2.0 * kRestMs));
  return found;
}

Readings telling_part(const Readings& readings, std::size_t count, const Transients& transients) {
  if (readings.size() <= count) return readings;
  const std::size_t first = (readings.size() - count) / 2;
  Readings part;
  const auto add_step = [&](const Step& step) {
    append(part, step.readings, 0, step.readings.size());
  };
  for (const Step& step : transients.steps) {
    if (step.readings.time_ms.back() < readings.time_ms[first]) add_step(step);
  }
  append(part, readings, first, first + count);
  for (const Step& step : transients.steps) {
    if (step.readings.time_ms.front() > readings.time_ms[first + count - 1]) add_step(step);
  }
  return part;
}

}  // namespace layerwatt
