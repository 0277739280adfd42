#include "attribution/excite_windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "attribution/statistics.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr double kClockTolerance = 0.015;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Sums of value × weight by channel.
struct Sums {
  explicit Sums(std::size_t channels) : sum(channels, 0.0), weight(channels, 0.0) {}
  void add(std::size_t channel, double value, double w) {
    if (std::isnan(value)) return;
    sum[channel] += value * w;
    weight[channel] += w;
  }
  std::vector<double> means() const {
    std::vector<double> out(sum.size(), kNaN);
    for (std::size_t c = 0; c < out.size(); ++c) {
      if (weight[c] > 0.0) out[c] = sum[c] / weight[c];
    }
    return out;
  }
  std::vector<double> sum;
  std::vector<double> weight;
};

void add_reading(Sums& sums, const PowerSamples& power, std::size_t k, double weight) {
  sums.add(0, power.total_mw(k), weight);
  const auto rails = power.row(k);
  for (std::size_t r = 0; r < rails.size(); ++r) sums.add(r + 1, rails[r], weight);
}

bool off(double clock_mhz, double usual_mhz) {
  // NaN, for a clock that is not known, is never off.
  return std::abs(clock_mhz / usual_mhz - 1.0) > kClockTolerance;
}

// Which layers it repeats, however often: one that also repeats what is outside layers (the last
// part) is a cooler version of one that does not.
std::vector<bool> repeated(const ExcitationWindow& window) {
  std::vector<bool> parts;
  for (const std::uint32_t extra : window.extra) parts.push_back(extra > 0);
  if (std::count(parts.begin(), parts.end(), true) > 1) parts.back() = false;
  return parts;
}

}  // namespace

std::vector<double> mean_power_mw(const PowerSamples& power, std::int64_t begin_ns,
                                  std::int64_t end_ns, std::uint64_t& readings) {
  Sums sums(power.rails.size() + 1);
  readings = 0;
  const auto first = std::lower_bound(power.time_ns.begin(), power.time_ns.end(), begin_ns);
  const auto begin = static_cast<std::size_t>(first - power.time_ns.begin());
  std::size_t end = begin;
  while (end < power.size() && power.time_ns[end] <= end_ns) ++end;
  if (power.reading == Reading::power) {
    for (std::size_t k = begin; k < end; ++k) {
      add_reading(sums, power, k, 1.0);
      ++readings;
    }
    return sums.means();
  }
  // What comes after the last step was not counted yet: it must not dilute the mean.
  while (end > begin && power.total_mw(end - 1) == 0.0) --end;
  bool stepped = false;
  for (std::size_t k = begin; k < end; ++k) {
    const double counted = power.total_mw(k);
    const bool step = counted != 0.0 && !std::isnan(counted);
    if (step) ++readings;
    // What was counted up to the first step belongs in part to the time before it.
    if (stepped) {
      add_reading(sums, power, k, milliseconds_between(power.begin_ns[k], power.time_ns[k]).value);
    }
    stepped = stepped || step;
  }
  return sums.means();
}

ObservedWindows observe_windows(const Recording& recording) {
  ObservedWindows out;
  std::set<std::size_t> slowed;
  std::vector<double> plain;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round > 0 && window.plain() && !std::isnan(window.clock_mhz)) {
      plain.push_back(window.clock_mhz);
    }
  }
  const double plain_mhz = median(std::move(plain));
  // Parts that some window repeats at the plain clock.
  std::set<std::vector<bool>> steady;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round > 0 && !off(window.clock_mhz, plain_mhz)) steady.insert(repeated(window));
  }

  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0) continue;
    if (off(window.clock_mhz, plain_mhz)) {
      const std::vector<bool> parts = repeated(window);
      if (steady.count(parts) > 0) {
        ++out.disturbed;
        continue;
      }
      for (std::size_t j = 0; j < parts.size(); ++j) {
        if (parts[j]) slowed.insert(j);
      }
    }
    ObservedWindow seen;
    seen.power_mw = mean_power_mw(recording.power, window.settled_ns, window.end_ns, seen.readings);
    if (seen.readings == 0 || std::isnan(seen.power_mw.front())) {
      ++out.without_readings;
      continue;
    }
    const double length_ms = milliseconds_between(window.settled_ns, window.end_ns).value;
    seen.pass_ms = length_ms / static_cast<double>(window.passes);
    seen.at_ms =
        milliseconds_between(recording.excitation.front().start_ns, window.settled_ns).value +
        length_ms / 2.0;
    seen.extra.assign(window.extra.begin(), window.extra.end());
    out.windows.push_back(std::move(seen));
  }
  out.slowed.assign(slowed.begin(), slowed.end());
  return out;
}

Known<Metric> plain_draw_mw(const Recording& recording) {
  std::vector<double> draws;
  for (const ExcitationWindow& window : recording.excitation) {
    if (window.round == 0 || !window.plain()) continue;
    const PowerSamples& power = recording.power;
    const auto first =
        std::lower_bound(power.time_ns.begin(), power.time_ns.end(), window.settled_ns);
    for (auto k = static_cast<std::size_t>(first - power.time_ns.begin());
         k < power.size() && power.time_ns[k] <= window.end_ns; ++k) {
      const double mw = power.total_mw(k);
      if (!std::isnan(mw)) draws.push_back(mw);
    }
  }
  if (draws.empty()) return Missing{"no_samples"};
  return metric(std::move(draws));
}

}  // namespace layerwatt
