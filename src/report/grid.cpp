#include "report/grid.hpp"

#include <algorithm>

#include "report/display.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

const char* escape(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::strong:
      return "\x1b[1m";
    case Style::faint:
      return "\x1b[2m";
    case Style::accent:
      return "\x1b[36m";
    case Style::warning:
      return "\x1b[33m";
    case Style::alarm:
      return "\x1b[1;31m";
  }
  return "";
}

struct Placed {
  std::size_t column;
  std::size_t width;
};

std::size_t widest_cell(const Grid& grid, std::size_t column) {
  std::size_t widest =
      std::max(display_width(grid.columns[column].title), display_width(grid.columns[column].unit));
  for (const GridRow& row : grid.rows) {
    widest = std::max(widest, display_width(row.cells[column].text));
  }
  return widest;
}

std::size_t total_width(const std::vector<Placed>& placed) {
  std::size_t sum = placed.empty() ? 0 : kGap * (placed.size() - 1);
  for (const Placed& place : placed) sum += place.width;
  return sum;
}

// Decides which columns stay, and how wide they are.
std::vector<Placed> place(const Grid& grid, std::size_t width, std::size_t enough) {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    if (!grid.columns[i].absent) placed.push_back({i, widest_cell(grid, i)});
  }
  const auto column_of = [&](const Placed& p) -> const GridColumn& {
    return grid.columns[p.column];
  };
  const auto flexible = [&] {
    return std::find_if(placed.begin(), placed.end(),
                        [&](const Placed& p) { return column_of(p).gives_way; });
  };
  for (;;) {
    const auto flex = flexible();
    const std::size_t others = total_width(placed) - (flex == placed.end() ? 0 : flex->width);
    const std::size_t least = flex == placed.end() ? 0 : std::min(flex->width, enough);
    if (others + least <= width) break;
    const auto first =
        std::max_element(placed.begin(), placed.end(), [&](const Placed& a, const Placed& b) {
          return column_of(a).leaves_at < column_of(b).leaves_at;
        });
    if (first == placed.end() || column_of(*first).leaves_at == 0) break;
    placed.erase(first);
  }
  if (const auto flex = flexible(); flex != placed.end()) {
    const std::size_t others = total_width(placed) - flex->width;
    const std::size_t room = width > others ? width - others : 0;
    flex->width = std::min(flex->width, std::max(room, kNarrowest));
  }
  return placed;
}

std::string line(const Grid& grid, const std::vector<Placed>& placed,
                 const std::vector<GridCell>& cells, bool color) {
  std::string text;
  std::string blank;  // kept back, so that no line ends in spaces
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const GridColumn& column = grid.columns[placed[i].column];
    const GridCell& cell = cells[placed[i].column];
    const std::string shown =
        column.gives_way ? shorten_middle(cell.text, placed[i].width) : cell.text;
    const std::size_t used = display_width(shown);
    const std::string fill(placed[i].width > used ? placed[i].width - used : 0, ' ');
    if (i > 0) blank += std::string(kGap, ' ');
    if (column.right) blank += fill;
    if (!shown.empty()) {
      text += blank + painted(shown, cell.style, color);
      blank.clear();
    }
    if (!column.right) blank += fill;
  }
  return text;
}

}  // namespace

std::string painted(const std::string& text, Style style, bool color) {
  if (!color || style == Style::plain || text.empty()) return text;
  return escape(style) + text + "\x1b[0m";
}

std::vector<std::string> render(const Grid& grid, std::size_t width, std::size_t enough,
                                bool color) {
  const std::vector<Placed> placed = place(grid, width, enough);
  std::string rule;
  for (std::size_t i = total_width(placed); i > 0; --i) rule += "─";
  rule = painted(rule, Style::faint, color);

  std::vector<GridCell> titles;
  std::vector<GridCell> units;
  bool any_unit = false;
  for (const GridColumn& column : grid.columns) {
    titles.push_back({column.title, Style::strong});
    units.push_back({column.unit, Style::faint});
    any_unit = any_unit || !column.unit.empty();
  }
  std::vector<std::string> lines = {line(grid, placed, titles, color)};
  if (any_unit) lines.push_back(line(grid, placed, units, color));
  lines.push_back(rule);
  for (const GridRow& row : grid.rows) {
    if (row.rule_above) lines.push_back(rule);
    lines.push_back(line(grid, placed, row.cells, color));
  }
  return lines;
}

}  // namespace layerwatt
