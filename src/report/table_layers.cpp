#include "report/table_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/units.hpp"
#include "report/columns.hpp"
#include "report/display.hpp"
#include "report/figures.hpp"
#include "report/table_cells.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kBarWidth = 10;

// The columns of the layer grid, in order.
enum Place { kIndex, kName, kType, kTime, kPower, kEnergy, kInterval, kSamples, kShare, kBar };
constexpr std::size_t kPlaces = kBar + 1;

Cell energy_interval(const LayerResult& row) {
  const Cell hi = layer_column("energy_ci95_hi_mj").get(row);
  if (std::holds_alternative<Missing>(hi)) return hi;
  return number_cell(half_width(row.energy_mj->mean, *row.energy_mj->ci95));
}

Scale column_scale(const Result& result, const char* name) {
  const Column& column = layer_column(name);
  return scale_of(result, column.unit, column.digits, column.get);
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
      } else if (ranked.kind == RankedRow::Kind::more_members) {
        add(left_out(ranking_.cut, "└ ", "of the group"), std::nullopt);
      } else {
        const LayerResult& row = result_.layers[ranked.index];
        const bool member = ranked.kind != RankedRow::Kind::layer;
        // What a member has is the group's energy shared out by time: no share claims to know it.
        add(layer(row, branch_of(ranked.kind)), member ? std::nullopt : ranked_value(row));
      }
    }
    const double largest_layer = largest;
    if (!ranking_.hidden.empty())
      add(left_out(ranking_.hidden, "", ranking_.hidden.size() == 1 ? "layer" : "layers"),
          hidden_value());
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
    const Cell interval = energy_interval(values);
    row.cells[kInterval].text = cell_text(interval, energy_, notes_);
    // An interval that comes with a reservation.
    if (values.reason && number_of(interval))
      row.cells[kInterval].text += notes_.mark(*values.reason);
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

  GridRow left_out(const std::vector<std::size_t>& layers, const char* branch,
                   const char* what) const {
    const std::size_t count = layers.size();
    const Sum time = sum_time(result_, layers);
    const Sum energy = sum_energy(result_, layers);
    const std::size_t unknown = (ranking_.by_energy ? energy : time).unknown;
    GridRow row = blank(Style::faint);
    row.cells[kName].text = fmt::format("{}… and {} more {}", branch, count, what);
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

}  // namespace layerwatt
