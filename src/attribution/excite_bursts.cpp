#include "attribution/excite_bursts.hpp"

#include <algorithm>
#include <cmath>

#include "attribution/counter_grid.hpp"
#include "attribution/statistics.hpp"
#include "core/half_pass.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr double kClockTolerance = 0.015;

std::vector<CounterStep> steps_of(const PowerSamples& power, std::int64_t origin_ns) {
  // Of each step, when it was seen and what was counted since the one before (mW × ms), one a
  // channel.
  std::vector<double> seen_ms;
  std::vector<std::vector<double>> counted;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double total = power.total_mw(k);
    if (total == 0.0) continue;  // polled between two steps
    const double ms = milliseconds_between(power.begin_ns[k], power.time_ns[k]).value;
    seen_ms.push_back(milliseconds_between(origin_ns, power.time_ns[k]).value);
    std::vector<double>& channels = counted.emplace_back();
    channels.push_back(total * ms);
    for (const double rail : power.row(k)) channels.push_back(rail * ms);
  }
  put_on_grid(seen_ms);
  std::vector<CounterStep> steps;
  // What was counted before the first step is that of a time that is not known.
  for (std::size_t k = 1; k < seen_ms.size(); ++k) {
    CounterStep step{seen_ms[k - 1], seen_ms[k], std::move(counted[k])};
    const double length_ms = step.end_ms - step.begin_ms;
    for (double& value : step.power_mw) value /= length_ms;
    if (length_ms > 0.0 && !std::isnan(step.power_mw.front())) steps.push_back(std::move(step));
  }
  return steps;
}

// A part that only ever ran at another clock is better known at that one than not at all.
void keep_what_there_is(std::vector<BurstWindow>& windows) {
  if (windows.empty()) return;
  for (std::size_t j = 0; j < windows.front().extra.size(); ++j) {
    const auto repeats = [j](const BurstWindow& window) { return window.extra[j] > 0; };
    if (std::any_of(windows.begin(), windows.end(),
                    [&](const auto& window) { return repeats(window) && window.usable; })) {
      continue;
    }
    for (BurstWindow& window : windows) window.usable = window.usable || repeats(window);
  }
}

}  // namespace

bool has_bursts(const Recording& recording) {
  return recording.power.reading == Reading::energy &&
         std::any_of(recording.excitation.begin(), recording.excitation.end(),
                     [](const ExcitationWindow& window) {
                       return window.round > 0 && !window.plain() &&
                              window.settled_ns == window.start_ns;
                     });
}

BurstRecording observe_bursts(const Recording& recording) {
  BurstRecording out;
  std::vector<double> plain_mhz;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round > 0 && window.plain() && !std::isnan(window.clock_mhz)) {
      plain_mhz.push_back(window.clock_mhz);
    }
  }
  const double usual_mhz = median(std::move(plain_mhz));
  const std::int64_t origin_ns =
      recording.excitation.empty() ? 0 : recording.excitation.front().start_ns;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0) continue;
    BurstWindow seen;
    seen.begin_ms = milliseconds_between(origin_ns, window.start_ns).value;
    seen.end_ms = milliseconds_between(origin_ns, window.end_ns).value;
    seen.pass_ms = milliseconds_between(window.settled_ns, window.end_ns).value /
                   static_cast<double>(window.passes);
    seen.extra.assign(window.extra.begin(), window.extra.end());
    seen.plain = window.plain();
    seen.like_plain = recording.manifest.half_passes && is_half_pass(std::span(window.extra));
    seen.clock = window.clock_mhz / usual_mhz;
    // NaN, for a clock that is not known, is never off.
    seen.usable = !(std::abs(seen.clock - 1.0) > kClockTolerance);
    out.windows.push_back(std::move(seen));
  }
  keep_what_there_is(out.windows);
  out.steps = steps_of(recording.power, origin_ns);
  return out;
}

}  // namespace layerwatt
