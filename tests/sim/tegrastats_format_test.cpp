#include "sim/tegrastats_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sensor/tegrastats_parse.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::spec_with;

// 2024-05-01T12:00:00.25Z
constexpr std::int64_t kTimeNs = 1'714'564'800'250'000'000;

Spec two_rails(const std::string& sensor) {
  return spec_with(
      R"({"rails": [{"name": "VDD_IN", "idle_mw": 0}, {"name": "VDD_SOC", "idle_mw": 0}],
      "engine": {"layers": [{"name": "a", "time_ms": 1, "power_mw": {"VDD_IN": 1, "VDD_SOC": 1}}]},
      "sensor": {"format": "tegrastats", )" +
      sensor + "}}");
}

TEST(TegrastatsFormat, MilliwattStyleHasADateAndTheMeanSinceTheStart) {
  TegrastatsFormat format(two_rails(R"("tegrastats_tokens": "RAM 1/2MB")"), PrintedTime::utc);
  EXPECT_EQ(format.line(kTimeNs, std::vector<double>{5444, 1480}),
            "05-01-2024 12:00:00 RAM 1/2MB VDD_IN 5444mW/5444mW VDD_SOC 1480mW/1480mW");
  EXPECT_EQ(format.line(kTimeNs, std::vector<double>{5001, 1480}),
            "05-01-2024 12:00:00 RAM 1/2MB VDD_IN 5001mW/5222mW VDD_SOC 1480mW/1480mW");
}

TEST(TegrastatsFormat, BareStyleHasNeitherDateNorUnits) {
  TegrastatsFormat format(
      two_rails(R"("tegrastats_style": "c/a", "tegrastats_tokens": "RAM 1/2MB")"),
      PrintedTime::utc);
  EXPECT_EQ(format.line(kTimeNs, std::vector<double>{5444, 0}),
            "RAM 1/2MB VDD_IN 5444/5444 VDD_SOC 0/0");
}

TEST(TegrastatsFormat, MaximumStyleHasTheMaximumSinceTheStart) {
  TegrastatsFormat format(two_rails(R"("tegrastats_style": "cmW/amW/mmW")"), PrintedTime::utc);
  format.line(kTimeNs, std::vector<double>{6000, 10});
  EXPECT_EQ(format.line(kTimeNs, std::vector<double>{5000, 20}),
            "05-01-2024 12:00:00 VDD_IN 5000mW/5500mW/6000mW VDD_SOC 20mW/15mW/20mW");
}

TEST(TegrastatsFormat, TheParserUnderstandsTheLinesOfEveryExample) {
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(LAYERWATT_SOURCE) + "/examples/sim")) {
    if (!file.path().filename().string().ends_with(".sim.json")) continue;
    const Spec spec = load_spec(file.path());
    ASSERT_EQ(tegrastats_problem(spec), "") << file.path();
    TegrastatsFormat format(spec, PrintedTime::local);
    const std::string text = format.line(kTimeNs, std::vector<double>(spec.rails.size(), 1234.0));
    TegrastatsLine line;
    const auto problem = parse_tegrastats_line(text, line);
    ASSERT_FALSE(problem) << describe(*problem) << ": " << text;
    EXPECT_TRUE(line.raw_unknown.empty()) << line.raw_unknown[0] << " in " << text;
    EXPECT_TRUE(line.has_beginning()) << text;
    ASSERT_EQ(line.rails.size(), spec.rails.size()) << text;
    for (std::size_t rail = 0; rail < spec.rails.size(); ++rail) {
      EXPECT_EQ(line.rails[rail].name, spec.rails[rail].name);
      EXPECT_EQ(line.rails[rail].mw, 1234.0);
    }
  }
}

TEST(TegrastatsFormat, WhatCouldNotBeReadBackIsSaid) {
  Spec spec = two_rails(R"("tegrastats_tokens": "RAM 1/2MB")");
  EXPECT_EQ(tegrastats_problem(spec), "");
  spec.rails[1].name = "CPU package";
  EXPECT_THAT(tegrastats_problem(spec), testing::HasSubstr("CPU package"));
  spec.rails[1].name = "CPU";
  spec.sensor.style = TegrastatsStyle::bare;
  EXPECT_EQ(tegrastats_problem(spec), "");
  spec.sensor.tegrastats_tokens = "CPU [1%@102]";
  EXPECT_THAT(tegrastats_problem(spec), testing::HasSubstr("RAM"));
  spec.sensor.tegrastats_tokens = "RAM 1/2MB\nCPU [1%@102]";
  EXPECT_THAT(tegrastats_problem(spec), testing::HasSubstr("more than one line"));
}

}  // namespace
}  // namespace layerwatt::sim
