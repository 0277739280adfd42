#include "recording/iterations_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsNan;

IterationsFile read(std::string_view text, LastRow last_row = LastRow::drop) {
  TempDir dir;
  BlockReader reader(dir.write("iterations.csv", text));
  return read_iterations(reader, last_row);
}

TEST(ReadIterations, KeepsRowsAndLayersInOrder) {
  const auto file = read("start_ns,end_ns,a,b,a\n100,1000100,0.5,,0.25\n1000100,2000100,0,1,0\n");
  EXPECT_THAT(file.iterations.layers, ElementsAre("a", "b", "a"));
  EXPECT_THAT(file.iterations.start_ns, ElementsAre(100, 1000100));
  EXPECT_THAT(file.iterations.end_ns, ElementsAre(1000100, 2000100));
  EXPECT_THAT(file.iterations.row(0), ElementsAre(0.5, IsNan(), 0.25));
  EXPECT_THAT(file.iterations.row(1), ElementsAre(0.0, 1.0, 0.0));
  EXPECT_EQ(file.overfull_rows, 0U);
}

TEST(ReadIterations, ARunWithoutLayersIsOne) {
  const auto file = read("start_ns,end_ns\n100,200\n");
  EXPECT_EQ(file.iterations.size(), 1U);
  EXPECT_TRUE(file.iterations.row(0).empty());
}

TEST(ReadIterations, CountsRowsWhoseLayersExceedTheInference) {
  // 1 ms each; rounding of a microsecond is not profiling overhead.
  const auto file = read(
      "start_ns,end_ns,a,b\n0,1000000,0.5,0.5\n1000000,2000000,0.5,0.501\n"
      "2000000,3000000,0.6,0.5\n3000000,4000000,,1.1\n");
  EXPECT_EQ(file.overfull_rows, 2U);
  EXPECT_EQ(file.iterations.size(), 4U);
}

struct Bad {
  const char* rows;
  const char* line;
  const char* problem;
};

TEST(ReadIterations, RefusesWhatCannotHaveHappened) {
  const Bad cases[] = {
      {"0,10,1\n10,5,1\n", ":3", "end_ns 5 is before start_ns 10"},
      {"20,30,1\n0,10,1\n", ":3", "start_ns 0 is before the row above it (20)"},
      {"0,10,1\n9,20,1\n", ":3", "before the one above it ended"},
      {"0,10,-0.5\n", ":2", "layer 'a' took -0.5 ms, a negative time"},
      {"0,10,nan\n", ":2", "not a finite number"},
      {"0,10,inf\n", ":2", "not a finite number"},
      {"0,10\n", ":2", "2 cells"},
      {"", "", "no inference was recorded"},
      {"0,10,1", "", "no whole row"},
  };
  for (const auto& bad : cases) {
    const auto error = error_of([&] { read(std::string("start_ns,end_ns,a\n") + bad.rows); },
                                ErrorKind::bad_input);
    EXPECT_THAT(error.where(), EndsWith(std::string("iterations.csv") + bad.line)) << bad.rows;
    EXPECT_THAT(error.problem(), HasSubstr(bad.problem)) << bad.rows;
    EXPECT_FALSE(error.hint().empty()) << bad.rows;
  }
  EXPECT_THAT(error_of([] { read("start_ns,end,a\n"); }, ErrorKind::bad_input).problem(),
              HasSubstr("column 2 is 'end', not 'end_ns'"));
}

TEST(ReadIterations, InferencesMayTouch) {
  EXPECT_EQ(read("start_ns,end_ns\n0,10\n10,10\n10,20\n").iterations.size(), 3U);
}

}  // namespace
}  // namespace layerwatt::recording
