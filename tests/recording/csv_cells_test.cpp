#include "recording/csv_cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;

TEST(ParseNumber, ReadsDecimalsCorrectlyRounded) {
  EXPECT_EQ(parse_number("0"), 0.0);
  EXPECT_EQ(parse_number("-1.5"), -1.5);
  EXPECT_EQ(parse_number("3e-05"), 3e-05);
  EXPECT_EQ(parse_number("0.1"), 0.1);
  // Halfway between two doubles, and a hair above: digit 17 and beyond decide.
  EXPECT_EQ(parse_number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(parse_number("9007199254740993.00000000000000000000001"), 9007199254740994.0);
  EXPECT_EQ(parse_number("2.2250738585072011e-308"), 2.2250738585072011e-308);
}

TEST(ParseNumber, RefusesWhatIsNoFiniteNumber) {
  for (const auto* text : {"", " 1", "1 ", "1x", "nan", "inf", "-inf", "1e999", "-1e999", "0x10",
                           "1,5", "+1", "--1", "."}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, RefusesWhatWouldSilentlyBecomeZero) {
  EXPECT_EQ(parse_number("1e-999"), std::nullopt);
  EXPECT_EQ(parse_number("0e-999"), 0.0);
}

TEST(ParseStamp, IsExactWhereADoubleIsNot) {
  EXPECT_EQ(parse_stamp_ns("1753900000123456789"), 1753900000123456789);
  EXPECT_EQ(parse_stamp_ns("-5"), -5);
  EXPECT_EQ(parse_stamp_ns("0"), 0);
  EXPECT_EQ(parse_stamp_ns("0000000000000000000000000012"), 12);
}

TEST(ParseStamp, TakesOtherSpellingsOfAnInteger) {
  EXPECT_EQ(parse_stamp_ns("1.753900000123456789e18"), 1753900000123456789);
  EXPECT_EQ(parse_stamp_ns("1.75E+18"), 1750000000000000000);
  EXPECT_EQ(parse_stamp_ns("12.000"), 12);
  EXPECT_EQ(parse_stamp_ns("1200e-2"), 12);
  EXPECT_EQ(parse_stamp_ns("0e999"), 0);
}

TEST(ParseStamp, RefusesFractionsOverflowAndText) {
  for (const auto* text :
       {"", "-", ".", "1.5", "12e-1", "1e", "1e+", "1e+-3", "1e19", "99999999999999999999",
        "9223372036854775807", "1 ", "abc", "1e99999999999", "nan"}) {
    EXPECT_EQ(parse_stamp_ns(text), std::nullopt) << text;
  }
}

TEST(ParseStamp, StopsAtTheLimitThatKeepsDifferencesSafe) {
  EXPECT_EQ(parse_stamp_ns("4611686018427387904"), kMaxStampNs);
  EXPECT_EQ(parse_stamp_ns("4611686018427387905"), std::nullopt);
  EXPECT_EQ(parse_stamp_ns("-4611686018427387904"), -kMaxStampNs);
}

TEST(Records, EndAtTheNewlineOutsideQuotes) {
  EXPECT_EQ(record_length("a,b\nc"), 4U);
  EXPECT_EQ(record_length("a,\"b\nc\"\nd"), 8U);
  EXPECT_EQ(record_length("\"a\"\"\n\"\nd"), 7U);
  EXPECT_EQ(record_length("a"), std::nullopt);
  EXPECT_EQ(record_length("\"a\n"), std::nullopt);
  // A quote inside a plain cell is a character: 3.5" must not swallow the file.
  EXPECT_EQ(record_length("3.5\",b\nc"), 7U);
}

TEST(Records, SplitIntoCells) {
  EXPECT_THAT(*split_record("a,,b\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(*split_record("a,b\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(*split_record("\"a,\"\"x\"\"\nb\",c"), ElementsAre("a,\"x\"\nb", "c"));
  EXPECT_THAT(*split_record("\"\",\"\""), ElementsAre("", ""));
  EXPECT_THAT(*split_record("3.5\",b"), ElementsAre("3.5\"", "b"));
  EXPECT_THAT(*split_record(""), ElementsAre(""));
  EXPECT_EQ(split_record("\"a,b"), std::nullopt);
}

TEST(Cells, AreQuotedOnlyWhereTheyMustBe) {
  const auto cell = [](std::string_view text) {
    std::string out;
    append_cell(out, text);
    return out;
  };
  EXPECT_EQ(cell("conv1 + relu"), "conv1 + relu");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(cell(" padded"), "\" padded\"");
  EXPECT_EQ(cell(""), "");
}

TEST(Cells, NumbersReadBackAsTheSameDouble) {
  for (const double value : {0.1, 1.0 / 3.0, 1e-7, 123456.789, 5e-324, 1.7976931348623157e308,
                             static_cast<double>(0.123456F)}) {
    std::string text;
    append_cell(text, value);
    EXPECT_EQ(parse_number(text), value) << text;
  }
  std::string text;
  append_cell(text, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(text, "");
}

TEST(Shown, IsShortAndOnOneLine) {
  EXPECT_EQ(shown("a\nb\x1b[31m"), "a?b?[31m");
  EXPECT_EQ(shown(std::string(50, 'x')), std::string(40, 'x') + "...");
}

TEST(ToUtf8, KeepsTextAndReplacesTheRest) {
  EXPECT_EQ(to_utf8("naïve ☃"), "naïve ☃");
  EXPECT_EQ(to_utf8("caf\xE9!"), "caf\xEF\xBF\xBD!");
  EXPECT_EQ(to_utf8(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace layerwatt::recording
