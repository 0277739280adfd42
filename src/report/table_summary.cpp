#include "report/table_summary.hpp"

#include "report/table_cells.hpp"

namespace layerwatt {
namespace {

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
