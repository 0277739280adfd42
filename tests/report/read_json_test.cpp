#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/golden.hpp"

namespace layerwatt {
namespace {

void expect_same(const std::optional<Interval>& a, const std::optional<Interval>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->lo, b->lo);
  EXPECT_EQ(a->hi, b->hi);
}

void expect_same(const Estimate& a, const Estimate& b) {
  EXPECT_EQ(a.mean, b.mean);
  expect_same(a.ci95, b.ci95);
}

void expect_same(const Metric& a, const Metric& b) {
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.median, b.median);
  EXPECT_EQ(a.min, b.min);
  EXPECT_EQ(a.max, b.max);
  EXPECT_EQ(a.std, b.std);
  EXPECT_EQ(a.p90, b.p90);
  EXPECT_EQ(a.p99, b.p99);
  expect_same(a.ci95, b.ci95);
  EXPECT_EQ(a.count, b.count);
}

void expect_same(const Closure& a, const Closure& b) {
  EXPECT_EQ(a.layers_plus_outside_mj, b.layers_plus_outside_mj);
  EXPECT_EQ(a.measured_mj, b.measured_mj);
  EXPECT_EQ(a.ratio, b.ratio);
}

template <class T>
void expect_same(const Known<T>& a, const Known<T>& b) {
  EXPECT_EQ(a.reason(), b.reason());
  ASSERT_EQ(a.has_value(), b.has_value());
  if (a) expect_same(*a, *b);
}

void expect_same(const std::vector<RailResult>& a, const std::vector<RailResult>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].rail, b[i].rail);
    expect_same(a[i].power_mw, b[i].power_mw);
    expect_same(a[i].energy_mj, b[i].energy_mj);
  }
}

void expect_same(const LayerResult& a, const LayerResult& b) {
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.precision, b.precision);
  expect_same(a.time_ms, b.time_ms);
  expect_same(a.power_mw, b.power_mw);
  expect_same(a.energy_mj, b.energy_mj);
  expect_same(a.rails, b.rails);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.group, b.group);
  EXPECT_EQ(a.reason, b.reason);
}

void expect_same(const Result& a, const Result& b) {
  EXPECT_EQ(nlohmann::json::parse(a.device_json), nlohmann::json::parse(b.device_json));
  EXPECT_EQ(nlohmann::json::parse(a.engine_json), nlohmann::json::parse(b.engine_json));
  EXPECT_EQ(a.sensor.kind, b.sensor.kind);
  EXPECT_EQ(a.sensor.measured, b.sensor.measured);
  EXPECT_EQ(a.sensor.scope, b.sensor.scope);
  EXPECT_EQ(a.sensor.model.period_ms, b.sensor.model.period_ms);
  EXPECT_EQ(a.sensor.model.window_ms, b.sensor.model.window_ms);
  EXPECT_EQ(a.sensor.model.latency_ms, b.sensor.model.latency_ms);
  EXPECT_EQ(a.sensor.model.time_constant_ms, b.sensor.model.time_constant_ms);
  EXPECT_EQ(a.sensor.model.timestamp_error_ms, b.sensor.model.timestamp_error_ms);
  EXPECT_EQ(a.sensor.notes, b.sensor.notes);
  EXPECT_EQ(a.method, b.method);
  EXPECT_EQ(a.method_reason, b.method_reason);
  EXPECT_EQ(a.iterations, b.iterations);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) expect_same(a.layers[i], b.layers[i]);
  ASSERT_EQ(a.groups.size(), b.groups.size());
  for (std::size_t i = 0; i < a.groups.size(); ++i) {
    EXPECT_EQ(a.groups[i].layers, b.groups[i].layers);
    expect_same(a.groups[i].energy_mj, b.groups[i].energy_mj);
  }
  expect_same(a.outside_layers.time_ms, b.outside_layers.time_ms);
  expect_same(a.outside_layers.power_mw, b.outside_layers.power_mw);
  expect_same(a.outside_layers.energy_mj, b.outside_layers.energy_mj);
  EXPECT_EQ(a.outside_layers.reason, b.outside_layers.reason);
  expect_same(a.total.time_ms, b.total.time_ms);
  expect_same(a.total.power_mw, b.total.power_mw);
  expect_same(a.total.energy_mj, b.total.energy_mj);
  expect_same(a.total.rails, b.total.rails);
  expect_same(a.power_draw_mw, b.power_draw_mw);
  expect_same(a.energy_mj, b.energy_mj);
  expect_same(a.closure, b.closure);
  ASSERT_EQ(a.warnings.size(), b.warnings.size());
  for (std::size_t i = 0; i < a.warnings.size(); ++i) {
    EXPECT_EQ(a.warnings[i].code, b.warnings[i].code);
    EXPECT_EQ(a.warnings[i].message, b.warnings[i].message);
    EXPECT_EQ(a.warnings[i].hint, b.warnings[i].hint);
  }
}

