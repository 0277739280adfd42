// Lines of real boards, where they stand beside the project.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sensor/rail_map.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt {
namespace {

const std::filesystem::path kData = std::filesystem::path(LAYERWATT_SHARED_DATA) / "tegrastats";

struct Total {
  double mw = std::nan("");
  std::string scope;
};

Total total_of(const TegrastatsLine& line) {
  std::vector<std::string_view> names;
  for (const TegraRail& rail : line.rails) names.push_back(rail.name);
  const RailChoice choice = choose_rails(std::span<const std::string_view>(names));
  Total total{0.0, choice.scope};
  if (choice.scope.empty()) return {};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (choice.rails[i].in_total) total.mw += line.rails[i].mw;
  }
  return total;
}

// The same by another way: the sums of the boards, written down one by one, and a search.
double expected_total(const std::string& board, const std::string& line) {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> kBoards = {
      {"AGX Xavier", {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}},
      {"AGX Orin", {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}},
      {"AGX Thor", {"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}},
      {"Nano", {"POM_5V_IN"}},
      {"Orin Nano", {"VDD_IN"}},
      {"", {"VDD_IN"}}};
  std::vector<std::string> rails;
  for (const auto& [name, sum] : kBoards) {
    if (board.starts_with(name)) {
      rails = sum;
      break;
    }
  }
  if (board.starts_with("AGX Thor") && line.find(" VIN ") != std::string::npos) rails = {"VIN"};
  double total = 0.0;
  for (const std::string& rail : rails) {
    std::size_t value = std::string::npos;  // `CPU [..]` is not the rail
    for (std::size_t at = 0; (at = line.find(" " + rail + " ", at)) != std::string::npos; ++at) {
      if (std::isdigit(static_cast<unsigned char>(line[at + rail.size() + 2])) != 0) {
        value = at + rail.size() + 2;
      }
    }
    if (value == std::string::npos) return std::nan("");
    total += std::stod(line.substr(value));
  }
  return total;
}

void expect_whole(const std::string& text, const TegrastatsLine& line,
                  std::optional<TegrastatsProblem> problem) {
  EXPECT_FALSE(problem.has_value()) << describe(*problem) << ": " << text;
  EXPECT_TRUE(line.raw_unknown.empty()) << line.raw_unknown.at(0) << " in " << text;
  EXPECT_TRUE(line.has_beginning()) << text;
}

TEST(TegrastatsRealLines, EveryBoardIsReadAndSummed) {
  std::ifstream file(kData / "lines.tsv");
  if (!file) GTEST_SKIP() << "no " << kData << ": real lines are not part of the project";
  std::string row;
  std::getline(file, row);  // the header
  std::size_t count = 0;
  std::size_t totals = 0;
  while (std::getline(file, row)) {
    const std::string board = row.substr(0, row.find('\t'));
    const std::string text = row.substr(row.rfind('\t') + 1);
    TegrastatsLine line;
    const auto problem = parse_tegrastats_line(text, line);
    expect_whole(text, line, problem);
    EXPECT_FALSE(line.cores.empty()) << text;
    const Total total = total_of(line);
    const double expected = expected_total(board, text);
    EXPECT_EQ(std::isnan(total.mw), std::isnan(expected)) << text;
    if (!std::isnan(expected)) {
      EXPECT_EQ(total.mw, expected) << text;
      ++totals;
    }
    ++count;
  }
  EXPECT_EQ(count, 47u);
  EXPECT_EQ(totals, 41u);  // six lines have no rails: K1, old TX1, and without root
}

TEST(TegrastatsRealLines, EveryLogIsReadWithItsTimes) {
  if (!std::filesystem::exists(kData / "logs")) {
    GTEST_SKIP() << "no " << kData << ": real logs are not part of the project";
  }
  const std::map<std::string, double> kFirstTotals = {
      {"orinagx_64gb__basic", 5193 + 1997 + 4421},
      {"orinnx_16gb__all", 5469},
      {"orinnx_16gb__basic", 5793},
      {"xavieragx_16gb__all", 463 + 1236 + 2318 + 0 + 154 + 2934},
      {"xaviernx_8gb__basic", std::nan("")}};  // without root
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kData / "logs")) {
    const auto expected = kFirstTotals.find(entry.path().stem().string());
    ASSERT_NE(expected, kFirstTotals.end()) << entry.path();
    ++files;
    std::ifstream file(entry.path());
    std::int64_t last_ns = 0;
    TegrastatsLine line;
    bool first = true;
    double lowest = 1e9;
    double highest = 0;
    for (std::string text; std::getline(file, text);) {
      const auto problem = parse_tegrastats_line(text, line);
      expect_whole(text, line, problem);
      ASSERT_TRUE(line.time_ns.has_value()) << text;
      EXPECT_GT(*line.time_ns, last_ns);
      last_ns = *line.time_ns;
      const Total total = total_of(line);
      if (first && !std::isnan(expected->second)) {
        EXPECT_EQ(total.mw, expected->second);
        EXPECT_EQ(total.scope, "module");
      }
      EXPECT_EQ(std::isnan(total.mw), std::isnan(expected->second)) << text;
      first = false;
      lowest = std::min(lowest, total.mw);
      highest = std::max(highest, total.mw);
      // A cut of a real line does not pass with another power.
      const std::string cut = text.substr(0, text.size() - 1 - text.size() % 60);
      TegrastatsLine part;
      if (!parse_tegrastats_line(cut, part)) {
        ASSERT_LE(part.rails.size(), line.rails.size());
        for (std::size_t i = 0; i < part.rails.size(); ++i) {
          EXPECT_EQ(part.rails[i].mw, line.rails[i].mw) << cut;
        }
      }
    }
    if (!std::isnan(expected->second)) {
      EXPECT_LT(highest, 2 * lowest) << entry.path();
    }
  }
  EXPECT_EQ(files, kFirstTotals.size());
}

}  // namespace
}  // namespace layerwatt
