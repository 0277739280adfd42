#include "cli/named_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

using testing::ElementsAre;

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_NE(error.hint(), "");
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::gate;
}

TEST(ParseShapeRange, IsOneShapeOrThreeThatAscend) {
  const ShapeRange one = parse_shape_range("a:b:2x3");
  EXPECT_EQ(one.name, "a:b");
  EXPECT_THAT(one.least, ElementsAre(2, 3));
  EXPECT_THAT(one.most, ElementsAre(2, 3));
  const ShapeRange three = parse_shape_range("data:1x3,4x3,8x3");
  EXPECT_THAT(three.least, ElementsAre(1, 3));
  EXPECT_THAT(three.best, ElementsAre(4, 3));
  EXPECT_THAT(three.most, ElementsAre(8, 3));
  for (const char* text : {"data", "data:1x3,4x3", "data:4x3,1x3,8x3", "data:1,4x3,8x3",
                           "data:1x3,4x3,8x3,9x3", "data:1x3,,8x3"}) {
    EXPECT_EQ(kind_of([&] { parse_shape_range(text); }), ErrorKind::usage) << text;
  }
}

TEST(ParseShape, SplitsNameAndDimensions) {
  const auto [name, shape] = parse_shape("images:1x3x224x224");
  EXPECT_EQ(name, "images");
  EXPECT_THAT(shape, ElementsAre(1, 3, 224, 224));
  EXPECT_THAT(parse_shape("x:7").second, ElementsAre(7));
}

TEST(ParseShape, ANameMayHoldColons) { EXPECT_EQ(parse_shape("input:0:1x3").first, "input:0"); }

TEST(ParseShape, EverythingElseIsAMistakeOfUsage) {
  for (const char* text : {"", "x", "1x3", ":1x3", "a:", "a:1x", "a:x1", "a:0x3", "a:-1x3",
                           "a:1x3.5", "a:1 x3", "a:99999999999999999999", "a:1xx3"}) {
    EXPECT_EQ(kind_of([&] { parse_shape(text); }), ErrorKind::usage) << text;
  }
}

TEST(ParseInput, TakesTheFirstSplitBeforeAFileThatExists) {
  const fakes::ScratchDirectory scratch;
  const auto plain = scratch.write("x.npy", "");
  const auto odd = scratch.write("a:b.npy", "");
  EXPECT_EQ(parse_input("in:" + plain.string()).first, "in");
  EXPECT_EQ(parse_input("in:0:" + plain.string()).first, "in:0");
  EXPECT_EQ(parse_input("in:" + odd.string()).second, odd);
}

TEST(ParseInput, NoSuchFileIsBadInputAndNoNameIsUsage) {
  EXPECT_EQ(kind_of([] { parse_input("in:/no/such.npy"); }), ErrorKind::bad_input);
  for (const char* text : {"", "x.npy", ":x.npy", "in:"}) {
    EXPECT_EQ(kind_of([&] { parse_input(text); }), ErrorKind::usage) << text;
  }
}

}  // namespace
}  // namespace layerwatt::cli
