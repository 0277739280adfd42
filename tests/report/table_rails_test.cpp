#include "report/table_rails.hpp"

#include <gtest/gtest.h>

#include "report/columns.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

std::vector<std::string> texts(const GridRow& row) {
  std::vector<std::string> out;
  for (const GridCell& cell : row.cells) out.push_back(cell.text);
  return out;
}

TEST(RailGrid, TwoColumnsARailAndARowALayer) {
  const Result result = sample::board();
  Footnotes notes;
  const Grid grid = rail_grid(result, rank_layers(result, 0), rail_names(result), notes);
  ASSERT_EQ(grid.columns.size(), 6u);
  EXPECT_EQ(grid.columns[2].title, "VDD_GPU_SOC");
  EXPECT_EQ(grid.columns[2].unit, "W");
  EXPECT_EQ(grid.columns[5].unit, "mJ");
  ASSERT_EQ(grid.rows.size(), 5u);
  EXPECT_EQ(texts(grid.rows[0]),
            (std::vector<std::string>{"2", "fc", "9.000", "54.00", "3.000", "–¹"}));
  EXPECT_EQ(texts(grid.rows[3]),
            (std::vector<std::string>{"3", "softmax", "–²", "–²", "–²", "–²"}));
  EXPECT_EQ(texts(grid.rows[4]),
            (std::vector<std::string>{"", "one inference", "7.125", "74.81", "2.375", "24.94"}));
}

TEST(RailGrid, ALongRailNameIsShortened) {
  Result result = sample::board();
  const std::string name(300, 'r');
  result.layers[2].rails[0].rail = name;
  Footnotes notes;
  EXPECT_EQ(rail_grid(result, rank_layers(result, 0), {name}, notes).columns[2].title,
            "rrrrrrr…rrrrrrrr");
}

}  // namespace
}  // namespace layerwatt
