// Cells for a spreadsheet.
#pragma once

#include <string>

namespace layerwatt {

// A cell's text so that no spreadsheet runs it: a name out of a model file or a database is not
// ours, and one that begins with =, +, -, @, a tab or a line break is a formula to them. Not for
// numbers, which are ours and may begin with a minus.
std::string neutralised(const std::string& text);

}  // namespace layerwatt
