#include "attribution/measured.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "attribution/overlap.hpp"

namespace layerwatt {
namespace {

constexpr double kLongestSpacings = 5.0;
constexpr double kLargestLeak = 0.5;
constexpr std::size_t kFewestIdle = 3;
// Mean distance of a reading from the time that it stands for, in shares of their spacing.
constexpr double kSpacingDistance = 0.25;
constexpr double kNormal95 = 1.959963984540054;

std::int64_t to_ns(double ms) { return static_cast<std::int64_t>(std::llround(ms * kNsPerMs)); }

struct Span {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
};

// The run without its ends where the sensor's response to the run's own edges is not over.
Span settled_run(const Iterations& iterations, const SensorTiming& timing) {
  const Span run{iterations.start_ns.front(), iterations.end_ns.back()};
  const Span settled{run.begin_ns + to_ns(timing.settle_before_ms),
                     run.end_ns - to_ns(timing.settle_after_ms)};
  const bool enough = settled.end_ns - settled.begin_ns > (run.end_ns - run.begin_ns) / 2;
  return enough ? settled : run;
}

// The time that reading k stands for.
Span stands_for(const PowerSamples& power, const SensorTiming& timing, std::size_t k) {
  const std::int64_t shift = to_ns(timing.end_delay_ms);
  const std::int64_t end = power.time_ns[k] - shift;
  if (power.reading == Reading::energy) return {power.begin_ns[k] - shift, end};
  if (timing.spacing_ms <= 0.0) {
    // The only reading (or several of one moment) stands for all.
    return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
  const std::int64_t spacing = to_ns(timing.spacing_ms);
  const std::int64_t longest = to_ns(timing.spacing_ms * kLongestSpacings);
  if (k == 0) return {end - spacing, end};
  return {std::max(power.time_ns[k - 1] - shift, end - longest), end};
}

// Median reading of a column before the first inference, which no response can have mixed with it.
// Without such, the first reading of a slow sensor.
std::optional<double> idle_mw(const Iterations& iterations, const PowerSamples& power,
                              const SensorTiming& timing, bool with_total, std::size_t column) {
  std::vector<double> values;
  std::optional<double> first;
  for (std::size_t k = 0; k < power.size() && !first; ++k) {
    const bool before = power.time_ns[k] < iterations.start_ns.front();
    for_each_column(power, k, with_total, [&](std::size_t of, double mw) {
      if (of != column || std::isnan(mw)) return;
      if (before) {
        values.push_back(mw);
      } else {
        first = mw;
      }
    });
  }
  if (values.size() < kFewestIdle) return timing.shows_before ? first : std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Takes out what may have been drawn between the inferences. Where the idle power is known, that
// much, and anything up to the mean may be true; where it is not, anything up to twice the mean.
ColumnPower with_leak(const std::optional<PowerAndEnergy>& found, double leak,
                      std::optional<double> idle) {
  if (!found) return {Missing{"no_samples"}, Missing{"no_samples"}};
  const double share = leak / (1.0 - std::min(leak, kLargestLeak));
  const bool correct = idle && leak <= kLargestLeak && *idle < found->power_mw;
  const double more = correct ? share * (found->power_mw - *idle) / found->power_mw : 0.0;
  const auto estimate = [&](double mean, std::optional<double> half) -> Estimate {
    const double inside = mean * (1.0 + more);
    if (!half || leak > kLargestLeak) return {inside, std::nullopt};
    const double all = *half * (1.0 + more) + mean * (correct ? more : share);
    return {inside, Interval{std::max(0.0, inside - all), inside + all}};
  };
  return {estimate(found->power_mw, found->power_half_mw),
          estimate(found->energy_mj, found->energy_half_mj)};
}

// Between the inferences a device draws something from idle to what it draws in them.
BetweenPower likely_between(const BetweenPower& found, double mean_mw, std::optional<double> idle) {
  const double usual_mw = idle && *idle < mean_mw ? *idle : 0.5 * mean_mw;
  const double usual_std_mw = 0.5 * (idle && *idle < mean_mw ? mean_mw - *idle : mean_mw);
  const double prior = usual_std_mw * usual_std_mw;
  const double own = found.std_mw * found.std_mw;
  if (prior + own <= 0.0) return found;
  const double share = prior / (prior + own);
  return {usual_mw + share * (found.power_mw - usual_mw), std::sqrt(share * own)};
}

// From the mean of the whole run, of which `share` lies between the inferences.
ColumnPower without_between(const std::optional<PowerAndEnergy>& found, double share,
                            const BetweenPower& between) {
  if (!found || share >= 1.0) return {Missing{"no_samples"}, Missing{"no_samples"}};
  const double inside_mw =
      std::max(0.0, (found->power_mw - share * between.power_mw) / (1.0 - share));
  const double widened_mw = kNormal95 * share * between.std_mw / (1.0 - share);
  const double per_mw = found->power_mw > 0.0 ? found->energy_mj / found->power_mw : 0.0;
  const auto estimate = [&](double mean, std::optional<double> half, double more) -> Estimate {
    if (!half) return {mean, std::nullopt};
    const double all = *half / (1.0 - share) + more;
    return {mean, Interval{std::max(0.0, mean - all), mean + all}};
  };
  return {estimate(inside_mw, found->power_half_mw, widened_mw),
          estimate(inside_mw * per_mw, found->energy_half_mj, widened_mw * per_mw)};
}

double between_share(const Iterations& iterations, double mean_inference_ms) {
  const double run =
      milliseconds_between(iterations.start_ns.front(), iterations.end_ns.back()).value;
  const double inside = mean_inference_ms * static_cast<double>(iterations.size());
  return run > 0.0 ? std::max(0.0, 1.0 - inside / run) : 0.0;
}

}  // namespace

CellTable integrate(const Iterations& iterations, const PowerSamples& power,
                    const SensorTiming& timing, const Batches& batches, bool with_total,
                    bool with_gaps) {
  CellTable cells(1, power.rails.size() + 1, batches.count);
  const Span run = settled_run(iterations, timing);
  const auto end_of = [&](std::size_t i) {
    return with_gaps && i + 1 < iterations.size() ? iterations.start_ns[i + 1]
                                                  : iterations.end_ns[i];
  };
  std::size_t first = 0;
  for (std::size_t k = 0; k < power.size(); ++k) {
    Span reading = stands_for(power, timing, k);
    reading.begin_ns = std::max(reading.begin_ns, run.begin_ns);
    reading.end_ns = std::min(reading.end_ns, run.end_ns);
    while (first < iterations.size() && end_of(first) <= reading.begin_ns) ++first;
    for (std::size_t i = first; i < iterations.size(); ++i) {
      const std::int64_t begin = std::max(reading.begin_ns, iterations.start_ns[i]);
      const std::int64_t end = std::min(reading.end_ns, end_of(i));
      if (iterations.start_ns[i] >= reading.end_ns) break;
      if (begin >= end) continue;
      const double ms = milliseconds_between(begin, end).value;
      for_each_column(power, k, with_total, [&](std::size_t column, double mw) {
        cells.at(0, column, batches.of(i)).add(mw, ms);
      });
    }
  }
  return cells;
}

Measured measure(const Iterations& iterations, const PowerSamples& power,
                 const SensorTiming& timing, const SlotTimes& times, bool with_total,
                 const std::vector<BetweenPower>& between) {
  Measured measured;
  measured.between_share = between_share(iterations, times.mean_inference_ms);
  measured.leak_share = measured.between_share;
  if (timing.known && times.mean_inference_ms > 0.0) {
    const double apart_ms = timing.smear_ms + kSpacingDistance * timing.spacing_ms;
    measured.leak_share = std::min(measured.leak_share, apart_ms / times.mean_inference_ms);
  }
  const bool told = !between.empty();
  const CellTable cells = integrate(iterations, power, timing, times.batches, with_total, told);
  const auto column = [&](std::size_t c) {
    const auto found = power_and_energy(cells.batches(0, c), times.inference_ms, iterations.size());
    const auto idle = idle_mw(iterations, power, timing, with_total, c);
    if (!told || !found) return with_leak(found, measured.leak_share, idle);
    const BetweenPower likely = likely_between(between[c], found->power_mw, idle);
    if (c == total_column(power) && found->power_mw > 0.0) {
      measured.leak_share = measured.between_share * likely.std_mw / found->power_mw;
    }
    return without_between(found, measured.between_share, likely);
  };
  for (std::size_t r = 0; r < power.rails.size(); ++r) measured.rails.push_back(column(r));
  if (!with_total) {
    measured.total = {Missing{"unknown_rail_set"}, Missing{"unknown_rail_set"}};
    measured.power_draw_mw = Missing{"unknown_rail_set"};
    measured.energy_mj = Missing{"unknown_rail_set"};
    return measured;
  }
  measured.total = column(total_column(power));

  std::vector<double> draws;
  std::vector<double> energies;
  Cell here;
  std::size_t inference = iterations.size();
  const auto finish = [&] {
    if (here.weight > 0.0) {
      const Milliwatts mean{here.sum / here.weight};
      energies.push_back((mean * Milliseconds{duration_ms(iterations, inference)}).value);
    }
    here = {};
  };
  merge_samples(
      iterations, EffectiveTimes(power, timing),
      [&](std::size_t k, std::size_t i, double) {
        if (i != inference) finish();
        inference = i;
        const double mw = power.total_mw(k);
        if (std::isnan(mw)) return;
        draws.push_back(mw);
        here.add(mw, 1.0);
      },
      [](std::size_t, std::size_t) {});
  finish();
  measured.power_draw_mw =
      draws.empty() ? Known<Metric>(Missing{"no_samples"}) : metric(std::move(draws));
  measured.energy_mj =
      energies.empty() ? Known<Metric>(Missing{"no_samples"}) : metric(std::move(energies));
  return measured;
}

}  // namespace layerwatt
