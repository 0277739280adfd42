#include "core/json_depth.hpp"

#include <gtest/gtest.h>

#include <string>

namespace layerwatt {
namespace {

TEST(NestsDeeper, CountsBracketsOfBothKinds) {
  EXPECT_FALSE(nests_deeper("", 0));
  EXPECT_FALSE(nests_deeper("12", 0));
  EXPECT_TRUE(nests_deeper("[]", 0));
  EXPECT_FALSE(nests_deeper(R"([{"a":[1]}])", 3));
  EXPECT_TRUE(nests_deeper(R"([{"a":[1]}])", 2));
}

TEST(NestsDeeper, WhatIsBesideEachOtherIsNotDeep) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) text += "[],{},";
  EXPECT_FALSE(nests_deeper(text + "0]"));
}

TEST(NestsDeeper, BracketsInStringsAreText) {
  EXPECT_FALSE(nests_deeper(R"(["[[[[{{{{"])", 1));
  EXPECT_FALSE(nests_deeper(R"(["\"[[[["])", 1)) << "an escaped quote does not end the string";
  EXPECT_TRUE(nests_deeper(R"(["\\",[]])", 1)) << "an escaped backslash does not escape the quote";
}

TEST(NestsDeeper, AClosingBracketTooManyHidesNothing) {
  EXPECT_TRUE(nests_deeper("]]]][[", 1));
  EXPECT_TRUE(nests_deeper(std::string(100'000, '[')));
}

}  // namespace
}  // namespace layerwatt
