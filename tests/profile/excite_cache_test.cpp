// Method excite where a repeat finds in the cache what the layer in its place does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

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

Profile measured(EmptyCache empty_cache, bool half_passes = false,
                 const std::string& model = kModel, double max_time_s = 120.0) {
  const fakes::ScratchDirectory scratch;
  ProfileOptions options;
  options.engine_options.model = scratch.write("cached.sim.json", model);
  options.engine_options.empty_cache = empty_cache;
  options.engine_options.half_passes = half_passes;
  options.attribution.method = Method::excite;
  options.max_time_s = max_time_s;
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
  // Seven rows of four layers and their mirror images (of one of all four layers there is none),
  // in groups of eight, and each layer alone, all behind plain windows.
  std::size_t plain = 0;
  std::size_t first_round = 0;
  for (const ExcitationWindow& window : found.recording.excitation) {
    if (window.round != 1) continue;
    ++first_round;
    plain += window.plain() ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(first_round - plain), 18.0, 1.0);
  EXPECT_EQ(plain, 7u);
}

// Eight layers whose repeats in place are 2 to 15 % short: each has half passes and repeats in
// place, which are off by other amounts.
TEST(ProfileExciteCache, HalfPassesSayByHowMuchRepeatsInPlaceAreShort) {
  const double time_ms[] = {0.8, 3.0, 0.4, 4.0, 1.5, 0.6, 2.0, 1.0};
  const double power_mw[] = {7500, 14000, 9000, 12500, 11000, 8000, 13000, 9500};
  const double warm[] = {0.95, 0.95, 0.9, 0.85, 0.98, 0.98, 0.85, 0.9};
  nlohmann::json model = nlohmann::json::parse(kModel);
  model["engine"]["layers"] = nlohmann::json::array();
  for (std::size_t j = 0; j < 8; ++j) {
    model["engine"]["layers"].push_back({{"name", "l" + std::to_string(j)},
                                         {"time_ms", time_ms[j]},
                                         {"power_mw", power_mw[j]},
                                         {"warm", {{"time", warm[j]}, {"power", warm[j]}}}});
  }
  const Profile found = measured(EmptyCache::never, true, model.dump(), 100.0);
  for (std::size_t j = 0; j < 8; ++j) {
    const double truth_mj = time_ms[j] * power_mw[j] / 1e3;
    const Estimate& energy = found.result.layers[j].energy_mj.value();
    EXPECT_NEAR(energy.mean, truth_mj, 0.01 * truth_mj + 0.15) << j;
    EXPECT_NEAR(energy.mean, truth_mj, 2.0 * (energy.ci95->hi - energy.mean)) << j;
  }
  // Of the first round: in place each layer alone, else halves, eighths and their images.
  std::size_t alone = 0;
  std::size_t halves = 0;
  for (const ExcitationWindow& window : found.recording.excitation) {
    if (window.round != 1) continue;
    const auto layers = std::count_if(window.extra.begin(), window.extra.end(),
                                      [](std::uint32_t n) { return n > 0; });
    alone += layers == 1 ? 1 : 0;
    halves += layers > 1 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(alone), 8.0, 2.0) << "a half pass may have one layer";
  EXPECT_EQ(alone + halves, 8u + 2u * (15u + 16u) - (alone + halves) % 2);
}

TEST(ProfileExciteCache, WhereTheCacheDoesNotCountHalfPassesSayWhatRepeatsSay) {
  nlohmann::json model = nlohmann::json::parse(kModel);
  model["engine"]["layers"] = nlohmann::json::array();
  for (int j = 0; j < 6; ++j) {
    model["engine"]["layers"].push_back({{"name", "l" + std::to_string(j)},
                                         {"time_ms", 1.0 + 0.3 * j},
                                         {"power_mw", 8000 + 1000 * ((5 * j) % 6)}});
  }
  const Result result = measured(EmptyCache::never, true, model.dump(), 80.0).result;
  EXPECT_THAT(result.method_reason,
              testing::ContainsRegex("layers draw 0[.][0-9] % (more|less) there than repeated in "
                                     "their place .± [01][.][0-9] %; [01][.][0-9] % from layer"));
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
