// The grids of the table report, without its header and footer.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/result.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"
#include "report/ranking.hpp"

namespace layerwatt {

// One row a layer in the ranking's order, then what it leaves out, outside layers and the whole.
// Marks that stand in the cells are added to `notes`.
Grid layer_grid(const Result& result, const Ranking& ranking, Footnotes& notes);

// Power and energy of these rails, for the same layers.
Grid rail_grid(const Result& result, const Ranking& ranking, const std::vector<std::string>& rails,
               Footnotes& notes);

// Latency, power draw and energy of an inference, one row each.
Grid summary_grid(const Result& result, Footnotes& notes);

// Whether any layer, group or the whole has a power or an energy; else no column is spent on them.
bool has_power(const Result& result);

}  // namespace layerwatt