Result again(const Result& result) { return read_result_json(written("json", result), "test"); }

TEST(ReadResultJson, GivesBackWhatWasWritten) {
  Result result = sample::board();
  result.layers[2].precision = "f16";
  result.layers[2].energy_mj = sample::estimate(0.1 + 0.2, 1.0 / 3.0);  // no digit is lost
  result.method = Method::excite;
  expect_same(result, again(result));
  result.outside_layers.reason = "not_separable";
  expect_same(result, again(result));
  expect_same(sample::times_alone(), again(sample::times_alone()));
  expect_same(sample::simulated(), again(sample::simulated()));
  expect_same(sample::nothing(), again(sample::nothing()));
}

TEST(ReadResultJson, NastyNamesComeBack) {
  Result result = sample::nasty_names();
  const Result back = again(result);
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    // Bytes that are not UTF-8 cannot be carried by JSON.
    if (result.layers[i].name.find('\xff') == std::string::npos) {
      EXPECT_EQ(back.layers[i].name, result.layers[i].name);
    }
  }
}

TEST(ReadResultJson, ANumberThatWasNotFiniteIsNotANumberAgain) {
  Result result = sample::board();
  result.layers[0].time_ms.value().p99 = std::nan("");
  EXPECT_TRUE(std::isnan(again(result).layers[0].time_ms->p99));
}

void expect_refused(const std::string& text, const std::string& what) {
  try {
    read_result_json(text, "old.json");
    FAIL() << "no error for: " << what;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_EQ(error.where(), "old.json");
    EXPECT_NE(error.problem().find(what), std::string::npos) << error.problem();
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(ReadResultJson, SaysWhatIsWrongAndWhere) {
  const auto good = nlohmann::ordered_json::parse(written("json", sample::board()));
  const auto broken = [&](auto change) {
    auto copy = good;
    change(copy);
    return copy.dump();
  };
  expect_refused("", "this is not JSON");
  expect_refused("{\"schema\":", "this is not JSON");
  expect_refused("{\"schema\": 2E375}", "this is not JSON");
  expect_refused("[]", "an object is expected");
  expect_refused("{}", "schema: is not there");
  expect_refused(broken([](auto& j) { j["schema"] = "layerwatt.result/2"; }), "schema: ");
  expect_refused(broken([](auto& j) { j["sensor"].erase("measured"); }),
                 "sensor.measured: is not there");
  expect_refused(broken([](auto& j) { j["layers"] = 3; }), "layers: a list is expected");
  expect_refused(broken([](auto& j) { j["layers"][1]["energy_mj"]["mean"] = "12"; }),
                 "layers[1].energy_mj.mean: a number is expected");
  expect_refused(broken([](auto& j) { j["layers"][1]["energy_mj"]["ci95"] = {1}; }),
                 "layers[1].energy_mj.ci95: two numbers are expected");
  expect_refused(broken([](auto& j) { j["layers"][1]["samples"] = -1; }),
                 "layers[1].samples: a count");
  expect_refused(broken([](auto& j) { j["layers"][1]["group"] = 7; }),
                 "layers[1].group: there is no such group");
  expect_refused(broken([](auto& j) { j["groups"][0]["layers"][1] = 9; }),
                 "groups[0].layers[1]: there is no such layer");
  expect_refused(broken([](auto& j) { j["method"] = "guess"; }), "method: 'guess'");
}

TEST(ReadResultJson, KeysOfALaterVersionAreLeftAlone) {
  auto json = nlohmann::ordered_json::parse(written("json", sample::board()));
  json["new_key"] = {1, 2, 3};
  json["layers"][0]["new_key"] = "x";
  expect_same(sample::board(), read_result_json(json.dump(), "test"));
}

}  // namespace
}  // namespace layerwatt
