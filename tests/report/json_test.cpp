#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "layerwatt/version.hpp"
#include "report/golden.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonReport, Golden) {
  std::string text = written("json", sample::board());
  const std::string version = "\"" LAYERWATT_VERSION "\"";
  text.replace(text.find(version), version.size(), "\"VERSION\"");
  expect_golden("board.json", text);
}

// Wherever there is a null there is a reason beside it. A layer without a group, or without a
// reason, misses nothing.
void expect_reasons(const Json& value, const std::string& path) {
  for (const auto& [key, element] : value.items()) {
    const std::string here = path + "/" + key;
    if (element.is_null() && value.is_object() && key != "group" && key != "reason") {
      ASSERT_TRUE(value.contains(key + "_reason")) << here;
      EXPECT_FALSE(value[key + "_reason"].get<std::string>().empty()) << here;
    }
    if (element.is_structured()) expect_reasons(element, here);
  }
}

TEST(JsonReport, EveryNullHasItsReasonBesideIt) {
  for (const Result& result : {sample::board(), sample::times_alone(), sample::simulated(),
                               sample::nasty_names(), sample::nothing()}) {
    expect_reasons(Json::parse(written("json", result)), "");
  }
}

TEST(JsonReport, NeverPrintsNanOrInfinity) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Result result = sample::board();
  result.layers[0].time_ms.value().std = nan;
  result.layers[0].power_mw = Estimate{infinity, Interval{-infinity, nan}};
  result.sensor.model.window_ms = nan;
  result.closure = Closure{1.0, 0.0, infinity};
  const Json json = Json::parse(written("json", result));  // a strict parser
  EXPECT_TRUE(json["layers"][0]["time_ms"]["std"].is_null());
  EXPECT_EQ(json["layers"][0]["time_ms"]["std_reason"], "not_finite");
  EXPECT_TRUE(json["layers"][0]["power_mw"]["mean"].is_null());
  EXPECT_EQ(json["layers"][0]["power_mw"]["ci95_reason"], "not_finite");
  EXPECT_TRUE(json["closure"]["ratio"].is_null());
  expect_reasons(json, "");
}

TEST(JsonReport, KeysStandInTheOrderOfTheSchema) {
  std::vector<std::string> keys;
  const Json json = Json::parse(written("json", sample::board()));
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "schema", "layerwatt_version", "device", "engine", "sensor", "method",
                      "method_reason", "iterations", "layers", "groups", "outside_layers", "total",
                      "power_draw_mw", "energy_mj", "closure", "conditions", "warnings"}));
}

TEST(JsonReport, SaysThatItWasNotMeasured) {
  EXPECT_EQ(Json::parse(written("json", sample::simulated()))["sensor"]["measured"], false);
}

TEST(JsonReport, KeepsNamesExactlyAndStaysUtf8) {
  const Result result = sample::nasty_names();
  const Json json = Json::parse(written("json", result));
  ASSERT_EQ(json["layers"].size(), result.layers.size());
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    if (result.layers[i].name.find('\xff') != std::string::npos) {
      EXPECT_EQ(json["layers"][i]["name"], "not utf8 \uFFFD\uFFFD end");
    } else {
      EXPECT_EQ(json["layers"][i]["name"], result.layers[i].name);
    }
  }
}

TEST(JsonReport, ADeviceThatDescribesItselfBadlyLosesNothingElse) {
  Result result = sample::board();
  result.device_json = "{broken";
  const Json json = Json::parse(written("json", result));
  EXPECT_TRUE(json["device"].is_null());
  EXPECT_EQ(json["device_reason"], "not_a_json_object");
  EXPECT_EQ(json["layers"].size(), 4u);
}

TEST(JsonReport, FullDiskIsAnError) { expect_io_error_on_full_disk("json"); }

}  // namespace
}  // namespace layerwatt
