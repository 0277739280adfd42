#include "report/table_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/units.hpp"
#include "report/columns.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kBarWidth = 10;
constexpr std::size_t kRailWidth = 16;

// The columns of the layer grid, in order.
enum Place { kIndex, kName, kType, kTime, kPower, kEnergy, kInterval, kSamples, kShare, kBar };
constexpr std::size_t kPlaces = kBar + 1;

std::optional<double> number(const Cell& cell) {
  if (const double* value = std::get_if<double>(&cell)) return *value;
  return std::nullopt;
}

std::string cell_text(const Cell& cell, const Scale& scale, Footnotes& notes) {
  struct Visitor {
    const Scale& scale;
    Footnotes& notes;
    std::string operator()(const Missing& missing) const {
      return missing.reason.empty() ? "" : notes.dash(missing.reason);
    }
    std::string operator()(const std::string& text) const { return harmless(text); }
    std::string operator()(std::uint64_t count) const { return fmt::format("{}", count); }
    std::string operator()(double value) const { return figure(value, scale); }
  };
  return std::visit(Visitor{scale, notes}, cell);
}

// The larger side of an interval: a single ± must not promise too much.
double half_width(double mean, const Interval& interval) {
  return std::max(interval.hi - mean, mean - interval.lo);
}

Cell energy_interval(const LayerResult& row) {
  const Cell hi = layer_column("energy_ci95_hi_mj").get(row);
  if (std::holds_alternative<Missing>(hi)) return hi;
  return number_cell(half_width(row.energy_mj->mean, *row.energy_mj->ci95));
}

template <class Get>
Scale scale_of(const Result& result, std::string_view unit, int digits, Get get) {
  double largest = 0.0;
  for (const LayerResult& layer : result.layers) {
    largest = std::max(largest, number(get(layer)).value_or(0.0));
  }
  if (largest == 0.0) largest = number(get(total_row(result.total))).value_or(0.0);
  return scale_for(unit, largest, digits);
}

Scale column_scale(const Result& result, const char* name) {
  const Column& column = layer_column(name);
  return scale_of(result, column.unit, column.digits, column.get);
}

std::string name_of(const LayerResult& layer) {
  return layer.name.empty() ? "(no name)" : harmless(layer.name);
}

std::string branch_of(RankedRow::Kind kind) {
  if (kind == RankedRow::Kind::member) return "├ ";
  return kind == RankedRow::Kind::last_member ? "└ " : "";
}

std::string group_name(const Result& result, std::size_t group) {
  const auto members = std::count_if(result.layers.begin(), result.layers.end(),
                                     [&](const LayerResult& l) { return l.group == group; });
  return fmt::format("group {}: {} layers", group, members);
}

class LayerGrid {
 public:
  LayerGrid(const Result& result, const Ranking& ranking, Footnotes& notes)
      : result_(result),
        ranking_(ranking),
        notes_(notes),
        time_(column_scale(result, "time_ms")),
        power_(column_scale(result, "power_mw")),
        energy_(column_scale(result, "energy_mj")) {}

  Grid build() {
    Grid grid;
    grid.columns = columns();
    double largest = 0.0;
    const auto add = [&](GridRow row, std::optional<double> value) {
      grid.rows.push_back(std::move(row));
      values_.push_back(value);
      largest = std::max(largest, value.value_or(0.0));
    };
    for (const RankedRow& ranked : ranking_.rows) {
      if (ranked.kind == RankedRow::Kind::group) {
        const LayerResult row = with_member_time(ranked.index);
        add(group(row), ranked_value(row));
      } else {
        const LayerResult& row = result_.layers[ranked.index];
        const bool member = ranked.kind != RankedRow::Kind::layer;
        // What a member has is the group's energy shared out by time: no share claims to know it.
        add(layer(row, branch_of(ranked.kind)), member ? std::nullopt : ranked_value(row));
      }
    }
    const double largest_layer = largest;
    if (!ranking_.hidden.empty()) add(hidden(), hidden_value());
    const LayerResult outside = outside_row(result_.outside_layers);
    add(base("outside layers", outside, Style::faint), ranked_value(outside));
    GridRow total = base("one inference", total_row(result_.total), Style::strong);
    total.rule_above = true;
    add(std::move(total), std::nullopt);
    for (std::size_t i = 0; i < grid.rows.size(); ++i) share(grid.rows[i], i, largest_layer);
    return grid;
  }

