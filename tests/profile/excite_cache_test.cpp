// Method excite where a repeat finds in the cache what the layer in its place does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/profile.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

// In their place: a product (3 ms, 42 mJ) whose weights come from memory although its time does not
// show it, an activation (0.4 ms, 3.6 mJ) half of whose data is in the cache, another product (4
// ms, 50 mJ) with nothing in the cache, and a pool (0.8 ms, 6 mJ) that has all of it there.
constexpr const char* kModel = R"({"format": "layerwatt-sim", "version": 1, "name": "cached",
 "time": "virtual", "seed": 5, "rails": [{"name": "VDD_IN", "idle_mw": 4800, "step_mj": 1}],
 "engine": {"common_jitter": 0.003, "outside": {"time_ms": 0.2, "power_mw": 7000},
  "emptying": {"time_ms": 1.0, "power_mw": 9000},
  "layers": [
   {"name": "pool", "time_ms": 0.8, "power_mw": 7500, "cold": {"time": 1.5, "power": 1.1}},
   {"name": "fc1", "time_ms": 3.0, "power_mw": 14000, "warm": {"time": 0.8, "power": 0.9375},
    "cold": {"time": 1.2, "power": 1.0417}},
   {"name": "gelu", "time_ms": 0.4, "power_mw": 9000, "warm": {"time": 0.8, "power": 0.9375},
    "cold": {"time": 1.2, "power": 1.0417}},
   {"name": "fc2", "time_ms": 4.0, "power_mw": 12500, "warm": {"time": 0.8, "power": 0.9},
    "cold": {"time": 1.0, "power": 1.0}}]},
 "sensor": {"period_ms": 100, "window_ms": 0, "noise_mw": 0, "grid": {"period_ms": 100},
  "reading": "energy", "scope": "gpu"}})";

Profile measured(EmptyCache empty_cache, bool half_passes = false) {
  const fakes::ScratchDirectory scratch;
  ProfileOptions options;
  options.engine_options.model = scratch.write("cached.sim.json", kModel);
  options.engine_options.empty_cache = empty_cache;
  options.engine_options.half_passes = half_passes;
  options.attribution.method = Method::excite;
  options.max_time_s = 120.0;
  options.target_ci_pct = 1e-6;  // the whole time
  return profile(Host{}, options);
}

TEST(ProfileExciteCache, WhatALayerFetchesFromMemoryInItsPlaceIsInItsEnergy) {
  const Result result = measured(EmptyCache::automatic).result;
  ASSERT_EQ(result.layers.size(), 5u);
  EXPECT_EQ(result.layers[4].name, "emptying the cache");
  EXPECT_EQ(result.layers[4].time_ms->mean, 0.0);
  const double truth_mj[] = {6.0, 42.0, 3.6, 50.0};
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(result.layers[j].energy_mj->mean / truth_mj[j], 1.0, 0.02) << result.layers[j].name;
  }
}

TEST(ProfileExciteCache, WithoutEmptyingThatEnergyIsMissing) {
  const Result result = measured(EmptyCache::never).result;
  ASSERT_EQ(result.layers.size(), 4u);
  // Power of the warm repeats × time in place.
  EXPECT_NEAR(result.layers[1].energy_mj->mean, 0.9375 * 42.0, 0.6);
  EXPECT_NEAR(result.layers[3].energy_mj->mean, 0.9 * 50.0, 0.7);
}

// What the second pass runs is drawn as in its place: nothing is emptied, and nothing is missing.
TEST(ProfileExciteCache, HalfPassesFindTheCacheAsAPassLeavesIt) {
  const Profile found = measured(EmptyCache::never, true);
  const Result& result = found.result;
  ASSERT_EQ(result.layers.size(), 4u);
  const double truth_mj[] = {6.0, 42.0, 3.6, 50.0};
  for (std::size_t j = 0; j < 4; ++j) {
    const Estimate& energy = result.layers[j].energy_mj.value();
    EXPECT_NEAR(energy.mean / truth_mj[j], 1.0, 0.03) << result.layers[j].name;
    EXPECT_LE(energy.ci95->lo, truth_mj[j]);
    EXPECT_GE(energy.ci95->hi, truth_mj[j]);
  }
  EXPECT_THAT(result.method_reason, testing::HasSubstr("half of its layers ran once more"));
  EXPECT_TRUE(found.recording.manifest.half_passes);
  // Seven rows of four layers; plain windows before each fourth.
  std::size_t plain = 0;
  std::size_t first_round = 0;
  for (const ExcitationWindow& window : found.recording.excitation) {
    if (window.round != 1) continue;
    ++first_round;
    plain += window.plain() ? 1 : 0;
  }
  EXPECT_EQ(first_round - plain, 7u);
  EXPECT_EQ(plain, 3u);
}

TEST(ProfileExciteCache, HalfPassesAreForMethodExcite) {
  const fakes::ScratchDirectory scratch;
  ProfileOptions options;
  options.engine_options.model = scratch.write("cached.sim.json", kModel);
  options.engine_options.half_passes = true;
  EXPECT_THROW(profile(Host{}, options), Error);
  options.attribution.method = Method::excite;
  options.engine_options.empty_cache = EmptyCache::automatic;
  EXPECT_THROW(profile(Host{}, options), Error);
}

}  // namespace
}  // namespace layerwatt
