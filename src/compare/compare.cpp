#include "layerwatt/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "compare/circumstances.hpp"
#include "compare/match.hpp"
#include "compare/welch.hpp"

namespace layerwatt {
namespace {

// The attribution judges energies by the means of 20 runs of inferences.
constexpr double kEnergyDegrees = 19.0;

// A figure with what is needed to test it; the error is empty where there is no interval.
struct Value {
  Known<Estimate> estimate;
  std::optional<MeanError> error;
};

Value value_of(const Known<Estimate>& estimate) {
  if (!estimate) return {estimate, std::nullopt};
  return {estimate, mean_error(*estimate, kEnergyDegrees)};
}

Value value_of(const Known<Metric>& metric) {
  if (!metric) return {Missing{metric.reason()}, std::nullopt};
  const Estimate estimate{metric->mean, metric->ci95};
  return {estimate, mean_error(estimate, degrees_of(metric->count))};
}

// Σ of values; missing as soon as one is, without an error as soon as one has none.
Value sum_of(const std::vector<Value>& values) {
  if (values.empty()) return {Missing{"no_layer"}, std::nullopt};
  if (values.size() == 1) return values.front();
  double mean = 0.0;
  MeanError error{0.0, 0.0, std::numeric_limits<double>::infinity()};
  bool known = true;
  for (const Value& value : values) {
    if (!value.estimate) return {value.estimate, std::nullopt};
    mean += value.estimate->mean;
    known = known && value.error.has_value();
    if (!value.error) continue;
    error.error += value.error->error;
    error.degrees = std::min(error.degrees, value.error->degrees);
  }
  if (!known) return {Estimate{mean, std::nullopt}, std::nullopt};
  error.mean = mean;
  const double half = student_t95(error.degrees) * error.error;
  return {Estimate{mean, Interval{mean - half, mean + half}}, error};
}

Value time_of(const Result& result, const std::vector<std::size_t>& layers) {
  std::vector<Value> values;
  for (const std::size_t layer : layers) values.push_back(value_of(result.layers[layer].time_ms));
  return sum_of(values);
}

// A group counts as a whole; part of one has no energy that is known.
Value energy_of(const Result& result, const std::vector<std::size_t>& layers) {
  const std::set<std::size_t> inside(layers.begin(), layers.end());
  std::set<std::size_t> groups;
  std::vector<Value> values;
  for (const std::size_t index : layers) {
    const LayerResult& layer = result.layers[index];
    if (!layer.group) {
      values.push_back(value_of(layer.energy_mj));
      continue;
    }
    if (!groups.insert(*layer.group).second) continue;
    const LayerGroup& group = result.groups[*layer.group];
    const bool whole = std::all_of(group.layers.begin(), group.layers.end(),
                                   [&](std::size_t member) { return inside.contains(member); });
    if (!whole) return {Missing{"not_separable"}, std::nullopt};
    values.push_back(value_of(group.energy_mj));
  }
  return sum_of(values);
}

// Mean power of layers that may be several: energy by time. Its error is that of the energy, beside
// which a time's is small.
Value power_of(const Result& result, const std::vector<std::size_t>& layers, const Value& time,
               const Value& energy) {
  if (layers.size() == 1 && !result.layers[layers.front()].group) {
    return value_of(result.layers[layers.front()].power_mw);
  }
  if (!energy.estimate) return {energy.estimate, std::nullopt};
  if (!time.estimate) return {time.estimate, std::nullopt};
  if (!(time.estimate->mean > 0.0)) return {Missing{"no_time"}, std::nullopt};
  const double factor = 1000.0 / time.estimate->mean;
  Estimate power{energy.estimate->mean * factor, std::nullopt};
  if (!energy.error) return {power, std::nullopt};
  const MeanError error{power.mean, energy.error->error * factor, energy.error->degrees};
  const double half = student_t95(error.degrees) * error.error;
  power.ci95 = Interval{power.mean - half, power.mean + half};
  return {power, error};
}

Change change(const Value& before, const Value& after) {
  Change change;
  change.before = before.estimate;
  change.after = after.estimate;
  if (!before.estimate || !after.estimate) {
    change.difference =
        Missing{before.estimate ? after.estimate.reason() : before.estimate.reason()};
    return change;
  }
  const double difference = after.estimate->mean - before.estimate->mean;
  if (before.estimate->mean > 0.0) change.relative = difference / before.estimate->mean;
  if (!before.error || !after.error) {
    change.difference = Estimate{difference, std::nullopt};
    return change;
  }
  const WelchTest test = welch(*before.error, *after.error);
  change.difference = Estimate{difference, test.ci95};
  change.p = test.p;
  return change;
}

Changes changes_of(const Result& before, const std::vector<std::size_t>& was, const Result& after,
                   const std::vector<std::size_t>& is) {
  const Value time_before = time_of(before, was);
  const Value time_after = time_of(after, is);
  const Value energy_before = energy_of(before, was);
  const Value energy_after = energy_of(after, is);
  return {change(time_before, time_after), change(energy_before, energy_after),
          change(power_of(before, was, time_before, energy_before),
                 power_of(after, is, time_after, energy_after))};
}

Verdict verdict_of(const Change& change, const CompareOptions& options) {
  if (!change.p_adjusted) return Verdict::unknown;
  if (*change.p_adjusted >= options.alpha) return Verdict::no_evidence;
  if (change.relative && std::abs(*change.relative) < options.min_change) {
    return Verdict::negligible;
  }
  return change.difference->mean < 0.0 ? Verdict::better : Verdict::worse;
}

// All differences of one figure are judged together.
void decide(const std::vector<Change*>& family, const CompareOptions& options) {
  std::vector<double> p;
  for (const Change* change : family) {
    if (change->p) p.push_back(*change->p);
  }
  const std::vector<double> adjusted = holm(p);
  std::size_t next = 0;
  for (Change* change : family) {
    if (change->p) change->p_adjusted = adjusted[next++];
    change->verdict = verdict_of(*change, options);
  }
}

std::string row_name(const Result& result, const std::vector<std::size_t>& layers) {
  std::string name = result.layers[layers.front()].name;
  if (layers.size() > 1) name += " (and " + std::to_string(layers.size() - 1) + " more)";
  return name;
}

std::vector<std::string> names(const Result& result) {
  std::vector<std::string> list;
  for (const LayerResult& layer : result.layers) list.push_back(layer.name);
  return list;
}

CompareRow tied_row(const std::vector<Match>& matches, const std::vector<std::size_t>& members,
                    const Result& before, const Result& after) {
  CompareRow row;
  row.kind = MatchKind::group;
  for (const std::size_t member : members) {
    const Match& match = matches[member];
    row.before.insert(row.before.end(), match.before.begin(), match.before.end());
    row.after.insert(row.after.end(), match.after.begin(), match.after.end());
  }
  std::sort(row.before.begin(), row.before.end());
  std::sort(row.after.begin(), row.after.end());
  row.name = "group: " + row_name(row.before.empty() ? after : before,
                                  row.before.empty() ? row.after : row.before);
  row.changes.energy_mj = change(energy_of(before, row.before), energy_of(after, row.after));
  row.changes.time_ms.difference = Missing{"see_members"};
  row.changes.power_mw.difference = Missing{"see_members"};
  return row;
}

}  // namespace

Comparison compare(const Result& before, const Result& after, const CompareOptions& options) {
  Comparison comparison;
  comparison.options = options;
  comparison.total = {change(value_of(before.total.time_ms), value_of(after.total.time_ms)),
                      change(value_of(before.total.energy_mj), value_of(after.total.energy_mj)),
                      change(value_of(before.total.power_mw), value_of(after.total.power_mw))};
  const std::vector<Match> matches = match_layers(names(before), names(after));
  for (const Match& match : matches) {
    CompareRow row;
    row.kind = match.kind;
    row.before = match.before;
    row.after = match.after;
    row.name = match.before.empty() ? row_name(after, match.after) : row_name(before, match.before);
    row.changes = changes_of(before, match.before, after, match.after);
    comparison.rows.push_back(std::move(row));
  }
  for (const auto& members : tied_matches(matches, before.groups, after.groups)) {
    comparison.rows.push_back(tied_row(matches, members, before, after));
  }
  for (Change Changes::*figure : {&Changes::time_ms, &Changes::energy_mj, &Changes::power_mw}) {
    std::vector<Change*> family;
    for (CompareRow& row : comparison.rows) family.push_back(&(row.changes.*figure));
    decide(family, options);
  }
  decide({&comparison.total.time_ms, &comparison.total.energy_mj, &comparison.total.power_mw},
         options);
  comparison.warnings = differing_circumstances(before, after);
  return comparison;
}

const char* to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::negligible:
      return "negligible";
    case Verdict::no_evidence:
      return "no_evidence";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

const char* to_string(MatchKind kind) noexcept {
  switch (kind) {
    case MatchKind::name:
      return "name";
    case MatchKind::nodes:
      return "nodes";
    case MatchKind::group:
      return "group";
    case MatchKind::only_before:
      return "only_before";
    case MatchKind::only_after:
      break;
  }
  return "only_after";
}

}  // namespace layerwatt
