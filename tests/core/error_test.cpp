#include "layerwatt/error.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Error, MessageNamesPlaceProblemAndHint) {
  const Error error(ErrorKind::bad_input, "no rows", "power.csv:1", "record for longer");
  EXPECT_STREQ(error.what(), "power.csv:1: no rows (record for longer)");
  EXPECT_EQ(error.problem(), "no rows");
  EXPECT_EQ(error.where(), "power.csv:1");
  EXPECT_EQ(error.hint(), "record for longer");
}

TEST(Error, EmptyPartsLeaveNoPunctuation) {
  EXPECT_STREQ(Error(ErrorKind::io, "disk full").what(), "disk full");
}

TEST(Error, ExitCodesAreTheContract) {
  EXPECT_EQ(exit_code(ErrorKind::engine), 1);
  EXPECT_EQ(exit_code(ErrorKind::sensor), 1);
  EXPECT_EQ(exit_code(ErrorKind::io), 1);
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::bad_input), 2);
  EXPECT_EQ(exit_code(ErrorKind::gate), 3);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), 130);
}

}  // namespace
}  // namespace layerwatt
