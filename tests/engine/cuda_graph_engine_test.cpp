#include "engine/cuda_graph_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "fakes/fake_cuda_driver.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using fakes::FakeCudaDriver;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

struct Bench {
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>(0);
  std::shared_ptr<FakeCudaDriver> driver = std::make_shared<FakeCudaDriver>(clock);
  CapturingRecorder recorder{driver};
  CudaNode pool = nullptr;

  Bench() {
    driver->event_ms = 0.003;
    driver->graph_gap_ms = 0.002;
  }
  // conv: 0.4 + 0.1 ms, pool: 0.2 ms.
  std::unique_ptr<CudaGraphEngine> captured(bool watch = false,
                                            const GraphEngineOptions& options = {}) {
    recorder.begin(FakeCudaDriver::stream());
    {
      const auto scope = recorder.layer("conv");
      driver->kernel("gemm", 0.4);
      driver->kernel("relu", 0.1);
    }
    {
      const auto scope = recorder.layer("pool");
      pool = driver->kernel("max", 0.2);
    }
    if (watch) recorder.watch(nullptr, 4, DeviceNumber::f32);
    recorder.end();
    return std::make_unique<CudaGraphEngine>(
        driver, recorder.take(), clock, [] { return 1980.0; }, options);
  }
};

TEST(CudaGraphEngine, TimesTheLayersInPlaceWithoutWhatTheEventsCost) {
  Bench bench;
  const auto engine = bench.captured();
  engine->load();
  ASSERT_EQ(engine->layers().size(), 2u);
  EXPECT_EQ(engine->layers()[0].name, "conv");
  Inference inference;
  engine->infer(inference);
  EXPECT_THAT(inference.layer_ms, ElementsAre(DoubleNear(0.5, 1e-6), DoubleNear(0.2, 1e-6)));
  EXPECT_NEAR(static_cast<double>(inference.end_ns - inference.start_ns), 702'000, 1)
      << "a plain pass and the way to the next one";
  const auto said = nlohmann::json::parse(engine->engine_json());
  EXPECT_NEAR(said["event_us"].get<double>(), 3.0, 1e-3);
  EXPECT_NEAR(said["graph_to_graph_us"].get<double>(), 2.0, 1e-3);
}

TEST(CudaGraphEngine, RepeatsALayersKernelsInPlace) {
  Bench bench;
  const auto engine = bench.captured();
  engine->load();
  Repeating& repeating = *engine->repeating();
  EXPECT_GT(repeating.repeatable()[0].max_extra, 0u);
  RepeatedRun run;
  repeating.run(std::vector<std::uint32_t>{2, 0, 0}, 100'000'000, run);
  EXPECT_THAT(bench.driver->ran,
              ElementsAre("gemm", "relu", "gemm", "relu", "gemm", "relu", "max"));
  EXPECT_GE(run.end_ns - run.start_ns, 100'000'000);
  EXPECT_NEAR(static_cast<double>(run.end_ns - run.start_ns) / static_cast<double>(run.passes),
              1'702'000, 1);
  EXPECT_EQ(run.clock_mhz, 1980.0);
}

TEST(CudaGraphEngine, WhatIsOutsideIsTheWayFromGraphToGraph) {
  Bench bench;
  const auto engine = bench.captured();
  engine->load();
  RepeatedRun run;
  engine->repeating()->run(std::vector<std::uint32_t>{0, 0, 10}, 10'000'000, run);
  // 0.7 ms and 11 gaps of 2 µs.
  EXPECT_NEAR(static_cast<double>(run.end_ns - run.start_ns) / static_cast<double>(run.passes),
              722'000, 1);
}

TEST(CudaGraphEngine, IsMadeOnAnotherThreadThanTheCapture) {
  Bench bench;
  auto recorder = std::make_unique<CapturingRecorder>(bench.driver);
  recorder->begin(FakeCudaDriver::stream());
  {
    const auto scope = recorder->layer("conv");
    bench.driver->kernel("gemm", 0.4);
  }
  recorder->end();
  std::unique_ptr<Engine> engine;
  std::thread([&] { EXPECT_NO_THROW(engine = make_graph_engine(std::move(recorder))); }).join();
  EXPECT_NE(engine, nullptr);
}

TEST(CudaGraphEngine, TheCacheIsEmptiedInFrontOfEachRepeat) {
  Bench bench;
  GraphEngineOptions options;
  options.empty_cache = EmptyCache::always;
  const auto engine = bench.captured(false, options);
  engine->load();
  ASSERT_EQ(engine->layers().size(), 3u);
  EXPECT_EQ(engine->layers()[2].name, "emptying the cache");
  Inference inference;
  engine->infer(inference);
  EXPECT_THAT(inference.layer_ms, ElementsAre(DoubleNear(0.5, 1e-6), DoubleNear(0.2, 1e-6), 0.0));
  const auto parts = engine->repeating()->repeatable();
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_TRUE(parts[2].beside);
  EXPECT_FALSE(parts[0].beside || parts[1].beside || parts[3].beside);
  EXPECT_NEAR(parts[2].run_ms, 0.03, 1e-6);

  const auto pass_ms = [&](std::vector<std::uint32_t> extra) {
    RepeatedRun run;
    engine->repeating()->run(extra, 20'000'000, run);
    return static_cast<double>(run.end_ns - run.start_ns) / 1e6 / static_cast<double>(run.passes);
  };
  EXPECT_NEAR(pass_ms({0, 0, 0, 0}), 0.702, 1e-3);
  EXPECT_NEAR(pass_ms({2, 0, 2, 0}), 0.702 + 2 * (0.5 + 0.03), 1e-3);
  EXPECT_NEAR(pass_ms({0, 0, 5, 0}), 0.702 + 5 * 0.03, 1e-3) << "alone";
  EXPECT_NEAR(pass_ms({0, 1, 3, 0}), 0.702 + 0.2 + 3 * 0.03, 1e-3) << "and more often than repeats";
  EXPECT_THROW(pass_ms({2, 0, 1, 0}), std::logic_error);
}

TEST(CudaGraphEngine, TheCacheIsEmptiedWhereTheRowSaysSo) {
  Bench bench;
  GraphEngineOptions options;
  options.empty_cache = EmptyCache::automatic;
  const auto engine = bench.captured(false, options);
  engine->load();
  EXPECT_EQ(engine->layers().size(), 2u) << "nobody asked for repeats yet";
  const auto parts = engine->repeating()->repeatable();
  ASSERT_EQ(engine->layers().size(), 3u);
  EXPECT_EQ(engine->layers()[2].name, "emptying the cache");
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_TRUE(parts[2].beside && parts[2].optional);
  EXPECT_EQ(engine->repeating()->repeatable().size(), 4u) << "once";
  const auto pass_ms = [&](std::vector<std::uint32_t> extra) {
    RepeatedRun run;
    engine->repeating()->run(extra, 20'000'000, run);
    return static_cast<double>(run.end_ns - run.start_ns) / 1e6 / static_cast<double>(run.passes);
  };
  EXPECT_NEAR(pass_ms({2, 0, 0, 0}), 0.702 + 2 * 0.5, 1e-3) << "warm";
  EXPECT_NEAR(pass_ms({2, 0, 2, 0}), 0.702 + 2 * (0.5 + 0.03), 1e-3);
  EXPECT_THROW(pass_ms({2, 0, 1, 0}), std::logic_error);
}

TEST(CudaGraphEngine, ANodeThatCannotBeCopiedIsSaid) {
  Bench bench;
  const auto engine = bench.captured();
  bench.driver->node(bench.pool).copyable = false;
  engine->load();
  const auto parts = engine->repeating()->repeatable();
  EXPECT_GT(parts[0].max_extra, 0u);
  EXPECT_EQ(parts[1].max_extra, 0u);
  EXPECT_THAT(parts[1].reason, HasSubstr("max cannot be copied: cannot be read"));
}

TEST(CudaGraphEngine, ALayerWhoseValuesOverflowIsNotRepeated) {
  Bench bench;
  const auto engine = bench.captured(true);
  bench.driver->node(bench.pool).overflows_twice = true;
  engine->load();
  const auto parts = engine->repeating()->repeatable();
  EXPECT_GT(parts[0].max_extra, 0u);
  EXPECT_EQ(parts[1].max_extra, 0u);
  EXPECT_THAT(parts[1].reason, HasSubstr("overflow when it runs 4 times more"));
}

TEST(CudaGraphEngine, HalfAPassRunsBehindThePass) {
  Bench bench;
  GraphEngineOptions options;
  options.half_passes = true;
  const auto engine = bench.captured(false, options);
  engine->load();
  Repeating& repeating = *engine->repeating();
  EXPECT_TRUE(repeating.behind_the_pass());
  RepeatedRun run;
  // A layer alone is repeated in its place.
  repeating.run(std::vector<std::uint32_t>{1, 0, 0}, 10'000'000, run);
  EXPECT_THAT(bench.driver->ran, ElementsAre("gemm", "relu", "gemm", "relu", "max"));
  EXPECT_NEAR(static_cast<double>(run.end_ns - run.start_ns) / static_cast<double>(run.passes),
              1'202'000, 1);
  repeating.run(std::vector<std::uint32_t>{1, 1, 0}, 10'000'000, run);
  EXPECT_THAT(bench.driver->ran, ElementsAre("gemm", "relu", "max", "gemm", "relu", "max"));
  repeating.run(std::vector<std::uint32_t>{0, 0, 10}, 10'000'000, run);
  EXPECT_NEAR(static_cast<double>(run.end_ns - run.start_ns) / static_cast<double>(run.passes),
              722'000, 1);
  EXPECT_EQ(nlohmann::json::parse(engine->engine_json())["half_passes"], true);
}

TEST(CudaGraphEngine, HalfPassesNeedLayersInTurn) {
  Bench bench;
  bench.recorder.begin(FakeCudaDriver::stream());
  {
    const auto scope = bench.recorder.layer("conv");
    bench.driver->kernel("gemm", 0.4);
  }
  bench.driver->kernel("copy", 0.1);
  {
    const auto scope = bench.recorder.layer("pool");
    bench.driver->kernel("max", 0.2);
  }
  bench.recorder.end();
  GraphEngineOptions options;
  options.half_passes = true;
  CudaGraphEngine engine(bench.driver, bench.recorder.take(), bench.clock, {}, options);
  engine.load();
  EXPECT_EQ(engine.repeating(), nullptr);
  EXPECT_THAT(engine.why_not_repeating(), HasSubstr("no kernel outside them"));
}

TEST(CudaGraphEngine, HalfPassesThatDoNotFitIntoAGraphAreSaid) {
  Bench bench;
  GraphEngineOptions options;
  options.half_passes = true;
  options.most_nodes = 5;  // the pass has three
  const auto engine = bench.captured(false, options);
  engine->load();
  EXPECT_EQ(engine->repeating()->repeatable()[0].max_extra, 0u);
  EXPECT_THAT(engine->repeating()->repeatable()[0].reason, HasSubstr("too large"));
  Bench other;
  options.most_nodes = 6;
  const auto fits = other.captured(false, options);
  fits->load();
  EXPECT_EQ(fits->repeating()->repeatable()[0].max_extra, 1u);
}

TEST(CudaGraphEngine, HalfPassesDoNotEmptyTheCache) {
  Bench bench;
  GraphEngineOptions options;
  options.half_passes = true;
  options.empty_cache = EmptyCache::automatic;
  EXPECT_THROW(bench.captured(false, options), Error);
}

}  // namespace
}  // namespace layerwatt
