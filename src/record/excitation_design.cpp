#include "record/excitation_design.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace layerwatt {
namespace {

constexpr double kAloneShare = 1.0 / 3.0;
constexpr std::size_t kLargestBlock = 15;
constexpr double kLargeLayer = 0.015;  // of a pass
// Of the way from a warm repeat's time to a cold one's: nearer to one than this, and the other kind
// would tell nothing.
constexpr double kNear = 0.15;
constexpr double kColdBoost = 2.5;
constexpr double kLeastSlower = 0.02;  // of a cold repeat, relative; less is no difference

// How much longer its extra runs make the pass.
double reach(const ExcitablePart& part, std::uint32_t extra, double pass_ms) {
  return part.time_ms * extra / pass_ms;
}

template <class Item>
void shuffle(std::vector<Item>& items, std::mt19937_64& random) {
  // Fisher-Yates by hand: std::shuffle's use of the generator is not specified.
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

}  // namespace

ExtraRuns extra_runs(std::span<const ExcitablePart> parts, double pass_ms, double boost) {
  ExtraRuns extra(parts.size(), 0);
  for (std::size_t j = 0; j < parts.size(); ++j) {
    if (parts[j].max_extra == 0 || !(parts[j].time_ms > 0.0)) continue;
    const double wanted = std::max(1.0, std::round(boost * pass_ms / parts[j].time_ms));
    extra[j] = static_cast<std::uint32_t>(std::min<double>(wanted, parts[j].max_extra));
  }
  return extra;
}

ExtraRuns fewer_row(const ExtraRuns& row) {
  ExtraRuns fewer = row;
  for (std::uint32_t& extra : fewer) extra = (2 * extra + 4) / 5;
  return fewer;
}

std::size_t windows_of_cooler(const ExtraRuns& asked, const ExtraRuns& cooler) {
  constexpr double kMost = 3.0;
  double times = 1.0;
  for (std::size_t j = 0; j + 1 < asked.size(); ++j) {
    if (asked[j] == 0 || cooler[j] == 0) continue;
    times = std::max(times, std::round(static_cast<double>(asked[j]) / cooler[j]));
  }
  return static_cast<std::size_t>(std::min(times, kMost));
}

ExtraRuns cooler_row(const ExtraRuns& row, std::span<const ExcitablePart> parts) {
  ExtraRuns cooler = row;
  double left_ms = 0.0;
  for (std::size_t j = 0; j + 1 < row.size(); ++j) {
    cooler[j] = (row[j] + 1) / 2;
    left_ms += cooler[j] * parts[j].time_ms;
  }
  const ExcitablePart& outside = parts.back();
  if (outside.max_extra > 0 && outside.time_ms > 0.0) {
    cooler.back() = static_cast<std::uint32_t>(
        std::min<double>(std::ceil(left_ms / outside.time_ms), outside.max_extra));
  }
  return cooler;
}

bool s_matrix(std::size_t row, std::size_t column) {
  return std::popcount((row + 1) & (column + 1)) % 2 == 1;
}

std::vector<ExtraRuns> excitation_rows(std::span<const ExcitablePart> parts, double pass_ms,
                                       double boost) {
  const ExtraRuns extra = extra_runs(parts, pass_ms, boost);
  std::vector<ExtraRuns> rows;
  std::vector<std::size_t> weak;
  for (std::size_t j = 0; j < parts.size(); ++j) {
    if (extra[j] == 0) continue;
    if (reach(parts[j], extra[j], pass_ms) < kAloneShare * boost) {
      weak.push_back(j);
      continue;
    }
    rows.emplace_back(parts.size(), 0)[j] = extra[j];
  }
  // Parts of like reach share a block: the strongest decides how many fit.
  std::stable_sort(weak.begin(), weak.end(), [&](std::size_t a, std::size_t b) {
    return reach(parts[a], extra[a], pass_ms) > reach(parts[b], extra[b], pass_ms);
  });
  for (std::size_t first = 0; first < weak.size();) {
    const double strongest = reach(parts[weak[first]], extra[weak[first]], pass_ms);
    std::size_t size = 1;
    for (std::size_t next = 3; next <= kLargestBlock; next = 2 * next + 1) {
      const double active = static_cast<double>(next + 1) / 2.0;
      if (next <= weak.size() - first && active * strongest <= 1.05 * boost) size = next;
    }
    for (std::size_t row = 0; row < size; ++row) {
      ExtraRuns& made = rows.emplace_back(parts.size(), 0);
      for (std::size_t column = 0; column < size; ++column) {
        const std::size_t j = weak[first + column];
        if (size == 1 || s_matrix(row, column)) made[j] = extra[j];
      }
    }
    first += size;
  }
  return rows;
}

std::vector<ExtraRuns> half_pass_rows(std::span<const ExcitablePart> parts,
                                      std::mt19937_64& random) {
  std::vector<std::size_t> layers;
  for (std::size_t j = 0; j + 1 < parts.size(); ++j) {
    if (parts[j].max_extra > 0 && parts[j].time_ms > 0.0) layers.push_back(j);
  }
  shuffle(layers, random);
  const std::size_t size = std::bit_ceil(layers.size() + 1) - 1;
  std::vector<ExtraRuns> rows(size, ExtraRuns(parts.size(), 0));
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < layers.size(); ++column) {
      if (s_matrix(row, column)) rows[row][layers[column]] = 1;
    }
  }
  return rows;
}