 private:
  std::vector<GridColumn> columns() const {
    std::vector<GridColumn> columns(kPlaces);
    columns[kIndex].title = layer_column("index").title;
    columns[kName].title = layer_column("name").title;
    columns[kName].gives_way = true;
    columns[kType].title = layer_column("type").title;
    columns[kTime] = {layer_column("time_ms").title, time_.unit};
    columns[kPower] = {layer_column("power_mw").title, power_.unit};
    columns[kEnergy] = {layer_column("energy_mj").title, energy_.unit};
    columns[kInterval] = {"±", energy_.unit};
    columns[kShare] = {"share", "%"};
    columns[kSamples].title = layer_column("samples").title;
    for (const Place place : {kName, kType, kBar}) columns[place].right = false;
    for (const Place place : {kPower, kEnergy, kInterval, kSamples}) {
      columns[place].absent = !has_power(result_);
    }
    columns[kType].absent =
        std::none_of(result_.layers.begin(), result_.layers.end(),
                     [](const LayerResult& layer) { return layer.type.has_value(); });
    // Where room is short: first the type (a name often says it), then the samples, then the bar.
    columns[kType].leaves_at = 3;
    columns[kSamples].leaves_at = 2;
    columns[kBar].leaves_at = 1;
    return columns;
  }

  GridRow blank(Style style) const {
    GridRow row;
    row.cells.resize(kPlaces, {"", style});
    row.cells[kBar].style = Style::accent;
    return row;
  }

  GridRow base(const std::string& name, const LayerResult& values, Style style) {
    GridRow row = blank(style);
    row.cells[kName].text = name;
    row.cells[kTime].text = cell_text(layer_column("time_ms").get(values), time_, notes_);
    if (!has_power(result_)) return row;
    row.cells[kPower].text = cell_text(layer_column("power_mw").get(values), power_, notes_);
    row.cells[kEnergy].text = cell_text(layer_column("energy_mj").get(values), energy_, notes_);
    row.cells[kInterval].text = cell_text(energy_interval(values), energy_, notes_);
    return row;
  }

  GridRow layer(const LayerResult& layer, const std::string& branch) {
    GridRow row =
        base(branch + name_of(layer), layer, branch.empty() ? Style::plain : Style::faint);
    row.cells[kIndex].text = fmt::format("{}", layer.index);
    row.cells[kType].text = harmless(layer.type.value_or(""));
    row.cells[kSamples].text = fmt::format("{}", layer.samples);
    return row;
  }

  GridRow group(const LayerResult& values) {
    return base(group_name(result_, *values.group), values, Style::plain);
  }

  // The means of the members add up, and so do the energies: their quotient is the mean power.
  LayerResult with_member_time(std::size_t group) const {
    LayerResult row = group_row(result_, group);
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < result_.layers.size(); ++i) {
      if (result_.layers[i].group == group) members.push_back(i);
    }
    const Sum time = sum_time(result_, members);
    if (time.unknown > 0 || time.value <= 0.0) return row;
    Metric metric;
    metric.mean = time.value;
    row.time_ms = metric;
    if (const std::optional<double> energy = known_mean(row.energy_mj)) {
      row.power_mw =
          Estimate{(Millijoules{*energy} / Milliseconds{time.value}).value, std::nullopt};
    } else {
      row.power_mw = Missing{row.energy_mj.reason()};
    }
    return row;
  }

  GridRow hidden() const {
    const std::size_t count = ranking_.hidden.size();
    const Sum time = sum_time(result_, ranking_.hidden);
    const Sum energy = sum_energy(result_, ranking_.hidden);
    const std::size_t unknown = (ranking_.by_energy ? energy : time).unknown;
    GridRow row = blank(Style::faint);
    row.cells[kName].text = fmt::format("… and {} more layer{}", count, count == 1 ? "" : "s");
    if (unknown > 0) row.cells[kName].text += fmt::format(" ({} not known)", unknown);
    if (time.unknown < count) row.cells[kTime].text = figure(time.value, time_);
    if (energy.unknown < count) row.cells[kEnergy].text = figure(energy.value, energy_);
    return row;
  }

  std::optional<double> hidden_value() const {
    const Sum sum = ranking_.by_energy ? sum_energy(result_, ranking_.hidden)
                                       : sum_time(result_, ranking_.hidden);
    if (sum.unknown == ranking_.hidden.size()) return std::nullopt;
    return sum.value;
  }

  std::optional<double> ranked_value(const LayerResult& row) const {
    return ranking_.by_energy ? known_mean(row.energy_mj) : known_mean(row.time_ms);
  }

  // A full bar is the largest layer: against the whole, most would be a sliver.
  void share(GridRow& row, std::size_t i, double largest) const {
    if (!values_[i] || !ranking_.whole) return;
    row.cells[kShare].text = percent(*values_[i] / *ranking_.whole);
    if (largest > 0.0 && *values_[i] <= largest) {
      row.cells[kBar].text = bar(*values_[i] / largest, kBarWidth);
    }
  }

  const Result& result_;
  const Ranking& ranking_;
  Footnotes& notes_;
  Scale time_;
  Scale power_;
  Scale energy_;
  std::vector<std::optional<double>> values_;  // what a row's share is of, one a row
};

