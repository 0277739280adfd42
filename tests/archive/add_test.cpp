// Through Arrow where this build has it, and what is said where it has not.
#include "archive/add.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/format.hpp"
#include "archive/names.hpp"
#include "archive/store.hpp"
#include "archive/table.hpp"
#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

Host host_with_module() {
  Host host;
  host.sys = SysRoot("/", [](const std::string& name) -> std::optional<std::string> {
    if (name == "LAYERWATT_MODULE_PATH") return LAYERWATT_MODULES;
    return std::nullopt;
  });
  return host;
}

#ifdef LAYERWATT_HAVE_ARCHIVE

Result one_layer() {
  Result result;
  result.device_json = R"({"name":"../../evil device"})";
  result.engine_json = R"({"name":"hand","model":"m.onnx"})";
  result.layers.resize(1);
  result.layers[0].name = "conv, \"1\"";
  result.layers[0].energy_mj = Estimate{3.5, Interval{3.0, 4.0}};
  return result;
}

template <class T>
std::optional<T> first(const Table& table, const std::string& column) {
  const Column* found = table.find(column);
  EXPECT_NE(found, nullptr) << column;
  return found == nullptr ? std::nullopt : std::get<Values<T>>(found->values).at(0);
}

TEST(AddRun, WritesFilesThatReadBackTheSame) {
  const fakes::ScratchDirectory scratch;
  const Host host = host_with_module();
  const Result result = one_layer();
  PowerSamples samples;
  samples.rails = {{"VIN", true}};
  samples.time_ns = {1, 2};
  samples.rail_mw = {100.5, 200.5};
  AddOptions options;
  options.archive = (scratch / "a").string();
  options.board = "jetson-17";
  options.commit = "abc";
  const Added added =
      add_run(host, options, {result, "{}", 1714564800000000, "recording", &samples});
  EXPECT_FALSE(added.known);
  EXPECT_THAT(added.name, testing::StartsWith("runs/date=2024-05-01/device=evil_device-"));
  const auto store = Store::open(scratch / "a");
  const auto read = [&](const std::string& table) {
    const auto files = store.files(table);
    EXPECT_EQ(files.size(), 1u);
    EXPECT_EQ(files.at(0).run_id, added.run_id);
    return open_format(host).decode(files.at(0).path);
  };
  const Table layers = read("layers");
  EXPECT_EQ(layers.name, "layers");
  EXPECT_EQ(first<std::string>(layers, "layer"), "conv, \"1\"");
  EXPECT_EQ(first<double>(layers, "energy_mj"), 3.5);
  EXPECT_EQ(first<double>(layers, "time_mean_ms"), std::nullopt);
  EXPECT_EQ(first<std::int64_t>(layers, "recorded"), 1714564800000000);
  EXPECT_EQ(first<bool>(layers, "simulated"), false);
  EXPECT_EQ(first<std::string>(layers, "board"), hashed_board(store.salt(), "jetson-17"));
  const Table runs = read("runs");
  EXPECT_EQ(first<std::string>(runs, "device_name"), "../../evil device");
  EXPECT_EQ(first<std::int64_t>(runs, "schema_version"), 1);
  const Table readings = read("samples");
  EXPECT_EQ(readings.rows(), 2u);
  EXPECT_EQ(first<double>(readings, "power_mw"), 100.5);

  const Added again =
      add_run(host, options, {result, "{}", 1714564800000000, "recording", nullptr});
  EXPECT_TRUE(again.known);
  EXPECT_EQ(store.files("runs").size(), 1u);
}

TEST(AddRun, ABoardsNameIsKeptOnlyWhereAskedFor) {
  const fakes::ScratchDirectory scratch;
  const Host host = host_with_module();
  const Result result = one_layer();
  AddOptions options;
  options.archive = (scratch / "a").string();
  options.board = "jetson-17";
  options.board_names = true;
  add_run(host, options, {result, "{}", 1, "given", nullptr});
  const auto files = Store::open(scratch / "a").files("runs");
  EXPECT_EQ(first<std::string>(open_format(host).decode(files.at(0).path), "board"), "jetson-17");
}

TEST(Format, WhatIsNoParquetIsAnErrorThatNamesTheFile) {
  const fakes::ScratchDirectory scratch;
  const auto file = scratch.write("x.parquet", "PAR1 this is none PAR1");
  try {
    open_format(host_with_module()).decode(file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), file.string());
  }
}

#else

TEST(AddRun, WithoutArrowItSaysWhatToInstall) {
  const fakes::ScratchDirectory scratch;
  AddOptions options;
  options.archive = (scratch / "a").string();
  try {
    check_archive(host_with_module(), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), testing::HasSubstr("pip install"));
  }
}

#endif

}  // namespace
}  // namespace layerwatt::archive
