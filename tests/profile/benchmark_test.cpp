#include "layerwatt/benchmark.hpp"

#include <gtest/gtest.h>

#include "fakes/scratch_directory.hpp"
#include "fakes/simulated_model.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

TEST(Benchmark, HasTheReferencesDefaults) {
  EXPECT_EQ(BenchmarkOptions{}.iterations, 1000u);
  EXPECT_EQ(BenchmarkOptions{}.warmup, 50u);
}

TEST(Benchmark, GivesOneResultAModelInTurn) {
  fakes::ScratchDirectory scratch;
  const auto first = scratch.write("a.sim.json", fakes::simulated_model());
  const auto second = scratch.write("b.sim.json", fakes::simulated_model());
  BenchmarkOptions options;
  options.iterations = 200;
  const auto results = benchmark(Host{}, {first, second}, options);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].models, std::vector<std::filesystem::path>{second});
  EXPECT_EQ(results[0].iterations, 200u);
  ASSERT_TRUE(results[0].latency_ms);
  ASSERT_TRUE(results[0].energy_mj) << results[0].energy_mj.reason();
  EXPECT_NEAR(results[0].energy_mj->mean,
              results[0].power_mw->mean * results[0].latency_ms->mean / 1000.0,
              1e-6 * results[0].energy_mj->mean);
  EXPECT_GT(results[0].throughput_per_s, 0.0);
  EXPECT_LE(results[0].throughput_per_s, 1000.0 / results[0].latency_ms->mean * (1.0 + 1e-9));
  EXPECT_FALSE(results[0].sensor.measured);
}

TEST(Benchmark, WithoutModelsThereIsNothingToRun) {
  EXPECT_THROW(benchmark(Host{}, {}, {}), Error);
  EXPECT_THROW(benchmark(Host{}, {"/nowhere/a.sim.json"}, {}), Error);
}

}  // namespace
}  // namespace layerwatt
