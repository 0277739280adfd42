#include "report/columns.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace layerwatt {
namespace {

constexpr MetricField kMetricFields[] = {
    {"mean", &Metric::mean}, {"median", &Metric::median}, {"min", &Metric::min},
    {"max", &Metric::max},   {"std", &Metric::std},       {"p90", &Metric::p90},
    {"p99", &Metric::p99},
};

Cell text_cell(const std::optional<std::string>& text) {
  if (!text) return Missing{""};
  return *text;
}

template <double Metric::*member>
Cell time_cell(const LayerResult& layer) {
  if (!layer.time_ms) return Missing{layer.time_ms.reason()};
  return number_cell((*layer.time_ms).*member);
}

template <double Interval::*side>
Cell time_side(const LayerResult& layer) {
  if (!layer.time_ms) return Missing{layer.time_ms.reason()};
  if (!layer.time_ms->ci95) return Missing{no_interval_reason(*layer.time_ms)};
  return number_cell((*layer.time_ms->ci95).*side);
}

Cell mean_cell(const Known<Estimate>& estimate) {
  if (!estimate) return Missing{estimate.reason()};
  return number_cell(estimate->mean);
}

template <double Interval::*side>
Cell side_cell(const LayerResult& layer, const Known<Estimate>& estimate) {
  if (!estimate) return Missing{estimate.reason()};
  if (!estimate->ci95) return Missing{layer.reason.value_or(kNoInterval)};
  return number_cell((*estimate->ci95).*side);
}

const Column kColumns[] = {
    {"index", "#", "", "Place in execution order, from 0; the key, since names may repeat.", 0,
     [](const LayerResult& layer) { return Cell(std::uint64_t{layer.index}); }},
    {"name", "layer", "", "Name of the layer as the engine reports it.", 0,
     [](const LayerResult& layer) { return Cell(layer.name); }},
    {"type", "type", "", "What the layer computes, where the engine says so.", 0,
     [](const LayerResult& layer) { return text_cell(layer.type); }},
    {"precision", "precision", "", "Number format it computes in, where the engine says so.", 0,
     [](const LayerResult& layer) { return text_cell(layer.precision); }},
    {"time_ms", "time", "ms", "Mean time of the layer in one inference.", 4,
     time_cell<&Metric::mean>},
    {"time_median_ms", "median", "ms", "Median of that time over the inferences.", 4,
     time_cell<&Metric::median>},
    {"time_min_ms", "min", "ms", "Shortest time.", 4, time_cell<&Metric::min>},
    {"time_max_ms", "max", "ms", "Longest time.", 4, time_cell<&Metric::max>},
    {"time_std_ms", "std", "ms", "Standard deviation of the time (n - 1).", 4,
     time_cell<&Metric::std>},
    {"time_p90_ms", "p90", "ms", "90 % of the inferences took no longer.", 4,
     time_cell<&Metric::p90>},
    {"time_p99_ms", "p99", "ms", "99 % of the inferences took no longer.", 4,
     time_cell<&Metric::p99>},
    {"time_ci95_lo_ms", "from", "ms", "Lower end of the 95 % interval of the mean time.", 4,
     time_side<&Interval::lo>},
    {"time_ci95_hi_ms", "to", "ms", "Upper end of that interval.", 4, time_side<&Interval::hi>},
    {"power_mw", "power", "mW", "Mean power while the layer runs, over the rails in the total.", 4,
     [](const LayerResult& layer) { return mean_cell(layer.power_mw); }},
    {"power_ci95_lo_mw", "from", "mW", "Lower end of the 95 % interval of that power.", 4,
     [](const LayerResult& layer) { return side_cell<&Interval::lo>(layer, layer.power_mw); }},
    {"power_ci95_hi_mw", "to", "mW", "Upper end of that interval.", 4,
     [](const LayerResult& layer) { return side_cell<&Interval::hi>(layer, layer.power_mw); }},
    {"energy_mj", "energy", "mJ", "Energy of the layer in one inference.", 4,
     [](const LayerResult& layer) { return mean_cell(layer.energy_mj); }},
    {"energy_ci95_lo_mj", "from", "mJ", "Lower end of the 95 % interval of that energy.", 4,
     [](const LayerResult& layer) { return side_cell<&Interval::lo>(layer, layer.energy_mj); }},
    {"energy_ci95_hi_mj", "to", "mJ", "Upper end of that interval.", 4,
     [](const LayerResult& layer) { return side_cell<&Interval::hi>(layer, layer.energy_mj); }},
    {"samples", "samples", "", "Power samples that touched the layer, over the whole run.", 0,
     [](const LayerResult& layer) { return Cell(layer.samples); }},
    {"group", "group", "", "Number of the group of layers that the data cannot tell apart.", 0,
     [](const LayerResult& layer) {
       return layer.group ? Cell(std::uint64_t{*layer.group}) : Cell(Missing{""});
     }},
};

const Column kIdleColumns[] = {
    {"active_energy_mj", "active", "mJ", "Energy of the layer beyond that of the idle device.", 4,
     [](const LayerResult& layer) { return mean_cell(layer.active_energy_mj); }},
    {"active_energy_ci95_lo_mj", "from", "mJ", "Lower end of the 95 % interval of that energy.", 4,
     [](const LayerResult& layer) {
       return side_cell<&Interval::lo>(layer, layer.active_energy_mj);
     }},
    {"active_energy_ci95_hi_mj", "to", "mJ", "Upper end of that interval.", 4,
     [](const LayerResult& layer) {
       return side_cell<&Interval::hi>(layer, layer.active_energy_mj);
     }},
};

const RailColumn kRailColumns[] = {
    {"power_mw", "power", "mW", "Mean power of that rail while the layer runs.", 4,
     [](const RailResult& rail) { return mean_cell(rail.power_mw); }},
    {"energy_mj", "energy", "mJ", "Energy of that rail in the layer, in one inference.", 4,
     [](const RailResult& rail) { return mean_cell(rail.energy_mj); }},
};

void add_names(const std::vector<RailResult>& rails, std::vector<std::string>& names) {
  for (const RailResult& rail : rails) {
    if (std::find(names.begin(), names.end(), rail.rail) == names.end()) names.push_back(rail.rail);
  }
}

}  // namespace

