// What --idle-baseline adds to the reports, and that nothing is added without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/golden.hpp"

namespace layerwatt {
namespace {

using testing::HasSubstr;
using testing::Not;

Result board_with_idle() {
  Result result = sample::board();
  IdleBaseline idle;
  idle.before_mw = Estimate{3900.0, Interval{3890.0, 3910.0}};
  idle.after_mw = Estimate{4100.0, Interval{4090.0, 4110.0}};
  idle.power_mw = Estimate{4000.0, Interval{3880.0, 4120.0}};
  idle.drift_mw = 200.0;
  result.idle = idle;
  result.layers[0].active_energy_mj = Estimate{8.0, Interval{7.5, 8.5}};
  result.layers[1].active_energy_mj = Missing{"no_samples"};
  result.outside_layers.active_energy_mj = Estimate{0.25, std::nullopt};
  result.total.active_energy_mj = Estimate{60.0, Interval{58.0, 62.0}};
  result.sensor.calibrated = "2026-11-23";
  return result;
}

TEST(IdleBaselineReport, JsonHasItAndReadsItBack) {
  const std::string text = written("json", board_with_idle());
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["idle"]["power_mw"]["mean"], 4000.0);
  EXPECT_EQ(json["idle"]["drift_mw"], 200.0);
  EXPECT_EQ(json["total"]["active_energy_mj"]["ci95"], nlohmann::json::array({58.0, 62.0}));
  EXPECT_TRUE(json["layers"][1]["active_energy_mj"].is_null());
  EXPECT_EQ(json["layers"][1]["active_energy_mj_reason"], "no_samples");
  EXPECT_FALSE(json["layers"][3].contains("active_energy_mj"));
  EXPECT_EQ(json["sensor"]["calibrated"], "2026-11-23");
  EXPECT_EQ(written("json", read_result_json(text, "test")), text);
}

TEST(IdleBaselineReport, CsvHasThreeColumnsMore) {
  const std::string text = written("csv", board_with_idle());
  EXPECT_THAT(text,
              HasSubstr("active_energy_mj,active_energy_ci95_lo_mj,active_energy_ci95_hi_mj"));
  EXPECT_THAT(text, HasSubstr(",8,7.5,8.5,"));
}

TEST(IdleBaselineReport, TheTableSaysItInALine) {
  const std::string text = written("table", board_with_idle());
  EXPECT_THAT(text, HasSubstr("active   60.00 mJ ± 2.000 mJ an inference beyond the idle device"));
  EXPECT_THAT(text, HasSubstr("calibrated on 2026-11-23"));
}

TEST(IdleBaselineReport, ThePageHasTheResultToShow) {
  EXPECT_THAT(written("html", board_with_idle()), HasSubstr("active_energy_mj"));
}

TEST(IdleBaselineReport, WithoutItNothingIsAdded) {
  for (const char* format : {"json", "csv", "table"}) {
    EXPECT_THAT(written(format, sample::board()), Not(HasSubstr("active"))) << format;
  }
}

}  // namespace
}  // namespace layerwatt
