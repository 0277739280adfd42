#include "report/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace layerwatt {
namespace {

// What is ranked: a layer alone, or a group with its members.
struct Unit {
  std::optional<std::size_t> group;
  std::vector<std::size_t> layers;
  std::optional<double> energy;
  double time = 0.0;
};

template <class T>
std::optional<double> finite_mean(const Known<T>& value) {
  if (!value || !std::isfinite(value->mean)) return std::nullopt;
  return value->mean;
}

template <class Get>
Sum sum_of(const Result& result, const std::vector<std::size_t>& layers, Get get) {
  Sum sum;
  for (const std::size_t layer : layers) {
    if (const std::optional<double> value = get(result.layers[layer])) {
      sum.value += *value;
    } else {
      ++sum.unknown;
    }
  }
  return sum;
}

std::vector<Unit> units_of(const Result& result) {
  std::vector<Unit> units;
  std::map<std::size_t, std::size_t> of_group;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const std::optional<std::size_t> group = result.layers[i].group;
    const bool grouped = group && *group < result.groups.size();
    if (grouped && of_group.count(*group) != 0) {
      units[of_group[*group]].layers.push_back(i);
      continue;
    }
    if (grouped) of_group[*group] = units.size();
    units.push_back({grouped ? group : std::nullopt, {i}, std::nullopt, 0.0});
  }
  for (Unit& unit : units) {
    const Sum energy = sum_energy(result, unit.layers);
    if (unit.group) unit.energy = known_mean(result.groups[*unit.group].energy_mj);
    if (!unit.energy && energy.unknown < unit.layers.size()) unit.energy = energy.value;
    unit.time = sum_time(result, unit.layers).value;
  }
  return units;
}

// Those without an energy come after those with one, by time; ties keep the execution order.
bool larger(const Unit& a, const Unit& b, bool by_energy) {
  if (by_energy && a.energy.has_value() != b.energy.has_value()) return a.energy.has_value();
  if (by_energy && a.energy && *a.energy != *b.energy) return *a.energy > *b.energy;
  return a.time > b.time;
}

std::optional<double> whole_of(const Result& result, bool by_energy) {
  const std::optional<double> total =
      by_energy ? known_mean(result.total.energy_mj) : known_mean(result.total.time_ms);
  if (total && *total > 0.0) return total;
  std::vector<std::size_t> all(result.layers.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const Sum layers = by_energy ? sum_energy(result, all) : sum_time(result, all);
  const std::optional<double> outside = by_energy ? known_mean(result.outside_layers.energy_mj)
                                                  : known_mean(result.outside_layers.time_ms);
  // A share of part of the whole would be too large.
  if (layers.unknown > 0 || !outside || layers.value + *outside <= 0.0) return std::nullopt;
  return layers.value + *outside;
}

// Shows `room` members at most, and at least one. They are shared out by time, so time ranks them.
void add_group(const Result& result, Unit& unit, std::size_t room, Ranking& ranking) {
  std::stable_sort(unit.layers.begin(), unit.layers.end(), [&](std::size_t a, std::size_t b) {
    return known_mean(result.layers[a].time_ms).value_or(-1.0) >
           known_mean(result.layers[b].time_ms).value_or(-1.0);
  });
  ranking.rows.push_back({RankedRow::Kind::group, *unit.group});
  for (std::size_t i = 0; i < unit.layers.size(); ++i) {
    if (i >= room) {
      ranking.cut.push_back(unit.layers[i]);
    } else {
      ranking.rows.push_back({RankedRow::Kind::member, unit.layers[i]});
    }
  }
  if (ranking.cut.empty()) {
    ranking.rows.back().kind = RankedRow::Kind::last_member;
  } else {
    ranking.rows.push_back({RankedRow::Kind::more_members, 0});
  }
}

}  // namespace

std::optional<double> known_mean(const Known<Metric>& metric) { return finite_mean(metric); }
std::optional<double> known_mean(const Known<Estimate>& estimate) { return finite_mean(estimate); }

Sum sum_time(const Result& result, const std::vector<std::size_t>& layers) {
  return sum_of(result, layers, [](const LayerResult& layer) { return known_mean(layer.time_ms); });
}

Sum sum_energy(const Result& result, const std::vector<std::size_t>& layers) {
  return sum_of(result, layers,
                [](const LayerResult& layer) { return known_mean(layer.energy_mj); });
}

Ranking rank_layers(const Result& result, std::size_t top) {
  Ranking ranking;
  std::vector<Unit> units = units_of(result);
  ranking.by_energy = std::any_of(units.begin(), units.end(),
                                  [](const Unit& unit) { return unit.energy.has_value(); });
  ranking.whole = whole_of(result, ranking.by_energy);
  std::stable_sort(units.begin(), units.end(),
                   [&](const Unit& a, const Unit& b) { return larger(a, b, ranking.by_energy); });
  const std::size_t limit = top == 0 ? result.layers.size() : top;
  std::size_t shown = 0;
  for (Unit& unit : units) {
    if (shown >= limit) {
      ranking.hidden.insert(ranking.hidden.end(), unit.layers.begin(), unit.layers.end());
    } else if (!unit.group) {
      ranking.rows.push_back({RankedRow::Kind::layer, unit.layers[0]});
      ++shown;
    } else {
      add_group(result, unit, limit - shown, ranking);
      shown += unit.layers.size();
    }
  }
  return ranking;
}

}  // namespace layerwatt
