// An answer as a drawing: one SVG file, for a browser or a report.
#pragma once

#include <iosfwd>
#include <string>

#include "archive/duckdb.hpp"
#include "archive/question.hpp"

namespace layerwatt::archive {

// Lines by series over x in the order of the rows, or a bar for each row. Rows without a number for
// y are left out. Throws Error(usage) for a column that the answer does not have.
void write_svg(std::ostream& out, const Answer& answer, const PlotAxes& axes,
               const std::string& title);

// Steps of 1, 2 or 5 times a power of ten, some five of them from lo to hi.
double nice_step(double lo, double hi);

// '<', '>', '&', '"' as XML wants them; control characters as '?'.
std::string xml_text(const std::string& text);

}  // namespace layerwatt::archive
