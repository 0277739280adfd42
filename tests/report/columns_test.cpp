#include "report/columns.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "report/sample.hpp"
#include "report/words.hpp"

namespace layerwatt {
namespace {

std::string manual() { return sample::slurp(std::string(LAYERWATT_SOURCE) + "/docs/result.md"); }

TEST(Columns, TheManualListsThemInOrder) {
  std::string rows;
  for (const Column& column : layer_columns()) {
    rows += fmt::format("| `{}` | {} | {} |\n", column.name, column.unit, column.doc);
  }
  EXPECT_NE(manual().find(rows), std::string::npos) << "docs/result.md should hold:\n" << rows;
  rows.clear();
  for (const RailColumn& column : rail_columns()) {
    rows += fmt::format("| `RAIL_{}` | {} | {} |\n", column.suffix, column.unit, column.doc);
  }
  EXPECT_NE(manual().find(rows), std::string::npos) << "docs/result.md should hold:\n" << rows;
}

TEST(Columns, TheManualListsThoseOfAnIdleBaseline) {
  std::string rows;
  for (const Column& column : idle_columns()) {
    rows += fmt::format("| `{}` | {} | {} |\n", column.name, column.unit, column.doc);
  }
  EXPECT_NE(manual().find(rows), std::string::npos) << "docs/result.md should hold:\n" << rows;
}

TEST(Columns, ThoseOfAnIdleBaselineReadActiveEnergy) {
  LayerResult layer;
  layer.energy_mj = Estimate{1.0, Interval{2.0, 3.0}};
  layer.active_energy_mj = Estimate{4.0, Interval{5.0, 6.0}};
  double expected = 4.0;
  for (const Column& column : idle_columns()) {
    EXPECT_EQ(std::get<double>(column.get(layer)), expected++) << column.name;
  }
}

TEST(Columns, TheManualListsTheReasons) {
  std::string rows;
  for (const ReasonWords& reason : reasons()) {
    rows += fmt::format("| `{}` | {} |\n", reason.code, reason.words);
  }
  EXPECT_NE(manual().find(rows), std::string::npos) << "docs/result.md should hold:\n" << rows;
}

TEST(Columns, EachHasItsOwnNameAndItsUnitInIt) {
  std::set<std::string> names;
  for (const Column& column : layer_columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    const std::string name = column.name;
    std::string unit = column.unit;
    for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (unit.empty()) continue;
    EXPECT_EQ(name.substr(name.rfind('_') + 1), unit) << name;
  }
  EXPECT_THROW(layer_column("joules"), std::out_of_range);
}

// A layer whose fields all differ, so that a getter that reads its neighbour shows.
TEST(Columns, EachReadsItsOwnField) {
  LayerResult layer;
  layer.index = 1;
  layer.name = "n";
  layer.type = "t";
  layer.precision = "p";
  Metric time;
  time.mean = 2;
  time.median = 3;
  time.min = 4;
  time.max = 5;
  time.std = 6;
  time.p90 = 7;
  time.p99 = 8;
  time.ci95 = Interval{9, 10};
  layer.time_ms = time;
  layer.power_mw = Estimate{11, Interval{12, 13}};
  layer.energy_mj = Estimate{14, Interval{15, 16}};
  layer.samples = 17;
  layer.group = 18;
  std::string text;
  for (const Column& column : layer_columns()) {
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Missing>) {
            text += "missing ";
          } else {
            text += fmt::format("{} ", value);
          }
        },
        column.get(layer));
  }
  EXPECT_EQ(text, "1 n t p 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 ");
}

std::string reason_of(const Cell& cell) {
  return std::holds_alternative<Missing>(cell) ? std::get<Missing>(cell).reason : "(there)";
}

TEST(Columns, WhatIsMissingSaysWhy) {
  LayerResult layer;
  layer.energy_mj = Missing{"no_samples"};
  EXPECT_EQ(reason_of(layer_column("energy_mj").get(layer)), "no_samples");
  EXPECT_EQ(reason_of(layer_column("energy_ci95_hi_mj").get(layer)), "no_samples");
  layer.energy_mj = Estimate{1.0, std::nullopt};
  EXPECT_EQ(reason_of(layer_column("energy_ci95_lo_mj").get(layer)), "no_interval");
  layer.reason = "not_separable";
  EXPECT_EQ(reason_of(layer_column("energy_ci95_lo_mj").get(layer)), "not_separable");
  layer.energy_mj = Estimate{std::nan(""), Interval{-INFINITY, 1.0}};
  EXPECT_EQ(reason_of(layer_column("energy_mj").get(layer)), "not_finite");
  EXPECT_EQ(reason_of(layer_column("energy_ci95_lo_mj").get(layer)), "not_finite");
  Metric once;
  once.count = 1;
  layer.time_ms = once;
  EXPECT_EQ(reason_of(layer_column("time_ci95_lo_ms").get(layer)), "fewer_than_two_readings");
}

TEST(RailNames, EachOnceAsTheyFirstAppear) {
  Result result = sample::board();
  result.layers[2].rails.push_back({"VIN_SYS_5V0", Missing{"x"}, Missing{"x"}});
  EXPECT_EQ(rail_names(result),
            (std::vector<std::string>{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}));
}

}  // namespace
}  // namespace layerwatt
