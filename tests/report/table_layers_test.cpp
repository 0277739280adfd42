#include "report/table_layers.hpp"

#include <gtest/gtest.h>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

// "#|layer|type|…" of the row whose layer column begins with `name`; "" where there is none.
std::string row(const Grid& grid, const std::string& name) {
  for (const GridRow& candidate : grid.rows) {
    if (candidate.cells[1].text.rfind(name, 0) != 0) continue;
    std::string text;
    for (const GridCell& cell : candidate.cells) text += cell.text + "|";
    return text;
  }
  return "";
}

Grid layers(const Result& result, std::size_t top) {
  Footnotes notes;
  return layer_grid(result, rank_layers(result, top), notes);
}

TEST(LayerGrid, ALayerWithItsIntervalAndShare) {
  EXPECT_EQ(row(layers(sample::board(), 0), "fc"),
            "2|fc|MatrixMultiply|6.000|12.00|72.00|1.12|42|72.2|██████████|");
}

TEST(LayerGrid, AGroupHasTheIntervalAndItsMembersHaveNone) {
  const Grid grid = layers(sample::board(), 0);
  // 19 mJ in 2.5 ms are 7.6 W.
  EXPECT_EQ(row(grid, "group 0"), "|group 0: 2 layers||2.500|7.60|19.00|0.50||19.0|██▋|");
  EXPECT_EQ(row(grid, "├ "), "0|├ conv1 + relu|Convolution|2.000|7.60|15.20|–¹|40|||");
  EXPECT_EQ(row(grid, "└ "), "1|└ pool|Pooling|0.500|7.60|3.80|–¹|41|||");
}

TEST(LayerGrid, WhatIsLeftOutIsSummedUp) {
  Result result = sample::board();
  EXPECT_EQ(row(layers(result, 0), "…"), "");
  EXPECT_EQ(row(layers(result, 1), "…"),
            "|… and 3 more layers (1 not known)||2.750||19.00|||19.0|██▋|");
  EXPECT_EQ(row(layers(result, 3), "…"), "|… and 1 more layer (1 not known)||0.250|||||||");
  result.layers[3].energy_mj = sample::estimate(1.0, 0.25);
  EXPECT_EQ(row(layers(result, 3), "…"), "|… and 1 more layer||0.250||1.00|||1.0|▏|");
}

// The group's row already counts them: with a share of their own they would count twice.
TEST(LayerGrid, WhatIsLeftOutOfAGroupHasNoShare) {
  const Grid grid = layers(sample::board(), 2);
  EXPECT_EQ(row(grid, "└"), "|└ … and 1 more of the group||0.500||3.80|||||");
  EXPECT_EQ(row(grid, "…"), "|… and 1 more layer (1 not known)||0.250|||||||");
}

TEST(LayerGrid, TheRestHasNoBarWhereItIsLongerThanAFullOne) {
  Result result = sample::board();
  result.groups.clear();
  for (LayerResult& layer : result.layers) {
    layer.group.reset();
    layer.energy_mj = sample::estimate(20.0, 1.0);
  }
  EXPECT_EQ(row(layers(result, 1), "…"), "|… and 3 more layers||2.750||60.00|||60.2||");
}

TEST(LayerGrid, OutsideAndTotalStandBelow) {
  const Grid grid = layers(sample::board(), 0);
  ASSERT_GE(grid.rows.size(), 2u);
  EXPECT_EQ(row(grid, "outside"), "|outside layers||1.750|5.00|8.75|0.18||8.8|█▎|");
  EXPECT_EQ(row(grid, "one"), "|one inference||10.500|9.50|99.75|0.25||||");
  EXPECT_TRUE(grid.rows.back().rule_above);
}

TEST(LayerGrid, AnIntervalWithAReservationIsMarked) {
  Result result = sample::board();
  result.layers[2].reason = "sensor_slower_than_layer";
  EXPECT_EQ(row(layers(result, 0), "fc"),
            "2|fc|MatrixMultiply|6.000|12.00|72.00|1.12¹|42|72.2|██████████|");
}

TEST(LayerGrid, WithoutPowerNoColumnIsSpentOnIt) {
  EXPECT_TRUE(has_power(sample::board()));
  EXPECT_FALSE(has_power(sample::times_alone()));
  const Grid grid = layers(sample::times_alone(), 0);
  EXPECT_TRUE(grid.columns[4].absent && grid.columns[5].absent && grid.columns[6].absent);
  EXPECT_EQ(row(grid, "fc"), "2|fc|MatrixMultiply|6.000||||0|57.1|██████████|");
}

}  // namespace
}  // namespace layerwatt
