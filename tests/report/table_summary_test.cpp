#include "report/table_summary.hpp"

#include <gtest/gtest.h>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

std::string row(const Grid& grid, std::size_t index) {
  std::string text;
  for (const GridCell& cell : grid.rows.at(index).cells) text += cell.text + "|";
  return text;
}

TEST(SummaryGrid, LatencyPowerAndEnergyInTheirUnits) {
  Footnotes notes;
  const Grid grid = summary_grid(sample::board(), notes);
  EXPECT_EQ(row(grid, 0), "latency, ms|10.50|0.03|10.38|11.00|11.50|10.00|12.00|");
  EXPECT_EQ(row(grid, 1), "power draw, W|9.500|0.032|9.372|10.012|10.524|8.988|11.036|");
  EXPECT_EQ(row(grid, 2), "energy, mJ|99.75|0.25|98.75|103.75|107.75|95.75|111.75|");
  EXPECT_TRUE(notes.lines().empty());
}

TEST(SummaryGrid, WhatIsMissingHasAFootnote) {
  Result result = sample::times_alone();
  result.total.time_ms = sample::metric(10.0, 0.0, 1);
  Footnotes notes;
  const Grid grid = summary_grid(result, notes);
  EXPECT_EQ(row(grid, 0), "latency, ms|10.00|–¹|10.00|10.00|10.00|10.00|10.00|");
  EXPECT_EQ(row(grid, 1), "power draw|–²|||||||");
  EXPECT_EQ(notes.lines().size(), 2u);
}

}  // namespace
}  // namespace layerwatt
