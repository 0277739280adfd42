// Rows and columns of text on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace layerwatt {

enum class Style { plain, strong, faint, accent, warning, alarm };

// The text between the escape sequences of its style; the text alone where colour is off.
std::string painted(const std::string& text, Style style, bool color);

struct GridColumn {
  std::string title;
  std::string unit;        // second line of the header
  bool right = true;       // numbers are; text is aligned left
  int leaves_at = 0;       // 0: always there; where room is short the largest leaves first
  bool gives_way = false;  // the one column that is cut in the middle
  bool absent = false;     // nothing in it is known: not shown at any width
};

struct GridCell {
  std::string text;
  Style style = Style::plain;
};

struct GridRow {
  std::vector<GridCell> cells;  // one a column
  bool rule_above = false;
};

struct Grid {
  std::vector<GridColumn> columns;
  std::vector<GridRow> rows;
};

// Columns leave until the one that gives way has at least `enough` columns (or all it needs).
// Returns lines without their ends, no wider than `width` where the columns that stay allow it.
std::vector<std::string> render(const Grid& grid, std::size_t width, std::size_t enough,
                                bool color);

}  // namespace layerwatt
