#include "sim/truth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "layerwatt/error.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::spec_with;
using testing::ElementsAre;

TEST(Truth, PowerIsEnergyOverTimeNotTheMeanOfPowers) {
  TruthSum sum(1, true, 2);
  // The layer: 1 ms at 4000 / 100 mW, then 3 ms at 8000 / 300 mW; outside: 2 ms at 1000 / 0 mW.
  sum.add({{1'000'000, 2'000'000}, {4000.0, 100.0, 1000.0, 0.0}});
  sum.add({{3'000'000, 2'000'000}, {8000.0, 300.0, 1000.0, 0.0}});
  const Truth truth = sum.truth();
  EXPECT_EQ(truth.iterations, 2u);
  ASSERT_EQ(truth.layers.size(), 1u);
  EXPECT_DOUBLE_EQ(truth.layers[0].time_ms, 2.0);
  EXPECT_THAT(truth.layers[0].energy_mj, ElementsAre(14.0, 0.5));
  EXPECT_THAT(truth.layers[0].power_mw, ElementsAre(7000.0, 250.0));
  EXPECT_DOUBLE_EQ(truth.outside->time_ms, 2.0);
  EXPECT_THAT(truth.outside->energy_mj, ElementsAre(2.0, 0.0));
  EXPECT_DOUBLE_EQ(truth.total->time_ms, 4.0);
  EXPECT_THAT(truth.total->energy_mj, ElementsAre(16.0, 0.5));
  EXPECT_THAT(truth.total->power_mw, ElementsAre(4000.0, 125.0));
}

TEST(Truth, WithoutInferencesNothingIsKnown) {
  TruthSum sum(2, true, 1);
  sum.add({{1, 1, 1}, {1.0, 1.0, 1.0}});
  sum.reset();
  const Truth truth = sum.truth();
  EXPECT_EQ(truth.iterations, 0u);
  EXPECT_TRUE(truth.layers.empty());
  EXPECT_FALSE(truth.outside);
  EXPECT_FALSE(truth.total);
  const auto json = nlohmann::json::parse(truth_json(spec_with("{}"), truth));
  EXPECT_TRUE(json["total"].is_null());
}

TEST(Truth, JsonSumsTheRailsThatAreInTheTotal) {
  const Spec spec = spec_with(R"({"seed": 9,
      "rails": [{"name": "A", "idle_mw": 10}, {"name": "B", "idle_mw": 20, "in_total": false},
                {"name": "C", "idle_mw": 30}],
      "engine": {"layers": [{"name": "conv, \"x\"", "time_ms": 1,
                             "power_mw": {"A": 1, "B": 2, "C": 3}}]},
      "sensor": {"grid": {"period_ms": 6.6}}})");
  TruthSum sum(1, false, 3);
  sum.add({{2'000'000}, {1000.0, 500.0, 3000.0}});
  Truth truth = sum.truth();
  truth.grid_phase_ms = 1.5;
  const auto json = nlohmann::json::parse(truth_json(spec, truth));
  EXPECT_EQ(json["schema"], "layerwatt.truth/1");
  EXPECT_EQ(json["seed"], 9);
  EXPECT_EQ(json["iterations"], 1);
  EXPECT_EQ(json["layers"][0]["name"], "conv, \"x\"");
  EXPECT_DOUBLE_EQ(json["layers"][0]["energy_mj"], 8.0);
  EXPECT_DOUBLE_EQ(json["layers"][0]["power_mw"], 4000.0);
  EXPECT_DOUBLE_EQ(json["layers"][0]["rails"]["B"]["energy_mj"], 1.0);
  EXPECT_TRUE(json["outside_layers"].is_null());
  EXPECT_DOUBLE_EQ(json["total"]["time_ms"], 2.0);
  EXPECT_DOUBLE_EQ(json["idle"]["C"]["power_mw"], 30.0);
  EXPECT_DOUBLE_EQ(json["sensor"]["grid"]["phase_ms"], 1.5);
}

TEST(Truth, WithoutARailInTheTotalThereIsNone) {
  const Spec spec =
      spec_with(R"({"rails": [{"name": "VDD_IN", "idle_mw": 1, "in_total": false}]})");
  TruthSum sum(2, false, 1);
  sum.add({{1'000'000, 1'000'000}, {1.0, 1.0}});
  const auto json = nlohmann::json::parse(truth_json(spec, sum.truth()));
  EXPECT_TRUE(json["total"]["energy_mj"].is_null());
  EXPECT_TRUE(json["layers"][0]["power_mw"].is_null());
}

TEST(Truth, AFileThatCannotBeWrittenIsAnError) {
  try {
    write_truth("/no/such/folder/truth.json", spec_with("{}"), {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(error.where(), "/no/such/folder/truth.json");
  }
}

}  // namespace
}  // namespace layerwatt::sim
