#include "exporter/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/registry.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt::exporter {
namespace {

layerwatt::Metric time_of(double ms) {
  layerwatt::Metric metric;
  metric.mean = metric.median = metric.min = metric.max = ms;
  metric.count = 2;
  return metric;
}

// Layer i takes i + 1 ms and i + 1 J.
Result result_of(std::size_t layers, const std::string& model = "m.engine") {
  Result result;
  result.engine_json = R"({"name":"tensorrt","precision":"fp16","model":"/secret/)" + model + "\"}";
  result.device_json = R"({"name":"host-of-mine"})";
  result.sensor.kind = "ina3221";
  result.sensor.scope = "module";
  result.iterations = 10;
  result.total.time_ms = time_of(12.0);
  result.total.energy_mj = Estimate{345.0, std::nullopt};
  for (std::size_t i = 0; i < layers; ++i) {
    LayerResult layer;
    layer.index = i;
    layer.name = "conv" + std::to_string(i);
    layer.time_ms = time_of(static_cast<double>(i + 1));
    layer.energy_mj = Estimate{1000.0 * static_cast<double>(i + 1), std::nullopt};
    result.layers.push_back(layer);
  }
  return result;
}

std::string json_of(const Result& result) {
  std::ostringstream text;
  find_report("json").write(text, result, Recording{}, ReportOptions{});
  return text.str();
}

std::string label(const Sample& sample, const std::string& name) {
  for (const auto& [key, value] : sample.labels) {
    if (key == name) return value;
  }
  return {};
}

std::vector<Sample> samples(Families families, const std::string& name) {
  for (const Family& family : std::move(families).take()) {
    if (family.metric->name == name) return family.samples;
  }
  return {};
}

std::vector<Sample> samples(const Result& result, std::size_t most, const std::string& name) {
  Families families;
  collect_result(families, result, 1e9, most);
  return samples(std::move(families), name);
}

TEST(CollectResult, TheLargestByNameTheOthersAsOne) {
  const auto layers = samples(result_of(10), 3, "layerwatt_layer_energy_joules");
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(label(layers[0], "layer"), "conv9");
  EXPECT_EQ(label(layers[0], "layer_index"), "9");
  EXPECT_EQ(layers[0].value, 10.0);
  EXPECT_EQ(label(layers[3], "layer"), "other");
  EXPECT_EQ(label(layers[3], "layer_index"), "");
  EXPECT_EQ(layers[3].value, 28.0);  // 1 + … + 7
  const auto times = samples(result_of(10), 3, "layerwatt_layer_time_seconds");
  EXPECT_DOUBLE_EQ(times[3].value, 0.028);
  EXPECT_EQ(samples(result_of(3), 3, "layerwatt_layer_energy_joules").size(), 3U) << "no other";
  EXPECT_EQ(samples(result_of(3), 0, "layerwatt_layer_energy_joules").size(), 1U);
  EXPECT_EQ(samples(result_of(10), 3, "layerwatt_result_layers")[0].value, 10.0);
}

TEST(CollectResult, WhatIsNotKnownIsNotThere) {
  Result result = result_of(4);
  result.layers[1].energy_mj = Missing{"no_samples"};
  result.layers[1].reason = "no_samples";
  EXPECT_EQ(samples(result, 10, "layerwatt_layer_energy_joules").size(), 3U);
  EXPECT_EQ(samples(result, 10, "layerwatt_layer_time_seconds").size(), 4U);
  EXPECT_EQ(samples(result, 10, "layerwatt_layers_without_energy")[0].value, 1.0);
  EXPECT_EQ(samples(result, 2, "layerwatt_layer_energy_joules").size(), 2U)
      << "a sum of which a part is missing is no sum";
  result.total.energy_mj = Missing{"no_power"};
  EXPECT_TRUE(samples(result, 2, "layerwatt_inference_energy_joules").empty());
}

