#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "report/columns.hpp"
#include "report/golden.hpp"

namespace layerwatt {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// RFC 4180 to the letter: CRLF, quotes doubled inside quotes, nothing after a closing quote.
Rows parse_strictly(const std::string& text) {
  Rows rows;
  std::size_t at = 0;
  while (at < text.size()) {
    rows.emplace_back();
    for (;;) {
      std::string cell;
      if (text[at] == '"') {
        for (++at;; ++at) {
          if (at >= text.size()) throw std::runtime_error("quote left open");
          if (text[at] != '"') {
            cell += text[at];
          } else if (text.compare(at, 2, "\"\"") == 0) {
            cell += text[at++];
          } else {
            ++at;
            break;
          }
        }
      } else {
        for (; at < text.size() && text[at] != ',' && text[at] != '\r'; ++at) {
          if (text[at] == '"' || text[at] == '\n') throw std::runtime_error("bare quote or LF");
          cell += text[at];
        }
      }
      rows.back().push_back(cell);
      if (at >= text.size()) throw std::runtime_error("no line end");
      if (text[at] == ',') {
        ++at;
      } else if (text.compare(at, 2, "\r\n") == 0) {
        at += 2;
        break;
      } else {
        throw std::runtime_error("text after a closing quote");
      }
    }
  }
  return rows;
}

// The rows below the header, by the header's names.
std::vector<std::map<std::string, std::string>> table(const Result& result) {
  const Rows rows = parse_strictly(written("csv", result));
  std::vector<std::map<std::string, std::string>> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), rows[0].size()) << "row " << i;
    auto& row = out.emplace_back();
    for (std::size_t j = 0; j < std::min(rows[0].size(), rows[i].size()); ++j) {
      EXPECT_TRUE(row.emplace(rows[0][j], rows[i][j]).second) << rows[0][j] << " stands twice";
    }
  }
  return out;
}

TEST(CsvReport, Golden) { expect_golden("board.csv", written("csv", sample::board())); }

TEST(CsvReport, EveryRowIsAsWideAsTheHeader) {
  for (const Result& result : {sample::board(), sample::times_alone(), sample::simulated(),
                               sample::nasty_names(), sample::nothing()}) {
    const auto rows = table(result);
    EXPECT_EQ(rows.size(), result.layers.size() + result.groups.size() + 2);
  }
}

TEST(CsvReport, LayersThenGroupsThenOutsideThenTotal) {
  std::vector<std::string> kinds;
  for (const auto& row : table(sample::board())) kinds.push_back(row.at("row"));
  EXPECT_EQ(kinds, (std::vector<std::string>{"layer", "layer", "layer", "layer", "group",
                                             "outside_layers", "total"}));
}

TEST(CsvReport, NumbersAreExactAndCarryTheirUnitInTheHeader) {
  const auto rows = table(sample::board());
  EXPECT_EQ(rows[2].at("energy_mj"), "72");
  EXPECT_EQ(rows[2].at("energy_ci95_lo_mj"), "70.875");
  EXPECT_EQ(rows[2].at("VDD_GPU_SOC_energy_mj"), "54");
  EXPECT_EQ(rows[4].at("energy_mj"), "19");
  EXPECT_EQ(rows[4].at("group"), "0");
  EXPECT_EQ(rows[6].at("time_ms"), "10.5");
  EXPECT_EQ(rows[6].at("VDD_CPU_CV_power_mw"), "2375");
}

TEST(CsvReport, WhatIsMissingIsAnEmptyCellWithItsReason) {
  const auto rows = table(sample::board());
  EXPECT_EQ(rows[3].at("energy_mj"), "");
  EXPECT_EQ(rows[3].at("power_mw"), "");
  EXPECT_EQ(rows[3].at("reason"), "no_samples; no_rail_result");
  EXPECT_EQ(rows[0].at("energy_mj"), "15.2");
  EXPECT_EQ(rows[0].at("energy_ci95_lo_mj"), "");
  EXPECT_EQ(rows[0].at("reason"), "not_separable; VDD_CPU_CV: no_samples");
  EXPECT_EQ(rows[2].at("reason"), "VDD_CPU_CV: no_samples");
  for (const auto& row : table(sample::nothing())) {
    EXPECT_EQ(row.at("energy_mj"), "");
    EXPECT_EQ(row.at("reason"), "not_measured");
  }
}

TEST(CsvReport, EveryRowSaysWhetherItWasMeasured) {
  for (const auto& row : table(sample::simulated())) {
    EXPECT_EQ(row.at("measured"), "false");
    EXPECT_NE(row.at("power_source").find("NOT MEASURED"), std::string::npos);
  }
  for (const auto& row : table(sample::board())) {
    EXPECT_EQ(row.at("measured"), "true");
    EXPECT_EQ(row.at("scope"), "module");
  }
}

TEST(CsvReport, NamesOutOfAModelCannotBecomeFormulas) {
  const Result result = sample::nasty_names();
  const auto rows = table(result);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const std::string& name = result.layers[i].name;
    const bool formula =
        !name.empty() && std::string("=+-@\t\r\n").find(name[0]) != std::string::npos;
    EXPECT_EQ(rows[i].at("name"), formula ? "'" + name : name);
    EXPECT_EQ(rows[i].at("type"), i % 2 == 0 ? "'=type" : "T");
  }
  Result rails = sample::board();
  rails.layers[0].rails[0].rail = "=cmd,\"x\"";
  EXPECT_EQ(table(rails)[0].count("'=cmd,\"x\"_power_mw"), 1u);
}

TEST(CsvReport, NegativeNumbersStayNumbers) {
  Result result = sample::board();
  result.outside_layers.energy_mj = sample::estimate(-0.5, 0.25);
  EXPECT_EQ(table(result)[5].at("energy_mj"), "-0.5");
}

TEST(CsvReport, FullDiskIsAnError) { expect_io_error_on_full_disk("csv"); }

}  // namespace
}  // namespace layerwatt
