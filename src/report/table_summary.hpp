// Latency, power draw and energy of an inference.
#pragma once

#include "layerwatt/result.hpp"
#include "report/footnotes.hpp"
#include "report/grid.hpp"

namespace layerwatt {

// One row a quantity; what is missing is a dash with a footnote.
Grid summary_grid(const Result& result, Footnotes& notes);

}  // namespace layerwatt
