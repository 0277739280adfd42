#include "report/table_cells.hpp"

#include <gtest/gtest.h>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

TEST(CellText, PrintsWhatIsThereAndMarksWhatIsNot) {
  Footnotes notes;
  const Scale scale{"W", 1e-3, 2};
  EXPECT_EQ(cell_text(1234.0, scale, notes), "1.23");
  EXPECT_EQ(cell_text(std::uint64_t{12}, scale, notes), "12");
  EXPECT_EQ(cell_text(std::string("a\nb"), scale, notes), "a\\nb");
  EXPECT_EQ(cell_text(Missing{"no_samples"}, scale, notes), "–¹");
  EXPECT_EQ(cell_text(Missing{""}, scale, notes), "");
  EXPECT_EQ(notes.lines().size(), 1u);
}

TEST(HalfWidth, IsTheLargerSide) {
  EXPECT_EQ(half_width(10.0, {9.0, 12.0}), 2.0);
  EXPECT_EQ(half_width(10.0, {7.0, 12.0}), 3.0);
}

TEST(ScaleOf, IsSetByTheLargestLayerNotByTheTotal) {
  const Column& time = layer_column("time_ms");
  EXPECT_EQ(scale_of(sample::board(), time.unit, time.digits, time.get).decimals, 3);
  const Column& energy = layer_column("energy_mj");
  EXPECT_EQ(scale_of(sample::board(), energy.unit, energy.digits, energy.get).decimals, 2);
}

TEST(ScaleOf, IsSetByTheTotalWhereNoLayerHasAValue) {
  Result result = sample::board();
  for (LayerResult& layer : result.layers) layer.energy_mj = Missing{"no_samples"};
  result.total.energy_mj = sample::estimate(12345.0, 1.0);
  const Column& energy = layer_column("energy_mj");
  EXPECT_EQ(scale_of(result, energy.unit, energy.digits, energy.get).unit, "J");
}

TEST(NameOf, IsNeverEmpty) {
  LayerResult layer;
  EXPECT_EQ(name_of(layer), "(no name)");
  layer.name = "\x1b";
  EXPECT_EQ(name_of(layer), "\\x1b");
}

}  // namespace
}  // namespace layerwatt
