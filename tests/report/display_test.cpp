#include "report/display.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(Harmless, ControlCharactersBecomeVisible) {
  EXPECT_EQ(harmless("conv 1"), "conv 1");
  EXPECT_EQ(harmless("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(harmless("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(harmless(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(harmless("del\x7f"), "del\\x7f");
  EXPECT_EQ(harmless("\u009b31m"), "\\x9b31m");  // the one-byte CSI of the C1 set
  EXPECT_EQ(harmless("\u202Eabc\u2066"), "\\u202eabc\\u2066");
  EXPECT_EQ(harmless("\u2028"), "\\u2028");
}

TEST(Harmless, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(harmless("a\xff\xfe z"), "a\uFFFD\uFFFD z");
  EXPECT_EQ(harmless("cut \xe5\xb1"), "cut \uFFFD\uFFFD");
  EXPECT_EQ(harmless("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a lone surrogate
}

TEST(Harmless, TextStaysAsItIs) {
  EXPECT_EQ(harmless("层 é e\u0301 😀 👩\u200D🔬"), "层 é e\u0301 😀 👩\u200D🔬");
}

TEST(DisplayWidth, IsInColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("conv"), 4u);
  EXPECT_EQ(display_width("é"), 1u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("层卷"), 4u);
  EXPECT_EQ(display_width("😀"), 2u);
  EXPECT_EQ(display_width("…–±─█▏├¹⁴µ"), 10u);
}

TEST(ShortenMiddle, KeepsBothEnds) {
  EXPECT_EQ(shorten_middle("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(shorten_middle("abcdefghij", 9), "abcd…ghij");
  EXPECT_EQ(shorten_middle("abcdefghij", 6), "ab…hij");
  EXPECT_EQ(shorten_middle("abcdefghij", 1), "…");
  EXPECT_EQ(shorten_middle("abcdefghij", 0), "");
}

TEST(ShortenMiddle, NeverCutsThroughACharacter) {
  EXPECT_EQ(shorten_middle("层层层层层", 6), "层…层");  // 2 + 1 + 2: half a character is no room
  EXPECT_EQ(shorten_middle("e\u0301e\u0301e\u0301e\u0301", 3), "e\u0301…e\u0301");
  for (std::size_t width = 0; width < 30; ++width) {
    EXPECT_LE(display_width(shorten_middle("a层b😀c卷de\u0301f层层层gh", width)), width);
  }
}

TEST(Pad, CountsColumns) {
  EXPECT_EQ(pad_left("层", 4), "  层");
  EXPECT_EQ(pad_right("层", 4), "层  ");
  EXPECT_EQ(pad_left("e\u0301", 2), " e\u0301");
  EXPECT_EQ(pad_right("toolong", 3), "toolong");
}

TEST(Wrap, BreaksAtSpacesAndInsideWhatIsTooLong) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("one two", 80), (Lines{"one two"}));
  EXPECT_EQ(wrap("abcdefgh ij", 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(wrap("", 5), (Lines{""}));
  EXPECT_EQ(wrap("层层层", 5), (Lines{"层层", "层"}));
}

}  // namespace
}  // namespace layerwatt