std::span<const Column> layer_columns() { return kColumns; }
std::span<const RailColumn> rail_columns() { return kRailColumns; }
std::span<const Column> idle_columns() { return kIdleColumns; }
std::span<const MetricField> metric_fields() { return kMetricFields; }

const Column& layer_column(std::string_view name) {
  for (const Column& column : kColumns) {
    if (column.name == name) return column;
  }
  throw std::out_of_range("no column " + std::string(name));
}

std::vector<std::string> rail_names(const Result& result) {
  std::vector<std::string> names;
  add_names(result.total.rails, names);
  for (const LayerResult& layer : result.layers) add_names(layer.rails, names);
  return names;
}

const RailResult* find_rail(const std::vector<RailResult>& rails, std::string_view name) {
  for (const RailResult& rail : rails) {
    if (rail.rail == name) return &rail;
  }
  return nullptr;
}

LayerResult group_row(const Result& result, std::size_t group) {
  LayerResult row;
  row.group = group;
  row.energy_mj = result.groups.at(group).energy_mj;
  row.active_energy_mj = Missing{"see_members"};
  row.time_ms = Missing{"see_members"};
  row.power_mw = Missing{"see_members"};
  return row;
}

LayerResult outside_row(const OutsideLayers& outside) {
  LayerResult row;
  row.name = "outside layers";
  row.time_ms = outside.time_ms;
  row.power_mw = outside.power_mw;
  row.energy_mj = outside.energy_mj;
  row.active_energy_mj = outside.active_energy_mj;
  row.reason = outside.reason;
  return row;
}

LayerResult total_row(const Total& total) {
  LayerResult row;
  row.name = "one inference";
  row.time_ms = total.time_ms;
  row.power_mw = total.power_mw;
  row.energy_mj = total.energy_mj;
  row.active_energy_mj = total.active_energy_mj;
  row.rails = total.rails;
  return row;
}

Cell number_cell(double value) {
  if (!std::isfinite(value)) return Missing{kNotFinite};
  return value;
}

std::string no_interval_reason(const Metric& metric) {
  return metric.count < 2 ? "fewer_than_two_readings" : kNoInterval;
}

}  // namespace layerwatt
