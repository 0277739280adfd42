#include "archive/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>

namespace layerwatt::archive {
namespace {

using testing::HasSubstr;

Result two_layers() {
  Result result;
  result.device_json = R"({"name":"Orin NX","l4t":"R36"})";
  result.engine_json = R"({"name":"tensorrt","model":"/home/someone/secret/m.engine"})";
  result.sensor.kind = "ina3221";
  result.iterations = 100;
  result.layers.resize(2);
  result.layers[0].index = 0;
  result.layers[0].name = "conv";
  result.layers[0].energy_mj = Estimate{3.5, Interval{3.0, 4.0}};
  result.layers[1].index = 1;
  result.layers[1].name = "conv";
  result.layers[1].energy_mj = Missing{"no_samples"};
  result.total.energy_mj = Estimate{std::numeric_limits<double>::quiet_NaN(), {}};
  return result;
}

RunFacts facts() {
  RunFacts facts;
  facts.run_id = "r1";
  facts.recorded_us = 42;
  facts.model = "m.engine";
  facts.device = "Orin NX";
  facts.commit = "abc";
  return facts;
}

template <class T>
std::optional<T> at(const Table& table, const std::string& column, std::size_t row) {
  const Column* found = table.find(column);
  EXPECT_NE(found, nullptr) << column;
  return found == nullptr ? std::nullopt : std::get<Values<T>>(found->values).at(row);
}

TEST(ArchiveSchema, OneRowALayerAndMissingIsNull) {
  const Table table = layers_table(facts(), two_layers());
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(at<double>(table, "energy_mj", 0), 3.5);
  EXPECT_EQ(at<double>(table, "energy_ci_low_mj", 0), 3.0);
  EXPECT_EQ(at<double>(table, "energy_ci_high_mj", 0), 4.0);
  EXPECT_EQ(at<double>(table, "energy_mj", 1), std::nullopt);
  EXPECT_EQ(at<std::string>(table, "reason", 1), "no_samples");
  EXPECT_EQ(at<std::int64_t>(table, "layer_index", 1), 1);
  EXPECT_EQ(at<std::string>(table, "layer", 1), "conv") << "names may repeat";
  EXPECT_EQ(at<std::string>(table, "run_id", 1), "r1");
  EXPECT_EQ(at<std::int64_t>(table, "recorded", 1), 42);
  EXPECT_EQ(at<std::string>(table, "board", 0), std::nullopt);
  for (const Column& column : table.columns) EXPECT_EQ(column.size(), 2u) << column.name;
}

TEST(ArchiveSchema, ARunIsOneRow) {
  const Table table = runs_table(facts(), two_layers());
  ASSERT_EQ(table.rows(), 1u);
  EXPECT_EQ(at<std::string>(table, "commit_id", 0), "abc");
  EXPECT_EQ(at<std::int64_t>(table, "layers", 0), 2);
  EXPECT_EQ(at<double>(table, "energy_mj", 0), std::nullopt) << "not a number is not a value";
  EXPECT_EQ(at<bool>(table, "measured", 0), true);
  EXPECT_EQ(at<bool>(table, "simulated", 0), false);
}

TEST(ArchiveSchema, ASimulationSaysSoHoweverItIsRecognised) {
  Result result = two_layers();
  result.sensor.kind = "simulated";
  EXPECT_TRUE(is_simulated(result));
  result = two_layers();
  result.device_json = R"({"simulated":true})";
  EXPECT_TRUE(is_simulated(result));
  EXPECT_EQ(at<bool>(layers_table(facts(), result), "simulated", 1), true);
  result.device_json = R"({"simulated":"no"})";
  EXPECT_FALSE(is_simulated(result));
}

TEST(ArchiveSchema, AModelsFolderIsNobodysBusiness) {
  EXPECT_EQ(model_name(two_layers()), "m.engine");
  EXPECT_EQ(device_name(two_layers()), "Orin NX");
  EXPECT_EQ(model_name(Result{}), "unknown");
  EXPECT_EQ(device_name(Result{}), "unknown");
}

TEST(ArchiveSchema, AHostsNameStaysAtHome) {
  Result result;
  result.device_json = R"({"name":"alices-laptop"})";
  result.engine_json = R"({"name":"command","command":["train","--token=x"]})";
  EXPECT_EQ(device_name(result), "unknown");
  EXPECT_EQ(model_name(result), "unknown");
}

TEST(ArchiveSchema, BytesThatAreNoTextAreReplaced) {
  Result result = two_layers();
  result.layers[0].name = "a\xff";
  EXPECT_EQ(at<std::string>(layers_table(facts(), result), "layer", 0), "a\xef\xbf\xbd");
}

TEST(ArchiveSchema, SamplesAreARowForEachRailAndReading) {
  PowerSamples samples;
  samples.rails = {{"VIN", true}, {"GPU", false}};
  samples.time_ns = {10, 20};
  samples.rail_mw = {1.0, 2.0, std::numeric_limits<double>::quiet_NaN(), 4.0};
  const Table table = samples_table(facts(), samples);
  ASSERT_EQ(table.rows(), 3u);
  EXPECT_EQ(at<std::int64_t>(table, "time_ns", 2), 20);
  EXPECT_EQ(at<std::string>(table, "rail", 2), "GPU");
  EXPECT_EQ(at<bool>(table, "in_total", 2), false);
  EXPECT_EQ(at<double>(table, "power_mw", 2), 4.0);
}

TEST(ArchiveSchema, EveryColumnIsInTheManual) {
  std::ifstream file(LAYERWATT_SOURCE "/docs/archive.md");
  const std::string manual{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_THAT(manual, HasSubstr("Schema version " + std::to_string(kSchemaVersion)));
  const char* const types[] = {"text", "integer", "number", "boolean", "timestamp"};
  for (const char* table : {"runs", "layers", "samples"}) {
    for (const auto& [name, type] : columns_of(table)) {
      EXPECT_THAT(manual, HasSubstr("| `" + name + "` | " + types[static_cast<int>(type)] + " |"))
          << table;
    }
  }
}

}  // namespace
}  // namespace layerwatt::archive
