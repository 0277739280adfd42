#include "attribution/excite_bursts.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::at_ms;
using layerwatt::testing::Builder;

TEST(ExciteBursts, AreReadFromARecordingOfACounter) {
  Builder built({"a"});
  built.inference(0.0, 1.0, {0.8});
  Recording& recording = built.get();
  recording.power.reading = Reading::energy;
  // Polled every 50 ms; the counter steps every 100.
  for (int k = 0; k < 8; ++k) {
    built.sample(50.0 * (k + 1), k % 2 == 0 ? 0.0 : 4000.0);
    recording.power.begin_ns.push_back(at_ms(50.0 * k));
  }
  for (const std::uint32_t extra : {0u, 3u}) {
    ExcitationWindow window;
    window.round = 1;
    window.passes = 100;
    window.extra = {extra, 0};
    window.start_ns = window.settled_ns = at_ms(extra * 60.0);
    window.end_ns = at_ms(extra * 60.0 + 180.0);
    window.clock_mhz = extra == 0 ? 1980.0 : 1700.0;
    recording.excitation.push_back(window);
  }
  EXPECT_TRUE(has_bursts(recording));
  const BurstRecording seen = observe_bursts(recording);
  ASSERT_EQ(seen.windows.size(), 2u);
  EXPECT_TRUE(seen.windows[0].plain);
  EXPECT_NEAR(seen.windows[1].begin_ms, 180.0, 1e-9);
  EXPECT_NEAR(seen.windows[1].pass_ms, 1.8, 1e-9);
  EXPECT_TRUE(seen.windows[1].usable) << "at 1700 MHz, but there is no other";
  ASSERT_EQ(seen.steps.size(), 3u) << "from the first step on";
  EXPECT_NEAR(seen.steps[0].begin_ms, 100.0, 1e-9);
  EXPECT_NEAR(seen.steps[0].end_ms, 200.0, 1e-9);
  EXPECT_NEAR(seen.steps[0].power_mw[0], 2000.0, 1e-9);

  recording.excitation.push_back(recording.excitation.back());
  recording.excitation.back().clock_mhz = 1975.0;
  EXPECT_FALSE(observe_bursts(recording).windows[1].usable);
  EXPECT_TRUE(observe_bursts(recording).windows[2].usable);

  recording.power.reading = Reading::power;
  EXPECT_FALSE(has_bursts(recording));
  recording.power.reading = Reading::energy;
  for (ExcitationWindow& window : recording.excitation) window.settled_ns += 1;
  EXPECT_FALSE(has_bursts(recording));
}

// A device at 100 ms a step, 1000 mW in the total and 500 in a rail beside it, from 500 ms on.
struct Bench {
  Builder built{{"a"}, {{"IN", true}, {"CORE", false}}};
  Bench() {
    for (int k = 0; k < 6; ++k) built.energy(500.0 + 100.0 * k, 600.0 + 100.0 * k, 1000.0);
    auto& mw = built.get().power.rail_mw;
    mw.clear();
    for (int k = 0; k < 6; ++k) mw.insert(mw.end(), {1000.0, 500.0});
  }
  void window(std::uint64_t round, double begin_ms, double end_ms, double clock_mhz,
              std::vector<std::uint32_t> extra) {
    ExcitationWindow made;
    made.round = round;
    made.passes = 50;
    made.extra = std::move(extra);
    made.start_ns = made.settled_ns = at_ms(begin_ms);
    made.end_ns = at_ms(end_ms);
    made.clock_mhz = clock_mhz;
    built.get().excitation.push_back(std::move(made));
  }
};

TEST(ExciteBursts, TimesAreFromTheFirstWindowOn) {
  Bench bench;
  bench.window(0, 500.0, 600.0, 1000.0, {0, 0});
  bench.window(1, 600.0, 800.0, 2000.0, {0, 0});
  bench.window(1, 800.0, 1000.0, 2000.0, {2, 7});
  const BurstRecording seen = observe_bursts(bench.built.get());
  ASSERT_EQ(seen.windows.size(), 2u) << "round 0 is not one";
  EXPECT_NEAR(seen.windows[0].begin_ms, 100.0, 1e-9);
  EXPECT_NEAR(seen.windows[0].end_ms, 300.0, 1e-9);
  EXPECT_NEAR(seen.windows[0].pass_ms, 4.0, 1e-9);
  EXPECT_FALSE(seen.windows[1].plain);
  EXPECT_EQ(seen.windows[1].extra, (std::vector<double>{2.0, 7.0}));
  ASSERT_EQ(seen.steps.size(), 5u);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(seen.steps[k].begin_ms, 100.0 * static_cast<double>(k) + 100.0, 1e-6);
    EXPECT_NEAR(seen.steps[k].power_mw[0], 1000.0, 1e-6);
    ASSERT_EQ(seen.steps[k].power_mw.size(), 3u);
    EXPECT_NEAR(seen.steps[k].power_mw[2], 500.0, 1e-6);
  }
}

