#include "archive/plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

using testing::HasSubstr;
using testing::Not;

Answer three_days() {
  Answer answer;
  answer.columns = {"date", "mj", "board"};
  answer.types = {"DATE", "DOUBLE", "VARCHAR"};
  answer.rows = {{"2024-05-01", 1.0, "a<b"},
                 {"2024-05-02", 3.0, "a<b"},
                 {"2024-05-02", nullptr, "c"},
                 {"2024-05-01", 2.0, "c"}};
  return answer;
}

std::string drawn(const Answer& answer, const PlotAxes& axes) {
  std::ostringstream out;
  write_svg(out, answer, axes, "t & u");
  return out.str();
}

TEST(Plot, LinesByAColumnOverThePlacesOfX) {
  const std::string svg = drawn(three_days(), {false, "date", "mj", "board"});
  // y runs from 40 (3 mJ, the highest) to 360 (1 mJ, the lowest); two days share 620 from 80 on.
  EXPECT_THAT(svg, HasSubstr("points=\"235.0,360.0 545.0,40.0 \""));
  EXPECT_THAT(svg, HasSubstr("points=\"235.0,200.0 \"")) << "a row without a value is left out";
  EXPECT_THAT(svg, HasSubstr("t &amp; u"));
  EXPECT_THAT(svg, HasSubstr("a&lt;b"));
  EXPECT_THAT(svg, Not(HasSubstr("a<b")));
}

TEST(Plot, BarsBeginAtZero) {
  const std::string svg = drawn(three_days(), {true, "board", "mj", ""});
  EXPECT_THAT(svg, HasSubstr("height=\"320.0\"")) << "3 of 3 mJ";
  EXPECT_THAT(svg, HasSubstr("height=\"106.7\"")) << "1 of 3 mJ";
}

TEST(Plot, AColumnThatIsNotThereIsTheUsersMistake) {
  EXPECT_THROW(drawn(three_days(), {false, "date", "nothing", ""}), Error);
}

TEST(Plot, NothingToDrawIsAnEmptyDrawing) {
  Answer answer = three_days();
  answer.rows.clear();
  EXPECT_THAT(drawn(answer, {false, "date", "mj", ""}), HasSubstr("</svg>"));
  EXPECT_THAT(drawn(answer, {true, "date", "mj", ""}), HasSubstr("</svg>"));
}

// Stamps in nanoseconds that differ by little: added up, the lines of the grid would never end.
TEST(Plot, LargeValuesThatDifferByLittleHaveAGridThatEnds) {
  Answer answer = three_days();
  answer.rows = {{"a", 1.8e18, "x"}, {"b", 1.8e18 + 512, "x"}};
  const std::string svg = drawn(answer, {false, "date", "mj", ""});
  EXPECT_THAT(svg, HasSubstr("</svg>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  answer.rows = {{"a", 1.8e18, "x"}};
  EXPECT_THAT(drawn(answer, {false, "date", "mj", ""}), Not(HasSubstr("nan")));
}

TEST(NiceStep, IsOneTwoOrFive) {
  EXPECT_DOUBLE_EQ(nice_step(0, 5), 1.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 10), 2.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 0.23), 0.05);
  EXPECT_DOUBLE_EQ(nice_step(-30, 10), 10.0);
}

}  // namespace
}  // namespace layerwatt::archive
