#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "sim/spec_text.hpp"

namespace layerwatt {
namespace {

using sim::fake::kStartNs;
using sim::fake::spec_with;
using sim::fake::virtual_device;

Host host_with(const std::string& patch) {
  Host host;
  host.simulated = virtual_device(spec_with(patch));
  host.clock = host.simulated->clock();
  return host;
}

TEST(SimulatedEngine, IsTheEngineOfASimJson) {
  EXPECT_EQ(engine_for_model("boards/small.sim.json").name, "sim");
}

TEST(SimulatedEngine, RunsTheLayersOfTheSpecOnTheVirtualClock) {
  const Host host = host_with(R"({"engine": {"gap_ms": 0.5, "outside": {"time_ms": 0.25,
                                  "power_mw": 1500}}})");
  const auto engine = find_engine("sim").create(host, {});
  engine->load();
  ASSERT_EQ(engine->layers().size(), 2u);
  EXPECT_EQ(engine->layers()[0].name, "conv1");
  EXPECT_EQ(engine->layers()[0].type, "Convolution");
  EXPECT_FALSE(engine->layers()[1].type);

  Inference inference;
  engine->infer(inference);
  EXPECT_EQ(inference.start_ns, kStartNs);
  EXPECT_EQ(inference.end_ns, kStartNs + 3'250'000);
  EXPECT_THAT(inference.layer_ms, testing::ElementsAre(2.0, 1.0));
  EXPECT_EQ(host.clock->now_ns(), inference.end_ns);
  engine->infer(inference);
  EXPECT_EQ(inference.start_ns, kStartNs + 3'750'000);
}

TEST(SimulatedEngine, RepeatsALayerInItsPlace) {
  const Host host = host_with(R"({"engine": {"outside": {"time_ms": 0.25, "power_mw": 1500}}})");
  const auto engine = find_engine("sim").create(host, {});
  engine->load();
  Repeating* repeating = engine->repeating();
  ASSERT_NE(repeating, nullptr);
  const auto parts = repeating->repeatable();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_GT(parts[0].max_extra, 0u);
  EXPECT_EQ(parts[2].max_extra, 0u) << "what is outside layers";
  EXPECT_NE(parts[2].reason, "");

  RepeatedRun run;
  repeating->run(std::vector<std::uint32_t>{0, 2, 0}, 20'000'000, run);
  // 2 + 3 × 1 + 0.25 ms each.
  EXPECT_EQ(run.passes, 4u);
  EXPECT_EQ(run.start_ns, kStartNs);
  EXPECT_EQ(run.end_ns, kStartNs + 21'000'000);
  EXPECT_EQ(host.clock->now_ns(), run.end_ns);
  repeating->run(std::vector<std::uint32_t>{0, 0, 0}, 0, run);
  EXPECT_EQ(run.passes, 1u);
  EXPECT_DOUBLE_EQ(host.simulated->truth().layers[1].time_ms, 1.0) << "of first runs alone";
}

TEST(SimulatedEngine, SaysThatItIsSimulated) {
  const Host host = host_with(R"({"seed": 42, "device": {"name": "Orin"}})");
  const auto engine = find_engine("sim").create(host, {});
  const auto said = nlohmann::json::parse(engine->engine_json());
  EXPECT_EQ(said["name"], "sim");
  EXPECT_EQ(said["simulated"], true);
  EXPECT_EQ(said["seed"], 42);
  const auto device = nlohmann::json::parse(engine->device_json());
  EXPECT_EQ(device["name"], "Orin");
  EXPECT_EQ(device["simulated"], true);
}

TEST(SimulatedEngine, WithoutASimulatedBoardIsAnError) {
  EngineOptions options;
  options.model = "model.onnx";
  try {
    find_engine("sim").create({}, options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::engine);
    EXPECT_EQ(error.where(), "model.onnx");
    EXPECT_THAT(error.hint(), testing::HasSubstr(".sim.json"));
  }
}

}  // namespace
}  // namespace layerwatt