TEST(ExciteBursts, AStepWhoseTotalIsNotKnownIsNone) {
  Bench bench;
  bench.window(1, 500.0, 600.0, 2000.0, {0, 0});
  bench.built.get().power.rail_mw[6] = layerwatt::testing::kNaN;
  EXPECT_EQ(observe_bursts(bench.built.get()).steps.size(), 4u);
}

TEST(ExciteBursts, ClocksAreThoseOverTheMedianOfPlainWindows) {
  Bench bench;
  const double plain_mhz[] = {2000.0, 1000.0, 2020.0, 1990.0, 2025.0, layerwatt::testing::kNaN};
  for (int k = 0; k < 3; ++k) bench.window(0, 500.0, 510.0, 100.0, {0, 0});
  for (const double mhz : plain_mhz) bench.window(1, 510.0, 520.0, mhz, {0, 0});
  for (const double mhz : {1972.0, 1968.0, 2028.0, 2032.0, layerwatt::testing::kNaN}) {
    bench.window(1, 520.0, 530.0, mhz, {3, 0});
  }
  const std::vector<BurstWindow> seen = observe_bursts(bench.built.get()).windows;
  ASSERT_EQ(seen.size(), 11u);
  EXPECT_NEAR(seen[1].clock, 0.5, 1e-12);
  const bool usable[] = {true, false, true, true, true, true, true, false, true, false, true};
  for (std::size_t w = 0; w < 11; ++w) EXPECT_EQ(seen[w].usable, usable[w]) << w;
}

TEST(ExciteBursts, APartThatOnlyRanAtAnotherClockIsKeptAtThat) {
  Bench bench;
  bench.window(1, 500.0, 510.0, 2000.0, {0, 0, 0});
  bench.window(1, 510.0, 520.0, 2000.0, {1, 0, 0});
  bench.window(1, 520.0, 530.0, 1900.0, {1, 0, 0});
  bench.window(1, 530.0, 540.0, 1900.0, {0, 1, 0});
  bench.window(1, 540.0, 550.0, 1900.0, {0, 0, 0});
  bench.window(1, 550.0, 560.0, 1900.0, {0, 0, 1});
  bench.window(1, 560.0, 570.0, 2000.0, {0, 0, 0});
  bench.window(1, 570.0, 580.0, 2000.0, {0, 0, 0});
  const std::vector<BurstWindow> seen = observe_bursts(bench.built.get()).windows;
  const bool usable[] = {true, true, false, true, false, true, true, true};
  for (std::size_t w = 0; w < 8; ++w) EXPECT_EQ(seen[w].usable, usable[w]) << w;
}

TEST(ExciteBursts, ThereAreNoneWithoutRepeatsOrBesideRoundZero) {
  Bench bench;
  EXPECT_FALSE(has_bursts(bench.built.get()));
  EXPECT_TRUE(observe_bursts(bench.built.get()).windows.empty());
  bench.window(1, 500.0, 600.0, 2000.0, {0, 0});
  EXPECT_FALSE(has_bursts(bench.built.get())) << "plain windows alone";
  bench.window(0, 600.0, 700.0, 2000.0, {2, 0});
  EXPECT_FALSE(has_bursts(bench.built.get()));
  bench.window(1, 700.0, 800.0, 2000.0, {2, 0});
  EXPECT_TRUE(has_bursts(bench.built.get()));
}

// Seen up to 2 ms early or late, by polling.
TEST(ExciteBursts, StepsAreAsLongAsTheyAreInTheMean) {
  Builder built({"a"});
  const auto seen_ms = [](int k) { return 100.0 * k + static_cast<double>(k * 7 % 5) - 2.0; };
  for (int k = 1; k < 61; ++k) built.energy(seen_ms(k - 1), seen_ms(k), 1000.0);
  const std::vector<CounterStep> steps = observe_bursts(built.get()).steps;
  ASSERT_EQ(steps.size(), 59u);
  for (const CounterStep& step : steps) EXPECT_NEAR(step.end_ms - step.begin_ms, 100.0, 0.05);
  // From 200 to 299 ms 99 mJ were counted, of 100 ms.
  EXPECT_NEAR(steps[1].power_mw[0], 10.0 * (seen_ms(3) - seen_ms(2)), 0.5);
}

TEST(ExciteBursts, WhatWasSeenAtTheSameTimeIsNoStep) {
  Builder built({"a"});
  for (int k = 0; k < 5; ++k) built.energy(100.0 * k, 100.0 * k + 100.0, 1000.0);
  built.get().power.time_ns[3] = built.get().power.time_ns[2];
  const std::vector<CounterStep> steps = observe_bursts(built.get()).steps;
  ASSERT_EQ(steps.size(), 3u);
  for (const CounterStep& step : steps) EXPECT_GT(step.end_ms, step.begin_ms);
}

TEST(ExciteBursts, AStepMayTakeHalfAMillisecond) {
  Builder built({"a"});
  for (int k = 0; k < 5; ++k) built.energy(0.5 * k, 0.5 * k + 0.5, 1000.0);
  EXPECT_EQ(observe_bursts(built.get()).steps.size(), 4u);
}

}  // namespace
}  // namespace layerwatt