std::vector<ExtraRuns> outside_rows(std::span<const ExcitablePart> parts, double pass_ms,
                                    double boost) {
  const std::uint32_t extra = extra_runs(parts, pass_ms, boost).back();
  if (extra == 0) return {};
  ExtraRuns row(parts.size(), 0);
  row.back() = extra;
  return {row};
}

ExtraRuns with_beside(ExtraRuns row, std::size_t beside) {
  std::uint32_t repeats = 0;
  for (std::size_t j = 0; j < beside; ++j) repeats += row[j];
  row[beside] = std::max(row[beside], repeats);
  return row;
}

std::vector<ExtraRuns> rows_with_beside(std::span<const ExcitablePart> parts, double pass_ms,
                                        double boost, std::size_t beside, double run_ms) {
  std::vector<ExcitablePart> both(parts.begin(), parts.end());
  for (std::size_t j = 0; j < beside; ++j) {
    if (both[j].time_ms > 0.0) both[j].time_ms += run_ms;
  }
  const std::uint32_t most = both[beside].max_extra;
  both[beside].max_extra = 0;
  std::vector<ExtraRuns> rows = excitation_rows(both, pass_ms, boost);
  // Two at least: the pass behind an emptied cache costs more once, each emptying as often as it
  // is.
  const std::size_t alone = std::max<std::size_t>(2, (rows.size() + 3) / 4);
  for (ExtraRuns& row : rows) row = with_beside(std::move(row), beside);
  both[beside] = {run_ms, most};
  const std::uint32_t extra = extra_runs(both, pass_ms, boost)[beside];
  for (std::size_t i = 0; i < alone && extra > 0; ++i) {
    rows.emplace_back(parts.size(), 0)[beside] = i % 2 == 0 ? extra : (extra + 3) / 4;
  }
  return rows;
}

CacheKinds cache_kinds(const CacheTimes& times, double pass_ms) {
  const double slower_ms = times.cold_ms - times.warm_ms;
  if (!(slower_ms > kLeastSlower * times.warm_ms)) return {true, false};
  const double way = (times.place_ms - times.warm_ms) / slower_ms;
  if (times.place_ms >= kLargeLayer * pass_ms && way > kNear && way < 1.0 - kNear) {
    return {true, true};
  }
  return {way < 0.5, way >= 0.5};
}

std::vector<ExtraRuns> rows_of_kinds(std::span<const ExcitablePart> parts, double pass_ms,
                                     double boost, std::size_t beside, double run_ms,
                                     std::span<const CacheKinds> kinds) {
  std::vector<ExcitablePart> warm(parts.begin(), parts.end());
  std::vector<ExcitablePart> cold(parts.begin(), parts.end());
  warm[beside].max_extra = 0;
  cold.back().max_extra = 0;
  bool any = false;
  for (std::size_t j = 0; j < beside; ++j) {
    if (!kinds[j].warm) warm[j].max_extra = 0;
    if (!kinds[j].cold) cold[j].max_extra = 0;
    any = any || cold[j].max_extra > 0;
  }
  std::vector<ExtraRuns> rows = excitation_rows(warm, pass_ms, boost);
  if (!any) return rows;
  for (ExtraRuns& row : rows_with_beside(cold, pass_ms, kColdBoost * boost, beside, run_ms)) {
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ExtraRuns> excitation_round(const std::vector<ExtraRuns>& rows, std::size_t parts,
                                        std::size_t plain_every, std::mt19937_64& random) {
  std::vector<ExtraRuns> excited = rows;
  shuffle(excited, random);
  std::vector<ExtraRuns> round;
  for (std::size_t i = 0; i < excited.size(); ++i) {
    if (i % plain_every == 0) round.emplace_back(parts, 0);
    round.push_back(std::move(excited[i]));
  }
  round.emplace_back(parts, 0);
  return round;
}

}  // namespace layerwatt
