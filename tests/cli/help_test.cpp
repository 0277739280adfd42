#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace layerwatt::cli {
namespace {

TEST(Help, DescriptionIsTheFirstParagraphOnOneLine) {
  const std::string text = Help("layerwatt").description();
  EXPECT_EQ(text.find("layerwatt tells where the joules"), 0u);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find("overall."), std::string::npos);
}

TEST(Help, OptionIsFoundByAnyOfItsNames) {
  EXPECT_EQ(Help("layerwatt").option("-q"), Help("layerwatt").option("--quiet"));
  EXPECT_EQ(Help("layerwatt").option("--version"), "print the version.");
}

TEST(Help, WhatIsNotDocumentedIsAMistakeOfTheBuild) {
  EXPECT_THROW(Help("no-such-command"), std::logic_error);
  EXPECT_THROW(Help("layerwatt").option("--no-such-option"), std::logic_error);
}

}  // namespace
}  // namespace layerwatt::cli
