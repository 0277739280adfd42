#include "record/excitation_design.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace layerwatt {
namespace {

constexpr double kAloneShare = 1.0 / 3.0;
constexpr std::size_t kLargestBlock = 15;
constexpr std::size_t kEighths = 16;
constexpr std::size_t kLeastForEighths = 6;
constexpr std::size_t kLeastOfEighth = 2;  // one layer alone would be repeated in its place
constexpr double kLargeLayer = 0.015;      // of a pass
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

std::vector<std::vector<ExtraRuns>> half_pass_rows(std::span<const ExcitablePart> parts,
                                                   std::mt19937_64& random) {
  std::vector<std::size_t> layers;
  for (std::size_t j = 0; j + 1 < parts.size(); ++j) {
    if (parts[j].max_extra > 0 && parts[j].time_ms > 0.0) layers.push_back(j);
  }
  std::vector<std::vector<ExtraRuns>> rows;
  const auto add = [&](const auto& has) {
    std::vector<ExtraRuns> both;
    for (const bool mirrored : {false, true}) {
      ExtraRuns made(parts.size(), 0);
      for (std::size_t column = 0; column < layers.size(); ++column) {
        if (has(column) != mirrored) made[layers[column]] = 1;
      }
      if (made != ExtraRuns(parts.size(), 0)) both.push_back(std::move(made));
    }
    if (!both.empty()) rows.push_back(std::move(both));
  };
  shuffle(layers, random);
  const std::size_t size = std::bit_ceil(layers.size() + 1) - 1;
  for (std::size_t row = 0; row < size; ++row) {
    add([&](std::size_t column) { return s_matrix(row, column); });
  }
  if (layers.size() < kLeastForEighths) return rows;
  const std::size_t eighth = std::max(kLeastOfEighth, layers.size() / 8);
  std::size_t dealt = layers.size();
  for (std::size_t i = 0; i < kEighths; ++i) {
    if (dealt + eighth > layers.size()) {
      shuffle(layers, random);
      dealt = 0;
    }
    add([&](std::size_t column) { return column >= dealt && column < dealt + eighth; });
    dealt += eighth;
  }
  return rows;
}

std::vector<ExtraRuns> alone_rows(std::span<const ExcitablePart> parts, double pass_ms,
                                  double boost) {
  std::vector<ExtraRuns> rows;
  for (ExtraRuns& row : excitation_rows(parts, pass_ms, boost)) {
    const auto repeated = [](std::uint32_t n) { return n > 0; };
    if (row.back() == 0 && std::count_if(row.begin(), row.end(), repeated) == 1) {
      rows.push_back(std::move(row));
    }
  }
  const std::uint32_t outside = extra_runs(parts, pass_ms, boost).back();
  if (outside > 0) rows.emplace_back(parts.size(), 0).back() = outside;
  return rows;
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

std::vector<ExtraRuns> all_rows(const HalfPassRows& rows) {
  std::vector<ExtraRuns> all;
  for (const auto& both : rows.halves) all.insert(all.end(), both.begin(), both.end());
  all.insert(all.end(), rows.others.begin(), rows.others.end());
  return all;
}

std::vector<ExtraRuns> half_pass_round(const HalfPassRows& rows, std::size_t parts,
                                       std::size_t plain_every, std::mt19937_64& random) {
  std::vector<std::vector<ExtraRuns>> first = rows.halves;
  std::vector<ExtraRuns> second = rows.others;
  shuffle(first, random);
  shuffle(second, random);
  std::size_t count = 0;
  for (const std::vector<ExtraRuns>& both : first) count += both.size();
  const std::size_t groups = std::max<std::size_t>(1, (count + plain_every - 1) / plain_every);
  const ExtraRuns plain(parts, 0);
  std::vector<ExtraRuns> round;
  for (std::size_t group = 0; group < groups; ++group) {
    const auto begin = [&](const auto& all) { return group * all.size() / groups; };
    const auto end = [&](const auto& all) { return (group + 1) * all.size() / groups; };
    round.push_back(plain);
    for (std::size_t i = begin(first); i < end(first); ++i) {
      round.insert(round.end(), first[i].begin(), first[i].end());
    }
    for (std::size_t i = begin(second); i < end(second); ++i) {
      if (round.back() != plain) round.push_back(plain);
      round.push_back(second[i]);
    }
  }
  round.push_back(plain);
  return round;
}

}  // namespace layerwatt