// One rail's column of the rail grid.
struct RailPlace {
  std::string rail;
  const RailColumn* column;
  Scale scale;
};

Cell rail_cell(const LayerResult& row, const RailPlace& place) {
  const RailResult* rail = find_rail(row.rails, place.rail);
  return rail != nullptr ? place.column->get(*rail) : Cell(Missing{"no_rail_result"});
}

void add_metric(Grid& grid, const std::string& name, const Known<Metric>& metric,
                std::string_view unit, Footnotes& notes) {
  GridRow row;
  row.cells.push_back({name, Style::plain});
  if (!metric) {
    row.cells.push_back({notes.dash(metric.reason()), Style::plain});
    row.cells.resize(grid.columns.size());
    grid.rows.push_back(std::move(row));
    return;
  }
  const Scale scale = scale_for(unit, metric->mean, 4);
  row.cells[0].text += ", " + scale.unit;
  const Cell interval = metric->ci95 ? number_cell(half_width(metric->mean, *metric->ci95))
                                     : Cell(Missing{no_interval_reason(*metric)});
  for (const Cell& cell :
       {number_cell(metric->mean), interval, number_cell(metric->median), number_cell(metric->p90),
        number_cell(metric->p99), number_cell(metric->min), number_cell(metric->max)}) {
    row.cells.push_back({cell_text(cell, scale, notes), Style::plain});
  }
  row.cells[1].style = Style::strong;
  grid.rows.push_back(std::move(row));
}

}  // namespace

bool has_power(const Result& result) {
  const auto known = [](const auto& owner) {
    return owner.power_mw.has_value() || owner.energy_mj.has_value();
  };
  return known(result.total) || known(result.outside_layers) ||
         std::any_of(result.layers.begin(), result.layers.end(), known) ||
         std::any_of(result.groups.begin(), result.groups.end(),
                     [](const LayerGroup& group) { return group.energy_mj.has_value(); });
}

Grid layer_grid(const Result& result, const Ranking& ranking, Footnotes& notes) {
  return LayerGrid(result, ranking, notes).build();
}

Grid rail_grid(const Result& result, const Ranking& ranking, const std::vector<std::string>& rails,
               Footnotes& notes) {
  Grid grid;
  grid.columns.push_back({layer_column("index").title, ""});
  GridColumn name{layer_column("name").title, ""};
  name.right = false;
  name.gives_way = true;
  grid.columns.push_back(name);
  std::vector<RailPlace> places;
  for (const std::string& rail : rails) {
    for (const RailColumn& column : rail_columns()) {
      RailPlace place{rail, &column, {}};
      place.scale = scale_of(result, column.unit, column.digits,
                             [&](const LayerResult& layer) { return rail_cell(layer, place); });
      grid.columns.push_back({shorten_middle(harmless(rail), kRailWidth), place.scale.unit});
      places.push_back(std::move(place));
    }
  }
  const auto add = [&](const std::string& index, const std::string& label, const LayerResult& row,
                       Style style) {
    GridRow line;
    line.cells = {{index, style}, {label, style}};
    for (const RailPlace& place : places) {
      line.cells.push_back({cell_text(rail_cell(row, place), place.scale, notes), style});
    }
    grid.rows.push_back(std::move(line));
  };
  for (const RankedRow& ranked : ranking.rows) {
    if (ranked.kind == RankedRow::Kind::group) continue;
    const LayerResult& layer = result.layers[ranked.index];
    add(fmt::format("{}", layer.index), name_of(layer), layer, Style::plain);
  }
  if (!result.total.rails.empty()) {
    add("", "one inference", total_row(result.total), Style::strong);
    grid.rows.back().rule_above = true;
  }
  return grid;
}

Grid summary_grid(const Result& result, Footnotes& notes) {
  Grid grid;
  GridColumn label{"per inference", ""};
  label.right = false;
  grid.columns.push_back(label);
  for (const char* title : {"mean", "±", "median", "p90", "p99", "min", "max"}) {
    grid.columns.push_back({title, ""});
  }
  for (const std::size_t extreme : {6, 7}) grid.columns[extreme].leaves_at = 1;
  add_metric(grid, "latency", result.total.time_ms, "ms", notes);
  add_metric(grid, "power draw", result.power_draw_mw, "mW", notes);
  add_metric(grid, "energy", result.energy_mj, "mJ", notes);
  return grid;
}

}  // namespace layerwatt
