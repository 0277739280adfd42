#include <gtest/gtest.h>

#include "report/display.hpp"
#include "report/golden.hpp"

namespace layerwatt {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TableReport, Golden) {
  expect_golden("board.txt", written("table", sample::board()));
  ReportOptions verbose;
  verbose.verbosity = 1;
  verbose.width = 80;
  expect_golden("board_verbose.txt", written("table", sample::board(), verbose));
  expect_golden("times_alone.txt", written("table", sample::times_alone()));
  expect_golden("simulated.txt", written("table", sample::simulated()));
  expect_golden("nasty_names.txt", written("table", sample::nasty_names()));
  expect_golden("nothing.txt", written("table", sample::nothing()));
}

TEST(TableReport, GoldenOfALongNetwork) {
  for (const std::size_t width : {80, 120}) {
    ReportOptions options;
    options.width = width;
    expect_golden("resnet18_" + std::to_string(width) + ".txt",
                  written("table", sample::resnet18(), options));
  }
}

TEST(TableReport, FitsTheTerminal) {
  for (const Result& result : {sample::board(), sample::times_alone(), sample::simulated(),
                               sample::nasty_names(), sample::resnet18(), sample::nothing()}) {
    for (const std::size_t width : {60, 80, 100, 120}) {
      for (const int verbosity : {0, 1}) {
        ReportOptions options;
        options.width = width;
        options.verbosity = verbosity;
        for (const std::string& line : lines_of(written("table", result, options))) {
          EXPECT_LE(display_width(line), width) << line;
        }
      }
    }
  }
}

TEST(TableReport, ControlsNothing) {
  const std::string text = written("table", sample::nasty_names());
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
}

TEST(TableReport, ColoursOnlyWhenAsked) {
  ReportOptions options;
  EXPECT_EQ(written("table", sample::simulated(), options).find('\x1b'), std::string::npos);
  options.color = true;
  EXPECT_NE(written("table", sample::simulated(), options).find("\x1b["), std::string::npos);
}

TEST(TableReport, SaysAboveAndBelowThatItWasNotMeasured) {
  const std::vector<std::string> lines = lines_of(written("table", sample::simulated()));
  EXPECT_EQ(lines.front(), "NOT MEASURED: times and power come from a simulated device");
  EXPECT_EQ(lines.back(), lines.front());
}

TEST(TableReport, FullDiskIsAnError) { expect_io_error_on_full_disk("table"); }

}  // namespace
}  // namespace layerwatt
