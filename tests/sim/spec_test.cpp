#include "sim/spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/error.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt::sim {
namespace {

using fake::spec_with;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Spec, EveryExampleIsValid) {
  int count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(LAYERWATT_SOURCE) + "/examples/sim")) {
    if (!file.path().filename().string().ends_with(".sim.json")) continue;
    const Spec spec = load_spec(file.path());
    EXPECT_EQ(spec.name + ".sim.json", file.path().filename().string());
    ++count;
  }
  EXPECT_GE(count, 6);
}

TEST(Spec, WhatIsNotSaidHasItsDefault) {
  const Spec spec = spec_with("{}");
  EXPECT_EQ(spec.time, TimeMode::virtual_time);
  EXPECT_EQ(spec.seed, 1u);
  EXPECT_FALSE(spec.engine.outside);
  EXPECT_FALSE(spec.engine.layers[1].type);
  EXPECT_THAT(spec.engine.layers[0].stretch.power_mw, ElementsAre(5000.0));
  EXPECT_EQ(spec.sensor.window_ms, 0.0);
  EXPECT_FALSE(spec.sensor.grid);
  EXPECT_EQ(spec.sensor.reading, Reading::power);
  EXPECT_EQ(spec.sensor.scope, "simulated board");
  EXPECT_TRUE(spec.sensor.declare.latency);
}

TEST(Spec, EverythingThatCanBeSaidIsRead) {
  const Spec spec = spec_with(R"({
    "description": "d", "device": {"name": "x"}, "time": "real", "seed": 18446744073709551615,
    "rails": [{"name": "A", "idle_mw": 1, "step_mw": 40, "in_total": false},
              {"name": "B", "idle_mw": 2}],
    "engine": {
      "layers": [{"name": "a", "time_ms": 1, "jitter": 0.1, "power_jitter": 0.2,
                  "power_mw": {"B": 20, "A": 10}}],
      "outside": {"time_ms": 3, "power_mw": {"A": 3, "B": 4}},
      "common_jitter": 0.01, "gap_ms": 0.5,
      "drift": {"rise": 0.1, "time_constant_s": 20, "amplitude": 0.2, "period_s": 10}},
    "sensor": {
      "period_ms": 5, "period_jitter_ms": 0.1, "window_ms": 1.1, "latency_ms": 7,
      "time_constant_ms": 2, "stamp_error_ms": 0.3, "noise_mw": 30, "drop_probability": 0.01,
      "grid": {"period_ms": 6.6, "phase_ms": 1}, "reading": "power", "format": "tegrastats",
      "tegrastats_style": "cmW/amW/mmW", "tegrastats_tokens": "RAM 1/2MB",
      "scope": "module", "declare": ["latency_ms", "timestamp_error_ms"]}})");
  EXPECT_EQ(spec.time, TimeMode::real_time);
  EXPECT_EQ(spec.seed, 18446744073709551615u);
  EXPECT_EQ(spec.rails[0].step, 40.0);
  EXPECT_FALSE(spec.rails[0].in_total);
  EXPECT_THAT(spec.engine.layers[0].stretch.power_mw, ElementsAre(10.0, 20.0));
  EXPECT_EQ(spec.engine.layers[0].stretch.power_jitter, 0.2);
  EXPECT_EQ(spec.engine.outside->time_ms, 3.0);
  EXPECT_EQ(spec.engine.gap_ms, 0.5);
  EXPECT_EQ(spec.engine.drift.rise, 0.1);
  EXPECT_EQ(spec.engine.drift.period_s, 10.0);
  EXPECT_EQ(spec.sensor.period_ms, 5.0);
  EXPECT_EQ(spec.sensor.time_constant_ms, 2.0);
  EXPECT_EQ(spec.sensor.stamp_error_ms, 0.3);
  EXPECT_EQ(spec.sensor.drop_probability, 0.01);
  EXPECT_EQ(spec.sensor.grid->phase_ms, 1.0);
  EXPECT_TRUE(spec.sensor.tegrastats);
  EXPECT_EQ(spec.sensor.style, TegrastatsStyle::maximum);
  EXPECT_FALSE(spec.sensor.declare.window);
  EXPECT_TRUE(spec.sensor.declare.latency);
  EXPECT_TRUE(spec.sensor.declare.timestamp_error);
}

struct Mistake {
  const char* patch;
  const char* where;  // after "test.sim.json: "
  const char* problem;
  const char* hint;
};

class SpecMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(SpecMistakes, AreToldByTheirPath) {
  try {
    spec_with(GetParam().patch);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), std::string("test.sim.json: ") + GetParam().where);
    EXPECT_THAT(error.problem(), HasSubstr(GetParam().problem));
    EXPECT_THAT(error.hint(), HasSubstr(GetParam().hint));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Spec, SpecMistakes,
    testing::Values(
        Mistake{R"({"format": "x"})", "format", "layerwatt-sim", "docs/simulator.md"},
        Mistake{R"({"version": 2})", "version", "only version 1", "\"version\": 1"},
        Mistake{R"({"name": null})", "name", "is missing", "docs/simulator.md"},
        Mistake{R"({"sede": 4})", "sede", "unknown key", "did you mean \"seed\"?"},
        Mistake{R"({"seed": -1})", "seed", "whole number", ""},
        Mistake{R"({"time": "fast"})", "time", "\"fast\" is not known", "virtual, real"},
        Mistake{R"({"device": 3})", "device", "expected an object", ""},
        Mistake{R"({"rails": []})", "rails", "is empty", "at least one rail"},
        Mistake{R"({"rails": {}})", "rails", "expected a list", ""},
        Mistake{R"({"rails": [4]})", "rails[0]", "expected an object, found a number", ""},
        Mistake{R"({"rails": [{"name": "A", "idle_mw": 1}, {"name": "A", "idle_mw": 1}]})",
                "rails[1].name", "\"A\" stands twice", "once"},
        Mistake{R"({"rails": [{"name": "A"}]})", "rails[0].idle_mw", "is missing", ""},
        Mistake{R"({"rails": [{"name": "A", "idle_mw": 1, "step_mj": 1}]})", "rails[0].step_mj",
                "does not fit", "step_mw"},
        Mistake{R"({"engine": {"layers": []}})", "engine.layers", "is empty", "one layer"},
        Mistake{R"({"engine": {"layers": [{"name": "a", "time": 1, "power_mw": 1}]}})",
                "engine.layers[0].time_ms", "is missing", ""},
        Mistake{R"({"engine": {"layers": [{"name": "a", "time_ms": 0, "power_mw": 1}]}})",
                "engine.layers[0].time_ms", "0 is out of range", "above 0"},
        Mistake{R"({"engine": {"layers": [{"name": "a", "time_ms": "1", "power_mw": 1}]}})",
                "engine.layers[0].time_ms", "expected a number, found a string", ""},
        Mistake{R"({"engine": {"layers": [{"name": "", "time_ms": 1, "power_mw": 1}]}})",
                "engine.layers[0].name", "is empty", ""},
        Mistake{R"({"engine": {"layers": [{"name": "a", "time_ms": 1, "power_mw": {}}]}})",
                "engine.layers[0].power_mw.VDD_IN", "is missing", "0 is a power too"},
        Mistake{R"({"engine": {"layers": [{"name": "a", "time_ms": 1,
                    "power_mw": {"VDD_IN": 1, "VDD_SOC": 2}}]}})",
                "engine.layers[0].power_mw.VDD_SOC", "unknown key", "VDD_IN"},
        Mistake{R"({"engine": {"outside": {"time_ms": 1, "power_mw": -1}}})",
                "engine.outside.power_mw", "-1 is out of range", "from 0"},
        Mistake{R"({"engine": {"drift": {"amplitude": 1}}})", "engine.drift.amplitude",
                "out of range", "0.4"},
        Mistake{R"({"sensor": {"window": 1}})", "sensor.window", "unknown key", "window_ms"},
        Mistake{R"({"sensor": {"drop_probability": 1}})", "sensor.drop_probability", "out of range",
                "0.9"},
        Mistake{R"({"sensor": {"grid": {"period_ms": 0}}})", "sensor.grid.period_ms",
                "out of range", "above 0"},
        Mistake{R"({"sensor": {"reading": "current"}})", "sensor.reading", "not known",
                "power, energy"},
        Mistake{R"({"sensor": {"reading": "energy", "window_ms": 1}})", "sensor.window_ms",
                "no window", "leave it out"},
        Mistake{R"({"sensor": {"reading": "energy", "noise_mw": 1}})", "sensor.noise_mw",
                "no noise", "step_mj"},
        Mistake{R"({"sensor": {"reading": "energy", "format": "tegrastats"}})", "sensor.format",
                "power, not energy", "csv"},
        Mistake{R"({"sensor": {"format": "tegrastats", "tegrastats_style": "c/a"}})",
                "sensor.format", "could not be read back", "RAM"},
        Mistake{R"({"sensor": {"declare": "some"}})", "sensor.declare", "expected \"all\"",
                "window_ms"},
        Mistake{R"({"sensor": {"declare": ["lag"]}})", "sensor.declare", "\"lag\" is not known",
                "latency_ms"}));

TEST(Spec, AFileThatCannotBeReadIsAnError) {
  try {
    load_spec("/no/such/board.sim.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "/no/such/board.sim.json");
    EXPECT_THAT(error.problem(), HasSubstr("No such file"));
  }
}

}  // namespace
}  // namespace layerwatt::sim
