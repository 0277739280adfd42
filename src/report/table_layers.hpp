// The layers, the groups and the whole inference as a grid.
#pragma once

#include "layerwatt/result.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"
#include "report/ranking.hpp"

namespace layerwatt {

// One row a layer in the ranking's order, then what it leaves out, outside layers and the whole.
// Marks that stand in the cells are added to `notes`.
Grid layer_grid(const Result& result, const Ranking& ranking, Footnotes& notes);

// Whether any layer, group or the whole has a power or an energy; else no column is spent on them.
bool has_power(const Result& result);

}  // namespace layerwatt
