#include "sensor/sample_lines.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layerwatt/error.hpp"
#include "sensor/collected.hpp"

namespace layerwatt {
namespace {

constexpr const char* kOrinNx =
    "1750000000.25::RAM 2344/7852MB (lfb 4x4MB) CPU [0%@1984,off] cpu@45.5C "
    "VDD_IN 5444mW/5425mW VDD_CPU_GPU_CV 1000mW/1000mW VDD_SOC 1500mW/1500mW";

TEST(SplitHeader, UndoesQuotes) {
  EXPECT_EQ(split_header("time_ns,a,b"), (std::vector<std::string>{"time_ns", "a", "b"}));
  EXPECT_EQ(split_header(R"("time_ns","12 V, main","say ""hi""",)"),
            (std::vector<std::string>{"time_ns", "12 V, main", "say \"hi\"", ""}));
  EXPECT_EQ(split_header(R"("a"")"), (std::vector<std::string>{"a\""})) << "cut";
}

TEST(SampleLines, ACsvOfOneRailIsItsOwnTotal) {
  SampleLines lines(false);
  EXPECT_FALSE(lines.understand(""));
  EXPECT_TRUE(lines.understand("\xEF\xBB\xBFtime_ns,\"12V, plug\""));
  EXPECT_EQ(lines.format(), PowerFormat::power_csv);
  ASSERT_EQ(lines.rails().size(), 1u);
  EXPECT_EQ(lines.rails()[0].name, "12V, plug");
  EXPECT_TRUE(lines.rails()[0].in_total);
  EXPECT_EQ(lines.scope(), "rail 12V, plug");
}

TEST(SampleLines, SeveralRailsAreAddedUpOnlyWhereItIsKnownHow) {
  SampleLines unknown(true);
  EXPECT_TRUE(unknown.understand("time_ns,a,b"));
  EXPECT_EQ(unknown.format(), PowerFormat::energy_csv);
  EXPECT_EQ(unknown.scope(), "");
  EXPECT_FALSE(unknown.reason().empty());
  SampleLines known(false);
  EXPECT_TRUE(known.understand("time_ns,VDD_SOC,VDD_IN"));
  EXPECT_EQ(known.scope(), "module");
  EXPECT_FALSE(known.rails()[0].in_total);
  EXPECT_TRUE(known.rails()[1].in_total);
}

TEST(SampleLines, RowsOfACsv) {
  SampleLines lines(false);
  lines.understand("time_ns,a,b");
  Collected problems;
  std::vector<double> values(2);
  EXPECT_EQ(lines.parse("1750000000000000001,12.5,-3e2", values, problems), 1750000000000000001);
  EXPECT_EQ(values, (std::vector<double>{12.5, -300.0}));
  EXPECT_EQ(lines.parse("5,,7", values, problems), 5);
  EXPECT_TRUE(std::isnan(values[0])) << "an empty cell is missing, not 0";
  EXPECT_EQ(lines.parse("6,1", values, problems), 6);
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_FALSE(lines.parse("", values, problems));
  EXPECT_FALSE(lines.parse("time_ns,a,b", values, problems)) << "a logger that was started again";
  EXPECT_TRUE(problems.messages.empty());
  for (const char* bad : {"x,1,2", "1.5,1,2", "7,1,2,3", "7,1,two", "7,nan,1", "7,1e999,1"}) {
    EXPECT_FALSE(lines.parse(bad, values, problems)) << bad;
  }
  EXPECT_EQ(problems.messages.size(), 6u);
  EXPECT_EQ(problems.codes[0], "bad_line");
}

TEST(SampleLines, StampedTegrastats) {
  SampleLines lines(false);
  EXPECT_FALSE(lines.understand("1750000000.00::RAM 2344/7852MB (lfb 4x4MB) CPU [0%@1984]"))
      << "no rail yet";
  EXPECT_TRUE(lines.understand(kOrinNx));
  EXPECT_EQ(lines.format(), PowerFormat::tegrastats);
  EXPECT_EQ(lines.scope(), "module");
  Collected problems;
  std::vector<double> values(3);
  EXPECT_EQ(lines.parse(kOrinNx, values, problems), 1750000000250000000);
  EXPECT_EQ(values, (std::vector<double>{5444.0, 1000.0, 1500.0}));
  EXPECT_TRUE(problems.messages.empty());
  EXPECT_FALSE(lines.parse("RAM 2344/7852MB (lfb 4x4MB) VDD_IN 1mW/1mW", values, problems));
  EXPECT_FALSE(lines.parse("nonsense", values, problems));
  EXPECT_EQ(problems.messages.size(), 2u);
}

// A logger that is started while we look writes half a line first.
TEST(SampleLines, AStampedLineThatIsCutIsWaitedOver) {
  SampleLines lines(false);
  EXPECT_FALSE(lines.understand("1750000000.00::RAM 2344/78"));
  EXPECT_FALSE(lines.understand("1750000000.::RAM"));
  EXPECT_TRUE(lines.understand(kOrinNx));
}

TEST(SampleLines, LinesWithoutAStampAreToldApartFromWhatIsNoTegrastats) {
  const auto problem_with = [](const char* line) {
    try {
      SampleLines(false).understand(line);
    } catch (const Error& error) {
      return error.problem();
    }
    return std::string();
  };
  EXPECT_NE(problem_with("RAM 1/2MB (lfb 1x4MB) VDD_IN 1mW/1mW").find("no stamp"),
            std::string::npos);
  EXPECT_NE(problem_with("hello").find("starts neither"), std::string::npos);
}

TEST(SampleLines, WhatIsNeitherIsRefusedAtOnce) {
  for (const char* line :
       {"timestamp,power", "hello", "RAM 1/2MB (lfb 1x4MB) VDD_IN 1mW/1mW", "time_ns"}) {
    try {
      SampleLines(false).understand(line);
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::sensor);
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

}  // namespace
}  // namespace layerwatt