TEST(CollectResult, SaysWhatIsNotMeasuredAndNothingOfTheHost) {
  Result result = result_of(2);
  for (const char* name : {"layerwatt_layer_energy_joules", "layerwatt_result_info"}) {
    for (const Sample& sample : samples(result, 10, name)) {
      EXPECT_EQ(label(sample, "measured"), "true");
      EXPECT_EQ(label(sample, "model"), "m.engine");
      for (const auto& [key, value] : sample.labels) {
        EXPECT_EQ(value.find("secret"), std::string::npos);
        EXPECT_EQ(value.find("host-of-mine"), std::string::npos);
      }
    }
  }
  result.engine_json = R"({"name":"sim","simulated":true})";
  EXPECT_EQ(label(samples(result, 10, "layerwatt_layer_energy_joules")[0], "measured"), "false");
  result = result_of(2);
  result.sensor.measured = false;
  EXPECT_EQ(label(samples(result, 10, "layerwatt_layer_energy_joules")[0], "measured"), "false");
}

TEST(CollectResult, ASplitByTimeSaysSo) {
  Result result = result_of(2);
  result.layers[0].reason = "not_separable";
  const auto layers = samples(result, 10, "layerwatt_layer_energy_joules");
  EXPECT_EQ(label(layers[1], "reason"), "not_separable");
  EXPECT_EQ(label(layers[0], "reason"), "");
}

TEST(ResultFiles, FollowWhatIsWritten) {
  const fakes::ScratchDirectory scratch;
  const auto file = scratch / "r.json";
  ResultFiles results({file}, std::nullopt, 50);
  const auto told = [&](const std::string& name) {
    Families families;
    results.collect(families);
    return samples(std::move(families), name);
  };
  EXPECT_TRUE(results.refresh().empty());
  EXPECT_EQ(told("layerwatt_results_unreadable")[0].value, 1.0) << "not there yet";
  scratch.write("r.json", json_of(result_of(2)));
  EXPECT_TRUE(results.refresh().empty());
  EXPECT_EQ(told("layerwatt_layer_energy_joules").size(), 2U);
  EXPECT_EQ(told("layerwatt_results_unreadable")[0].value, 0.0);
  scratch.write("r.json", json_of(result_of(3)));
  results.refresh();
  EXPECT_EQ(told("layerwatt_layer_energy_joules").size(), 3U);
  scratch.write("r.json", "{");
  EXPECT_EQ(results.refresh().size(), 1U);
  EXPECT_TRUE(results.refresh().empty()) << "told once";
  EXPECT_TRUE(told("layerwatt_layer_energy_joules").empty());
  EXPECT_EQ(told("layerwatt_results_unreadable")[0].value, 1.0);
}

TEST(ResultFiles, OfOneModelTheLaterWins) {
  const fakes::ScratchDirectory scratch;
  const auto older = scratch.write("a.json", json_of(result_of(2)));
  const auto newer = scratch.write("b.json", json_of(result_of(5)));
  const auto other = scratch.write("c.json", json_of(result_of(1, "n.engine")));
  std::filesystem::last_write_time(
      older, std::filesystem::last_write_time(newer) - std::chrono::seconds(10));
  ResultFiles results({newer, older, other}, std::nullopt, 50);
  results.refresh();
  Families families;
  results.collect(families);
  EXPECT_EQ(samples(std::move(families), "layerwatt_layer_energy_joules").size(), 6U);
}

TEST(ResultFiles, OfAFolderTheLastThatCanBeRead) {
  const fakes::ScratchDirectory scratch;
  const auto first = scratch.write("a.json", json_of(result_of(2)));
  const auto second = scratch.write("b.json", json_of(result_of(4, "n.engine")));
  const auto broken = scratch.write("c.json", "{\"schema\":\"another/1\"}");
  scratch.write(".hidden.json", "{");
  const auto now = std::filesystem::last_write_time(broken);
  std::filesystem::last_write_time(first, now - std::chrono::seconds(20));
  std::filesystem::last_write_time(second, now - std::chrono::seconds(10));
  ResultFiles results({}, scratch.path(), 50);
  EXPECT_EQ(results.refresh().size(), 1U);
  Families families;
  results.collect(families);
  const auto layers = samples(std::move(families), "layerwatt_layer_energy_joules");
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(label(layers[0], "model"), "n.engine");
  std::filesystem::remove(second);
  results.refresh();
  Families later;
  results.collect(later);
  EXPECT_EQ(samples(std::move(later), "layerwatt_layer_energy_joules").size(), 2U);
}

}  // namespace
}  // namespace layerwatt::exporter
