#include "layerwatt/error.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

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

TEST(Error, OfAVeryLongProblemTheMiddleIsLeftOut) {
  const std::string fits(1500, 'x');
  EXPECT_EQ(Error(ErrorKind::bad_input, fits).problem(), fits);
  const Error error(ErrorKind::bad_input, "column '" + std::string(5000, 'x') + "' is no number",
                    "p");
  EXPECT_LE(error.problem().size(), 1500u);
  EXPECT_GE(error.problem().size(), 1490u);
  EXPECT_EQ(error.problem().substr(0, 10), "column 'xx");
  EXPECT_NE(error.problem().find("x … x"), std::string::npos);
  EXPECT_EQ(error.problem().substr(error.problem().size() - 15), "x' is no number");
  EXPECT_EQ(error.what(), "p: " + error.problem());
}

TEST(Error, WhatIsLeftOutIsWholeCharacters) {
  for (std::size_t ahead = 0; ahead < 4; ++ahead) {
    std::string text(ahead, 'x');
    for (int i = 0; i < 1000; ++i) text += "ä€";
    const std::string shown = Error(ErrorKind::bad_input, text).problem();
    const std::size_t cut = shown.find(" … ");
    ASSERT_NE(cut, std::string::npos);
    EXPECT_LE(shown.size(), 1500u);
    const std::string before = shown.substr(0, cut);
    EXPECT_TRUE(before.ends_with("ä") || before.ends_with("€"));
    const std::string after = shown.substr(cut + std::string(" … ").size());
    EXPECT_TRUE(after.starts_with("ä") || after.starts_with("€"));
  }
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
