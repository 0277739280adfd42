#include "compare/circumstances.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/sample.hpp"

namespace layerwatt {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> codes(const Result& before, const Result& after) {
  std::vector<std::string> list;
  for (const Warning& warning : differing_circumstances(before, after))
    list.push_back(warning.code);
  return list;
}

Result steady() {
  Result result = sample::board();
  result.conditions = {{"GPU clock", "MHz", 918, 918, 918}, {"tj temperature", "°C", 50, 49, 51}};
  return result;
}

TEST(Circumstances, NothingToSayOfEqualOnes) { EXPECT_THAT(codes(steady(), steady()), IsEmpty()); }

TEST(Circumstances, WhatMakesJoulesIncomparable) {
  Result other = steady();
  other.sensor.scope = "carrier board";
  EXPECT_THAT(codes(steady(), other), Contains("scopes_differ"));
  other = steady();
  other.sensor.measured = false;
  EXPECT_THAT(codes(steady(), other), Contains("measured_against_model"));
  EXPECT_THAT(codes(other, other), Contains("not_measured"));
  other = steady();
  other.sensor.kind = "ina3221";
  EXPECT_THAT(codes(steady(), other), Contains("sensors_differ"));
  other = steady();
  other.method = Method::overlap;
  EXPECT_THAT(codes(steady(), other), Contains("methods_differ"));
}

TEST(Circumstances, ClocksAndTemperatures) {
  Result other = steady();
  other.conditions[0] = {"GPU clock", "MHz", 850, 850, 850};
  EXPECT_THAT(codes(steady(), other), Contains("clocks_differ"));
  other.conditions[0] = {"GPU clock", "MHz", 915, 305, 918};
  EXPECT_THAT(codes(steady(), other), testing::ElementsAre("clock_moved"));
  other = steady();
  other.conditions[1].mean = 62;
  EXPECT_THAT(codes(steady(), other), testing::ElementsAre("temperatures_differ"));
  other.conditions[1].mean = 54;
  EXPECT_THAT(codes(steady(), other), IsEmpty());
}

TEST(Circumstances, NamesWhatDiffersBetweenDevices) {
  Result other = steady();
  other.device_json = R"({"name":"Jetson Orin NX 16GB","l4t":"36.4.3","power_mode":"15W"})";
  const auto warnings = differing_circumstances(steady(), other);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, "devices_differ");
  EXPECT_THAT(warnings[0].message, HasSubstr("power_mode MAXN → 15W"));
}

TEST(Circumstances, OtherInputsAreAnotherJob) {
  Result other = steady();
  other.engine_json = R"({"name":"tensorrt","inputs":{"x":[8,3,224,224]}})";
  EXPECT_THAT(codes(steady(), other), Contains("inputs_differ"));
}

}  // namespace
}  // namespace layerwatt
