#include "attribution/conversion_grid.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace layerwatt {
namespace {

// Between the two readings of an equal pair no conversion finished, between those of an unequal one
// at least one did.
struct Pair {
  double begin_ms;
  double end_ms;
};

constexpr std::size_t kFewestPairs = 40;
constexpr double kFewestEqual = 0.04;
// A step of the search turns the last pair by this share of the period against the first.
constexpr double kTurnStep = 0.05;
// Readings this close to a grid instant may belong to either conversion.
constexpr double kMarginMs = 0.01;
// In units of the gap between readings: a grid finer than the readings shows no equal pairs, and
// the readings' own cadence would pass for one.
constexpr double kShortestGrid = 1.03;

// How sharply the middles of the pairs gather at one phase of the period: 1 = all at one.
double concentration(const std::vector<Pair>& pairs, std::size_t count, double period_ms) {
  std::complex<double> sum = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    const double middle = 0.5 * (pairs[k].begin_ms + pairs[k].end_ms);
    sum += std::polar(1.0, 2.0 * std::numbers::pi * middle / period_ms);
  }
  return std::abs(sum) / static_cast<double>(count);
}

// The share of a random interval of reading steps that fits between two grid instants gives a first
// idea of the period; the search spans it generously and then sharpens it as the time base grows.
double sharpen(const std::vector<Pair>& pairs, double coarse_ms, double shortest_ms,
               std::size_t first_count) {
  double best = coarse_ms;
  double width = 0.35;
  for (std::size_t count = first_count;; count = std::min(pairs.size(), 2 * count)) {
    const double span = pairs[count - 1].end_ms - pairs[0].begin_ms;
    const double step = kTurnStep * best / std::max(span, 1e-9);
    double peak = -1.0;
    double peak_at = best;
    for (double relative = -width; relative <= width; relative += step) {
      const double period = best * (1.0 + relative);
      if (period < shortest_ms) continue;
      const double value = concentration(pairs, count, period);
      if (value > peak) {
        peak = value;
        peak_at = period;
      }
    }
    best = peak_at;
    width = 3.0 * step;
    if (count == pairs.size()) return best;
  }
}

double wrap(double x, double period) { return x - period * std::floor(x / period); }

// Where a value changed between two readings, an instant of the grid lies between them, without
// exception (that two conversions give the same value is chance, and says nothing). With the right
// period all these intervals have a phase in common.
struct Bracket {
  double period_ms = 0.0;
  double phase_ms = 0.0;
  double overlap_ms = 0.0;  // by how much the bounds contradict each other; < 0: a gap between them
};

Bracket bracket(const std::vector<Pair>& changed, double period_ms) {
  std::complex<double> sum = 0.0;
  for (const Pair& pair : changed) {
    const double at = 0.5 * (pair.begin_ms + pair.end_ms);
    sum += std::polar(1.0, 2.0 * std::numbers::pi * at / period_ms);
  }
  const double centre = wrap(std::arg(sum) / (2.0 * std::numbers::pi) * period_ms, period_ms);
  std::vector<double> begins;
  std::vector<double> ends;
  for (const Pair& pair : changed) {
    const double at = 0.5 * (pair.begin_ms + pair.end_ms);
    const double turn = std::round((at - centre) / period_ms) * period_ms + centre;
    begins.push_back(pair.begin_ms - turn);
    ends.push_back(pair.end_ms - turn);
  }
  // A stamp that is late once in a thousand readings must not decide.
  const auto cut = static_cast<std::ptrdiff_t>(begins.size() / 1000);
  std::nth_element(begins.begin(), begins.end() - 1 - cut, begins.end());
  std::nth_element(ends.begin(), ends.begin() + cut, ends.end());
  const double after = *(begins.end() - 1 - cut);
  const double before = ends[static_cast<std::size_t>(cut)];
  return {period_ms, wrap(centre + 0.5 * (after + before), period_ms), after - before};
}

bool equal_rows(const Readings& readings, std::size_t a, std::size_t b) {
  const auto x = readings.row(a);
  const auto y = readings.row(b);
  return std::equal(x.begin(), x.end(), y.begin());
}

}  // namespace

std::optional<ConversionGrid> find_conversion_grid(const Readings& readings, double begin_ms,
                                                   double end_ms) {
  std::vector<Pair> equal;
  std::vector<Pair> changed;
  std::vector<double> gaps;
  std::size_t by_chance = 0;
  for (std::size_t k = 0; k + 3 < readings.size(); ++k) {
    if (readings.time_ms[k] < begin_ms || readings.time_ms[k + 1] > end_ms) continue;
    gaps.push_back(readings.time_ms[k + 1] - readings.time_ms[k]);
    const Pair pair{readings.time_ms[k], readings.time_ms[k + 1]};
    (equal_rows(readings, k, k + 1) ? equal : changed).push_back(pair);
    by_chance += equal_rows(readings, k, k + 3) ? 1 : 0;
  }
  if (equal.size() < kFewestPairs) return std::nullopt;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  const double gap_ms = *middle;
  const double share = static_cast<double>(equal.size()) / static_cast<double>(gaps.size());
  const double chance = static_cast<double>(by_chance) / static_cast<double>(gaps.size());
  // Coarse quantisation makes neighbours equal without any grid; so do readings three apart.
  if (share < kFewestEqual + 2.0 * chance) return std::nullopt;
  // A pair of readings `gap` apart sees the same conversion with probability 1 − gap / period.
  const double guess_ms = gap_ms / std::max(1.0 - share, 0.02);

  const std::size_t first = std::min<std::size_t>(equal.size(), 64);
  const double period_ms = sharpen(equal, guess_ms, gap_ms * kShortestGrid, first);
  if (period_ms < gap_ms * kShortestGrid) return std::nullopt;
  // On a true grid the middles of equal pairs fill period − gap of the period, evenly.
  const double open = std::clamp(1.0 - gap_ms / period_ms, 0.0, 1.0);
  const double expected =
      open > 1e-6 ? std::sin(std::numbers::pi * open) / (std::numbers::pi * open) : 1.0;
  const double seen = concentration(equal, equal.size(), period_ms);
  if (seen < 0.8 * expected || seen < 0.3) return std::nullopt;

  // A twentieth of a turn is far too coarse for the ends of the run: narrow the period down to the
  // one for which the instants are bracketed most tightly.
  double width = 2.0 * kTurnStep * period_ms / (equal.back().end_ms - equal.front().begin_ms);
  Bracket best = bracket(changed, period_ms);
  for (int round = 0; round < 4; ++round) {
    const double around = best.period_ms;
    for (int k = -30; k <= 30; ++k) {
      const Bracket trial = bracket(changed, around * (1.0 + width * k / 30.0));
      if (trial.overlap_ms < best.overlap_ms) best = trial;
    }
    width /= 8.0;
  }
  return ConversionGrid{best.period_ms, best.phase_ms, std::max(best.overlap_ms, 0.0) + kMarginMs};
}

Readings to_conversions(const Readings& readings, const ConversionGrid& grid) {
  Readings out;
  out.channels = readings.channels;
  double last = -1e300;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double index = std::floor((readings.time_ms[k] - grid.phase_ms) / grid.period_ms);
    if (index == last) continue;
    const double age = readings.time_ms[k] - grid.phase_ms - index * grid.period_ms;
    if (age < grid.margin_ms || age > grid.period_ms - grid.margin_ms) continue;
    last = index;
    out.time_ms.push_back(grid.phase_ms + index * grid.period_ms);
    out.weight.push_back(readings.weight[k]);
    const auto row = readings.row(k);
    out.value.insert(out.value.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace layerwatt
