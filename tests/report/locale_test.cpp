// A program that embeds the library may have a locale of its own: no report may follow it.
#include <gtest/gtest.h>

#include <locale>
#include <string>

#include "report/golden.hpp"

namespace layerwatt {
namespace {

class CommaPunctuation final : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Locale, NoReportFollowsIt) {
  for (const ReportBackend& report : reports()) {
    const std::string plain = written(report.name.c_str(), sample::board());
    const std::locale before =
        std::locale::global(std::locale(std::locale::classic(), new CommaPunctuation));
    const std::string localised = written(report.name.c_str(), sample::board());
    std::locale::global(before);
    EXPECT_EQ(plain, localised) << report.name;
  }
}

TEST(Locale, NoResultIsReadByIt) {
  const std::string text = written("json", sample::board());
  const std::locale before =
      std::locale::global(std::locale(std::locale::classic(), new CommaPunctuation));
  const Result result = read_result_json(text, "board.json");
  std::locale::global(before);
  EXPECT_EQ(written("json", result), text);
}

}  // namespace
}  // namespace layerwatt
