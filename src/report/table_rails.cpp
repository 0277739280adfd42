#include "report/table_rails.hpp"

#include <fmt/format.h>

#include "report/display.hpp"
#include "report/table_cells.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kRailWidth = 16;

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

}  // namespace

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
    if (ranked.kind == RankedRow::Kind::group || ranked.kind == RankedRow::Kind::more_members) {
      continue;
    }
    const LayerResult& layer = result.layers[ranked.index];
    add(fmt::format("{}", layer.index), name_of(layer), layer, Style::plain);
  }
  if (!result.total.rails.empty()) {
    add("", "one inference", total_row(result.total), Style::strong);
    grid.rows.back().rule_above = true;
  }
  return grid;
}

}  // namespace layerwatt
