#include "report/grid.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using Lines = std::vector<std::string>;

Grid small() {
  Grid grid;
  grid.columns.resize(3);
  grid.columns[0].title = "layer";
  grid.columns[0].right = false;
  grid.columns[0].gives_way = true;
  grid.columns[1] = {"time", "ms"};
  grid.columns[2] = {"type", ""};
  grid.columns[2].right = false;
  grid.columns[2].leaves_at = 1;
  grid.rows = {{{{"层/convolution"}, {"1.25"}, {"Conv"}}},
               {{{"sum", Style::strong}, {"12.5"}, {""}}, true}};
  return grid;
}

TEST(Grid, AlignsByColumnsOfTheTerminal) {
  EXPECT_EQ(render(small(), 80, 10, false), (Lines{"layer           time  type",  //
                                                   "                  ms",        //
                                                   "──────────────────────────",  //
                                                   "层/convolution  1.25  Conv",  //
                                                   "──────────────────────────",  //
                                                   "sum             12.5"}));
}

TEST(Grid, ShortensTheNameThenLetsAColumnLeave) {
  EXPECT_EQ(render(small(), 22, 10, false)[3], "层/c…ution  1.25  Conv");
  EXPECT_EQ(render(small(), 21, 10, false)[3], "层/convolution  1.25");
  EXPECT_EQ(render(small(), 21, 10, false)[0], "layer           time");
}

TEST(Grid, AnAbsentColumnTakesNoRoom) {
  Grid grid = small();
  grid.columns[1].absent = true;
  EXPECT_EQ(render(grid, 80, 10, false)[0], "layer           type");
}

TEST(Grid, PaintsWithoutMovingAnything) {
  const Lines plain = render(small(), 80, 10, false);
  Lines painted_lines = render(small(), 80, 10, true);
  EXPECT_EQ(painted_lines[5], "\x1b[1msum\x1b[0m             12.5");
  for (std::string& line : painted_lines) {
    for (std::size_t at; (at = line.find('\x1b')) != std::string::npos;) {
      line.erase(at, line.find('m', at) - at + 1);
    }
  }
  EXPECT_EQ(painted_lines, plain);
}

}  // namespace
}  // namespace layerwatt
