#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/comparison_reports.hpp"
#include "report/golden.hpp"
#include "report/in_browser.hpp"
#include "report/sample.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// The board before; after: the last layer split off from another, one slower, one new.
ComparisonReport board_against(Result after) {
  ComparisonReport report;
  report.baseline = {"runs/fp16.json", sample::board()};
  Comparison comparison = compare(report.baseline.result, after);
  const Gate gate = parse_gate("energy>+5%");
  report.gates.push_back({gate.text, "runs/int8.json", judge(gate, comparison)});
  report.others.emplace_back(ComparedResult{"runs/int8.json", std::move(after)},
                             std::move(comparison));
  return report;
}

Result changed_board() {
  Result result = sample::board();
  result.layers[2] = sample::layer(2, "fc", "MatrixMultiply", 6.0, 16000);
  result.layers[3] = sample::layer(3, "softmax + cast", "SoftMax", 0.25, 4000);
  result.layers.push_back(sample::layer(4, "new|layer*", "Scale", 0.5, 5000));
  result.total.energy_mj = sample::estimate(126.0, 0.3);
  result.total.power_mw = sample::estimate(12000, 30);
  return result;
}

using Write = void (*)(std::ostream&, const ComparisonReport&);

std::string written(const ComparisonReport& report, Write write) {
  std::ostringstream out;
  write(out, report);
  return out.str();
}

std::string table_of(const ComparisonReport& report) {
  return written(report, [](std::ostream& out, const ComparisonReport& r) {
    write_comparison_table(out, r, {});
  });
}

std::string markdown_of(const ComparisonReport& report) {
  return written(report, [](std::ostream& out, const ComparisonReport& r) {
    write_comparison_markdown(out, r, 20);
  });
}

TEST(ComparisonReports, Golden) {
  const ComparisonReport report = board_against(changed_board());
  expect_golden("comparison.json", written(report, write_comparison_json));
  expect_golden("comparison.txt", table_of(report));
  expect_golden("comparison.md", markdown_of(report));
}

TEST(ComparisonJson, IsStrictAndWhole) {
  const json root = json::parse(written(board_against(changed_board()), write_comparison_json));
  EXPECT_EQ(root["schema"], "layerwatt.comparison/1");
  const json& comparison = root["comparisons"][0];
  EXPECT_EQ(comparison["total"]["energy_mj"]["verdict"], "worse");
  EXPECT_DOUBLE_EQ(comparison["total"]["energy_mj"]["difference"]["mean"], 26.25);
  EXPECT_EQ(comparison["rows"].size(), 6u)
      << "three of a name, one by its node, a new one, a group";
  EXPECT_EQ(root["gates"][0]["state"], "failed");
}

TEST(ComparisonMarkdown, NamesAreNoMarkup) {
  Result after = changed_board();
  after.layers[4].name = "a|b `c` <img src=x> @someone #1 [x](y)";
  const std::string text = markdown_of(board_against(after));
  for (const char* markup : {"a|b", "`c`", "<img", "@someone", "#1 ", "[x]"}) {
    EXPECT_THAT(text, Not(HasSubstr(markup)));
  }
  EXPECT_THAT(text, HasSubstr("a&#124;b"));
}

// A result may come out of a pull request of somebody else's.
TEST(ComparisonMarkdown, ReasonsOutOfAFileAreNoMarkup) {
  Result after = changed_board();
  after.layers[2].energy_mj = Missing{"|<img src=x>|@someone"};
  const std::string text = markdown_of(board_against(after));
  for (const char* markup : {"<img", "|@", "@someone"}) {
    EXPECT_THAT(text, Not(HasSubstr(markup)));
  }
  EXPECT_THAT(text, HasSubstr("&#60;img"));
}

TEST(ComparisonReports, SayThatNothingWasMeasured) {
  const ComparisonReport report = board_against(sample::simulated());
  EXPECT_THAT(table_of(report), HasSubstr("NOT MEASURED"));
  EXPECT_THAT(markdown_of(report), HasSubstr("NOT MEASURED"));
}

TEST(ComparisonReports, WithoutPowerThereAreTimes) {
  ComparisonReport report;
  report.baseline = {"a", sample::times_alone()};
  report.others.emplace_back(ComparedResult{"b", sample::times_alone()},
                             compare(sample::times_alone(), sample::times_alone()));
  EXPECT_THAT(table_of(report), HasSubstr("By change of latency"));
  EXPECT_THAT(table_of(report), Not(HasSubstr("nan")));
}

TEST(ComparisonHtml, CarriesTheJson) {
  const ComparisonReport report = board_against(changed_board());
  const std::string page = written(report, write_comparison_html);
  const std::string open = R"(id="data">)";
  const auto from = page.find(open) + open.size();
  const json data = json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(data["comparison"], json::parse(written(report, write_comparison_json)));
}

void expect_good_in_browser(const ComparisonReport& report, const std::string& more = "") {
  const fakes::ScratchDirectory scratch;
  const auto figures = scratch.write("comparison.json", written(report, write_comparison_json));
  expect_good_page(written(report, write_comparison_html),
                   "--comparison '" + figures.string() + "' " + more);
}

TEST(ComparisonInBrowser, ChangesOfAllKinds) {
  Result after = changed_board();
  after.layers[4].name = "</script><img src=x onerror=document.title='owned'>";
  expect_good_in_browser(board_against(after), like_golden("comparison.page.json"));
}

TEST(ComparisonInBrowser, WithoutPower) {
  expect_good_in_browser(board_against(sample::times_alone()));
}

TEST(ComparisonReports, AFullDiskIsAnError) {
  for (const Write write : {Write(write_comparison_json), Write(write_comparison_html)}) {
    std::ofstream full("/dev/full");
    EXPECT_THROW(write(full, board_against(changed_board())), Error);
  }
}

}  // namespace
}  // namespace layerwatt
