#include "archive/question.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

TEST(Question, AFilesHeaderTellsWhatItNeeds) {
  const Question question = parse_question("q",
                                           "-- title: what it tells\n-- parameter: layer\n"
                                           "-- parameter: model = %\n-- needs: nothing there: "
                                           "SELECT 1\n-- plot: bar x=a y=b\n"
                                           "SELECT 1 -- title: not this\n");
  EXPECT_EQ(question.title, "what it tells");
  ASSERT_EQ(question.parameters.size(), 2u);
  EXPECT_EQ(question.parameters.at("layer"), std::nullopt);
  EXPECT_EQ(question.parameters.at("model"), "%");
  EXPECT_EQ(question.axes, "bar x=a y=b");
  EXPECT_THROW(parse_question("q", "-- titel: x\n"), std::logic_error);
}

TEST(Question, ThoseThatAreCompiledInAreWhole) {
  ASSERT_EQ(questions().size(), 4u);
  for (const Question& question : questions()) {
    EXPECT_FALSE(question.title.empty()) << question.name;
    EXPECT_NO_THROW(parse_axes(question.axes)) << question.name;
    EXPECT_NE(question.sql.find("measured"), std::string::npos)
        << question.name << " must keep what was measured apart from what was not";
  }
  EXPECT_EQ(find_question("layer-trend").parameters.count("layer"), 1u);
  EXPECT_THROW(find_question("no-such"), Error);
}

TEST(Axes, AreWords) {
  const PlotAxes axes = parse_axes("line x=date y=energy_mj series=board");
  EXPECT_FALSE(axes.bars);
  EXPECT_EQ(axes.x, "date");
  EXPECT_EQ(axes.y, "energy_mj");
  EXPECT_EQ(axes.series, "board");
  for (const char* wrong : {"", "pie x=a y=b", "line x=a", "line x=a y=b z=c"}) {
    EXPECT_THROW(parse_axes(wrong), Error) << wrong;
  }
}

}  // namespace
}  // namespace layerwatt::archive
