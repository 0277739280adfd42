#include "report/spreadsheet.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Neutralised, WhatASpreadsheetWouldRunIsText) {
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"}) {
    EXPECT_EQ(neutralised(formula), std::string("'") + formula);
  }
}

TEST(Neutralised, OtherTextStays) {
  for (const char* text : {"", "conv1", "a=b", "'x", "1-2", " x"}) {
    EXPECT_EQ(neutralised(text), text);
  }
}

}  // namespace
}  // namespace layerwatt
