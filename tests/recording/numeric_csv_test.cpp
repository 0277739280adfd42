#include "recording/numeric_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.hpp"

namespace layerwatt::recording {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsNan;

constexpr std::string_view kStamps[] = {"t"};

struct Table {
  NumericHeader header;
  std::vector<std::int64_t> stamps;
  std::vector<double> values;
  std::vector<std::size_t> lines;
  bool truncated = false;
};

Table read(std::string_view text, LastRow last_row = LastRow::drop) {
  TempDir dir;
  BlockReader reader(dir.write("t.csv", text));
  Table table;
  table.header = read_numeric_header(reader, kStamps);
  table.truncated = read_numeric_rows(reader, kStamps, table.header, last_row, table.values,
                                      [&](const NumericRow& row) {
                                        table.stamps.push_back(row.stamps[0]);
                                        table.lines.push_back(row.line);
                                      });
  return table;
}

TEST(NumericCsv, ReadsNumbersOfEveryForm) {
  const auto table = read("t,a,b\n1,2,3.5\n2,,1e3\n3,-0.25,0.12345678901234567\n4,\"7\", 8 \n");
  EXPECT_THAT(table.header.columns, ElementsAre("a", "b"));
  EXPECT_THAT(table.stamps, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(table.values, ElementsAre(2, 3.5, IsNan(), 1000, -0.25, 0.12345678901234567, 7, 8));
  EXPECT_FALSE(table.truncated);
}

TEST(NumericCsv, TakesCrLfAndBlankLines) {
  const auto table = read("t,a\r\n1,2\r\n\r\n\n3,\r\n5,1e1\r\n");
  EXPECT_THAT(table.header.columns, ElementsAre("a"));
  EXPECT_THAT(table.stamps, ElementsAre(1, 3, 5));
  EXPECT_THAT(table.values, ElementsAre(2, IsNan(), 10));
  EXPECT_THAT(table.lines, ElementsAre(2, 5, 6));
}

TEST(NumericCsv, TakesAHeaderWithoutColumns) {
  const auto table = read("t\n1\n2\n");
  EXPECT_THAT(table.header.columns, IsEmpty());
  EXPECT_THAT(table.stamps, ElementsAre(1, 2));
  EXPECT_THAT(read("t,a\n").stamps, IsEmpty());
}

TEST(NumericCsv, NamesMayHoldAnything) {
  const auto table = read("t,\"a,\"\"b\"\"\nc\",a,a,层,\n1,1,2,3,4,5\n");
  EXPECT_THAT(table.header.columns, ElementsAre("a,\"b\"\nc", "a", "a", "层", ""));
  EXPECT_THAT(table.lines, ElementsAre(3));  // the header took two
  EXPECT_TRUE(read("t,caf\xE9\n").header.not_utf8);
  EXPECT_FALSE(read("t,café\n").header.not_utf8);
}

struct Bad {
  const char* text;
  const char* line;
  const char* problem;
};

TEST(NumericCsv, NamesTheLineThatIsWrong) {
  const Bad cases[] = {
      {"t,a\n1,2\n2,x\n", ":3", "column 'a' holds 'x', not a finite number"},
      {"t,a\n1,nan\n", ":2", "'nan'"},
      {"t,a\n1,inf\n", ":2", "'inf'"},
      {"t,a\n1,1e999\n", ":2", "'1e999'"},
      {"t,a\n1,0x1p3\n", ":2", "'0x1p3'"},
      {"t,a\n1,2,3\n", ":2", "3 cells, but the header names 2 columns"},
      {"t,a,b\n1,2\n", ":2", "2 cells, but the header names 3 columns"},
      {"t,a,b\n1\n", ":2", "1 cells"},
      {"t\n1,2\n", ":2", "2 cells"},
      {"t,a\n1.5,2\n", ":2", "t is '1.5', not a whole number"},
      {"t,a\n,2\n", ":2", "t is ''"},
      {"t,a\n9223372036854775808,2\n", ":2", "not a whole number"},
      {"t,\"a\nb\"\n1,2\n2,x\n", ":4", "'x'"},
      {"t,a\n1,\"2\n", ":2", "not a finite number"},
      {"t,a\n1,2\r3\n", ":2", "cells"},
  };
  for (const auto& bad : cases) {
    const auto error = error_of([&] { read(bad.text); }, ErrorKind::bad_input);
    EXPECT_THAT(error.where(), EndsWith(std::string("t.csv") + bad.line)) << bad.text;
    EXPECT_THAT(error.problem(), HasSubstr(bad.problem)) << bad.text;
    EXPECT_FALSE(error.hint().empty()) << bad.text;
  }
}

TEST(NumericCsv, NamesNulBytes) {
  using namespace std::string_view_literals;
  EXPECT_THAT(error_of([] { read("t,a\n1,\0\n"sv); }, ErrorKind::bad_input).problem(),
              HasSubstr("NUL"));
  EXPECT_THAT(error_of([] { read("t,\0\n1,2\n"sv); }, ErrorKind::bad_input).problem(),
              HasSubstr("NUL"));
}

TEST(NumericCsv, RefusesAnotherHeader) {
  EXPECT_THAT(error_of([] { read(""); }, ErrorKind::bad_input).problem(), HasSubstr("empty"));
  EXPECT_THAT(error_of([] { read("a,b\n1,2\n"); }, ErrorKind::bad_input).problem(),
              HasSubstr("column 1 is 'a', not 't'"));
  EXPECT_THAT(error_of([] { read("1,2\n"); }, ErrorKind::bad_input).hint(),
              HasSubstr("header is t"));
  EXPECT_THAT(error_of([] { read("t,\"a\n1,2\n"); }, ErrorKind::bad_input).problem(),
              HasSubstr("never closed"));
}

TEST(NumericCsv, DropsALastRowWithoutItsNewline) {
  const auto table = read("t,a\n1,2\n2,0.25");
  EXPECT_TRUE(table.truncated);
  EXPECT_THAT(table.values, ElementsAre(2));
}

TEST(NumericCsv, AcceptsAWholeLastRowWhereItMay) {
  auto table = read("t,a\n1,2\n2,0.25", LastRow::accept_if_whole);
  EXPECT_FALSE(table.truncated);
  EXPECT_THAT(table.values, ElementsAre(2, 0.25));
  for (const auto* cut : {"t,a\n1,2\n2", "t,a\n1,2\n2,1e", "t,a\n1,2\n2,-", "t,a\n1,2\n2,1,3"}) {
    table = read(cut, LastRow::accept_if_whole);
    EXPECT_TRUE(table.truncated) << cut;
    EXPECT_THAT(table.values, ElementsAre(2)) << cut;
  }
}

// After a power loss some file systems leave zeros where the last block should be.
TEST(NumericCsv, AnEndOfZerosIsACutRow) {
  for (const auto last_row : {LastRow::drop, LastRow::accept_if_whole}) {
    const auto table = read(std::string("t,a\n1,2\n2,0.2") + std::string(5000, '\0'), last_row);
    EXPECT_TRUE(table.truncated);
    EXPECT_THAT(table.values, ElementsAre(2));
  }
}

TEST(NumericCsv, ReadsAcrossBlocks) {
  std::string text = "t,a,b,c\n";
  for (int i = 0; i < 60000; ++i) {
    text +=
        std::to_string(i) + "," + std::to_string(i % 1000) + ".125,," + std::to_string(i) + "\n";
  }
  const auto table = read(text);
  ASSERT_EQ(table.stamps.size(), 60000U);
  for (std::size_t i = 0; i < 60000; ++i) {
    ASSERT_EQ(table.stamps[i], static_cast<std::int64_t>(i));
    ASSERT_EQ(table.values[3 * i], static_cast<double>(i % 1000) + 0.125);
    ASSERT_EQ(table.values[3 * i + 2], static_cast<double>(i));
    ASSERT_EQ(table.lines[i], i + 2);
  }
}

}  // namespace
}  // namespace layerwatt::recording
