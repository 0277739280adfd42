// Power and energy of every rail.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/result.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"
#include "report/ranking.hpp"

namespace layerwatt {

// Two columns a rail; the layers in the ranking's order, then the whole inference.
Grid rail_grid(const Result& result, const Ranking& ranking, const std::vector<std::string>& rails,
               Footnotes& notes);

}  // namespace layerwatt
