#include "report/footnotes.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Footnotes, OneMarkAReason) {
  Footnotes notes;
  EXPECT_EQ(notes.dash("no_samples"), "–¹");
  EXPECT_EQ(notes.dash("my own reason"), "–²");
  EXPECT_EQ(notes.dash("no_samples"), "–¹");
  EXPECT_EQ(notes.mark("no_samples"), "¹");
  EXPECT_EQ(notes.lines(), (std::vector<std::string>{"¹ no power sample fell inside (no_samples)",
                                                     "² my own reason"}));
}

TEST(Footnotes, CountBeyondNine) {
  Footnotes notes;
  for (int i = 0; i < 11; ++i) notes.mark("reason " + std::to_string(i));
  EXPECT_EQ(notes.dash("another"), "–¹²");
}

TEST(Footnotes, AReasonOutOfAFileDoesNoHarm) {
  Footnotes notes;
  notes.mark("\x1b[2J");
  EXPECT_EQ(notes.lines()[0], "¹ \\x1b[2J");
}

}  // namespace
}  // namespace layerwatt
