#include "attribution/excite_windows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using layerwatt::testing::at_ms;
using layerwatt::testing::Builder;
using layerwatt::testing::kNaN;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ExcitationWindow window(double start_ms, double settled_ms, double end_ms,
                        std::vector<std::uint32_t> extra, double clock_mhz = kNaN) {
  ExcitationWindow made;
  made.start_ns = at_ms(start_ms);
  made.settled_ns = at_ms(settled_ms);
  made.end_ns = at_ms(end_ms);
  made.round = 1;
  made.passes = 10;
  made.clock_mhz = clock_mhz;
  made.extra = std::move(extra);
  return made;
}

TEST(ExciteWindows, MeanOfTheReadingsStampedInside) {
  Builder built({"a"}, {{"IN", true}, {"CORE", false}});
  built.sample(0, {9.0, 9.0}).sample(10, {1.0, 5.0}).sample(20, {3.0, kNaN}).sample(30, {9.0, 9.0});
  std::uint64_t readings = 0;
  const auto mean = mean_power_mw(built.get().power, at_ms(10), at_ms(20), readings);
  EXPECT_THAT(mean, ElementsAre(2.0, 2.0, 5.0));
  EXPECT_EQ(readings, 2u);
}

TEST(ExciteWindows, ACounterIsTakenFromStepToStep) {
  Builder built({"a"});
  // Read every 10 ms, steps at 20, 60 and 100 ms; 4 W since 20 ms, whatever was before. What comes
  // after the step at 100 is not counted yet at 120.
  built.energy(0, 10, 0).energy(10, 20, 50000).energy(20, 30, 0).energy(30, 40, 0);
  built.energy(40, 50, 0).energy(50, 60, 16000).energy(60, 70, 0).energy(70, 80, 0);
  built.energy(80, 90, 0).energy(90, 100, 16000).energy(100, 110, 0).energy(110, 120, 0);
  std::uint64_t readings = 0;
  const auto mean = mean_power_mw(built.get().power, at_ms(5), at_ms(120), readings);
  EXPECT_THAT(mean, ElementsAre(DoubleNear(4000.0, 1e-9), DoubleNear(4000.0, 1e-9)));
  EXPECT_EQ(readings, 3u);
}

TEST(ExciteWindows, TellMixLengthAndPower) {
  Builder built({"a"});
  built.sample(150, 5.0).sample(250, 7.0);
  Recording& recording = built.get();
  ExcitationWindow first = window(0, 0, 50, {0, 0});
  first.round = 0;
  recording.excitation = {first, window(100, 200, 300, {2, 1}), window(300, 350, 400, {0, 0})};
  const ObservedWindows seen = observe_windows(recording);
  ASSERT_EQ(seen.windows.size(), 1u) << "round 0 and the one without readings are left out";
  EXPECT_EQ(seen.without_readings, 1u);
  EXPECT_DOUBLE_EQ(seen.windows[0].pass_ms, 10.0);
  EXPECT_DOUBLE_EQ(seen.windows[0].at_ms, 250.0);
  EXPECT_THAT(seen.windows[0].extra, ElementsAre(2.0, 1.0));
  EXPECT_DOUBLE_EQ(seen.windows[0].power_mw[0], 7.0);
}

TEST(ExciteWindows, AClockThatMovedMakesAWindowUseless) {
  Builder built({"a"});
  for (int i = 0; i < 6; ++i) built.sample(100.0 * i + 50, 5.0);
  Recording& recording = built.get();
  const double clocks[] = {1980, 1975, 1980, 1800, 1980, 1970};
  for (int i = 0; i < 6; ++i) {
    // Odd ones are excited, the last with fewer runs.
    const std::uint32_t extra = i % 2 == 0 ? 0 : i == 5 ? 1 : 3;
    recording.excitation.push_back(
        window(100.0 * i, 100.0 * i, 100.0 * i + 100, {extra, 0}, clocks[i]));
  }
  const ObservedWindows seen = observe_windows(recording);
  EXPECT_EQ(seen.disturbed, 1u);
  EXPECT_EQ(seen.windows.size(), 5u);
  EXPECT_THAT(seen.slowed, IsEmpty());

  // Where repeating it always slows the device down, that is all there is.
  for (const int i : {1, 3, 5}) recording.excitation[static_cast<std::size_t>(i)].clock_mhz = 1800;
  EXPECT_EQ(observe_windows(recording).windows.size(), 6u);
  EXPECT_THAT(observe_windows(recording).slowed, ElementsAre(0u));

  for (ExcitationWindow& one : recording.excitation) one.clock_mhz = kNaN;
  EXPECT_EQ(observe_windows(recording).disturbed, 0u) << "an unknown clock is not a moved one";
  EXPECT_THAT(observe_windows(recording).slowed, IsEmpty());
}

// The device warms up in round 0, and its clock is another one.
TEST(ExciteWindows, RoundZeroSaysNothingOfTheClock) {
  Builder built({"a"});
  for (int i = 0; i < 6; ++i) built.sample(100.0 * i + 50, 5.0);
  Recording& recording = built.get();
  const auto add = [&](int i, std::uint64_t round, std::uint32_t extra, double clock_mhz) {
    recording.excitation.push_back(
        window(100.0 * i, 100.0 * i, 100.0 * i + 100, {extra, 0}, clock_mhz));
    recording.excitation.back().round = round;
  };
  for (int i = 0; i < 3; ++i) add(i, 0, 0, 1000);
  add(3, 1, 0, 1980);
  add(4, 1, 2, 1980);
  add(5, 1, 0, 1980);
  const ObservedWindows seen = observe_windows(recording);
  EXPECT_EQ(seen.windows.size(), 3u);
  EXPECT_EQ(seen.disturbed, 0u);
  EXPECT_THAT(seen.slowed, IsEmpty()) << "the plain clock is 1980 MHz, not round 0's";

  recording.excitation.clear();
  add(0, 0, 2, 1980);
  add(1, 1, 0, 1980);
  add(2, 1, 2, 1700);
  EXPECT_THAT(observe_windows(recording).slowed, ElementsAre(0u))
      << "the window of round 0 does not count, so that this one must";
}

// A plain window, one at a lower clock and one at the plain clock, with these repeats.
ObservedWindows observe_after_plain(std::vector<std::uint32_t> slowed,
                                    std::vector<std::uint32_t> steady) {
  Builder built({"a"});
  for (int i = 0; i < 3; ++i) built.sample(100.0 * i + 50, 5.0);
  built.get().excitation = {window(0, 0, 100, {0, 0}, 1980),
                            window(100, 100, 200, std::move(slowed), 1800),
                            window(200, 200, 300, std::move(steady), 1980)};
  return observe_windows(built.get());
}

TEST(ExciteWindows, ACoolerWindowStandsInForTheHotOne) {
  const ObservedWindows seen = observe_after_plain({9, 0}, {5, 300});
  EXPECT_EQ(seen.disturbed, 1u);
  ASSERT_EQ(seen.windows.size(), 2u);
  EXPECT_THAT(seen.windows[1].extra, ElementsAre(5.0, 300.0));
  EXPECT_THAT(seen.slowed, IsEmpty());
}

// What is outside layers alone is no cooler version of a plain window.
TEST(ExciteWindows, RepeatsOfWhatIsOutsideLayersCountAsSuch) {
  const ObservedWindows seen = observe_after_plain({0, 9}, {0, 0});
  EXPECT_EQ(seen.disturbed, 0u);
  EXPECT_EQ(seen.windows.size(), 3u);
  EXPECT_THAT(seen.slowed, ElementsAre(1u));
}

TEST(ExciteWindows, WhatACounterCountedWeighsByItsTime) {
  Builder built({"a"}, {{"IN", true}, {"CORE", false}});
  Recording& recording = built.get();
  const double edges_ms[] = {0, 10, 20, 50, 60, 70};
  const double total_mw[] = {7e3, 1e3, 5e3, kNaN, 0.0};
  const double rail_mw[] = {7e3, 2e3, kNaN, 4e3, 0.0};
  for (std::size_t k = 0; k < 5; ++k) {
    built.energy(edges_ms[k], edges_ms[k + 1], 0.0);
    recording.power.rail_mw.pop_back();
    recording.power.rail_mw.insert(recording.power.rail_mw.end(), {total_mw[k], rail_mw[k]});
  }
  std::uint64_t readings = 0;
  // From the step at 10 ms on: 1 W for 10 ms and 5 W for 30; what is not known is no step.
  const auto mean = mean_power_mw(recording.power, at_ms(10), at_ms(60), readings);
  EXPECT_EQ(readings, 3u);
  EXPECT_NEAR(mean[0], 4e3, 1e-9);
  EXPECT_NEAR(mean[1], 4e3, 1e-9);
  EXPECT_NEAR(mean[2], (10.0 * 2e3 + 10.0 * 4e3) / 20.0, 1e-9) << "the rail was not read at 50";

  mean_power_mw(recording.power, at_ms(61), at_ms(70), readings);
  EXPECT_EQ(readings, 0u) << "nothing was counted";
  EXPECT_TRUE(std::isnan(mean_power_mw(recording.power, at_ms(61), at_ms(70), readings)[0]));
  EXPECT_TRUE(std::isnan(mean_power_mw(recording.power, at_ms(71), at_ms(80), readings)[0]));
}

TEST(ExciteWindows, ACounterThatNeverStepsSaysNothingFromTheFirstReadingOn) {
  Builder built({"a"});
  built.energy(0, 10, 0).energy(10, 20, 0);
  std::uint64_t readings = 7;
  EXPECT_TRUE(std::isnan(mean_power_mw(built.get().power, at_ms(0), at_ms(20), readings)[0]));
  EXPECT_EQ(readings, 0u);
}

// Of one step it is not known since when it was counted; polls of no round length leave no rest of
// a weight that would make it 0 mW.
TEST(ExciteWindows, ACounterThatStepsOnceSaysNothing) {
  for (int polls = 2; polls < 12; ++polls) {
    for (const double every_ms : {2.1, 1.7, 2.0003, 0.9}) {
      Builder built({"a"});
      built.energy(0.0, every_ms, 50000);
      for (int k = 1; k < polls; ++k) built.energy(every_ms * k, every_ms * (k + 1), 0);
      std::uint64_t readings = 0;
      const auto mean = mean_power_mw(built.get().power, at_ms(0), at_ms(100), readings);
      EXPECT_TRUE(std::isnan(mean[0]))
          << polls << " polls every " << every_ms << " ms: " << mean[0];
      EXPECT_EQ(readings, 1u);
    }
  }
}

TEST(ExciteWindows, ARailThatIsReadAfterTheLastStepAloneIsNotKnown) {
  Builder built({"a"}, {{"IN", true}, {"CORE", false}});
  for (int k = 0; k < 3; ++k) built.energy(10.0 * k, 10.0 * k + 10.0, 0.0);
  built.get().power.rail_mw = {7e3, 1e3, 5e3, kNaN, 0.0, 4e3};
  std::uint64_t readings = 0;
  const auto mean = mean_power_mw(built.get().power, at_ms(0), at_ms(30), readings);
  EXPECT_NEAR(mean[0], 5e3, 1e-9);
  EXPECT_TRUE(std::isnan(mean[2])) << mean[2];
}

TEST(ExciteWindows, AClockMayDifferByOneAndAHalfPercent) {
  Builder built({"a"});
  for (int i = 0; i < 7; ++i) built.sample(100.0 * i + 50, 5.0);
  // The median of the plain ones is 2000 MHz; the last two windows repeat the part.
  const double clocks[] = {2000, 1900, 2010, 2028, 2032, 1972, 1968};
  std::vector<ExcitationWindow>& windows = built.get().excitation;
  for (int i = 0; i < 7; ++i) {
    const std::uint32_t extra = i < 3 ? 0 : 2;
    windows.push_back(window(100.0 * i, 100.0 * i, 100.0 * i + 100, {extra, 0}, clocks[i]));
  }
  const ObservedWindows seen = observe_windows(built.get());
  EXPECT_EQ(seen.disturbed, 3u) << "1900, 2032 and 1968 MHz";
  ASSERT_EQ(seen.windows.size(), 4u);
  EXPECT_EQ(seen.windows[2].at_ms, 350.0);
  EXPECT_EQ(seen.windows[3].at_ms, 550.0);
}

TEST(ExciteWindows, ReadingsWithoutATotalAreNone) {
  Builder built({"a"}, {{"IN", true}, {"CORE", false}});
  built.sample(50, {kNaN, 5.0}).sample(150, {kNaN, 5.0}).sample(160, {3.0, 5.0});
  built.get().excitation = {window(0, 0, 100, {0, 0}), window(100, 100, 200, {0, 0})};
  const ObservedWindows seen = observe_windows(built.get());
  EXPECT_EQ(seen.without_readings, 1u);
  ASSERT_EQ(seen.windows.size(), 1u);
  EXPECT_EQ(seen.windows[0].readings, 2u);
  EXPECT_THAT(seen.windows[0].power_mw, ElementsAre(3.0, 3.0, 5.0));
}

TEST(ExciteWindows, ThePlainDrawIsOfSettledPlainWindowsAlone) {
  Builder built({"a"});
  built.sample(50, 9.0).sample(99, 9.0).sample(100, 4.0).sample(150, kNaN).sample(200, 6.0);
  built.sample(201, 9.0).sample(250, 9.0).sample(350, 2.0).sample(400, 9.0);
  Recording& recording = built.get();
  ExcitationWindow first = window(0, 0, 60, {0, 0});
  first.round = 0;
  recording.excitation = {first, window(60, 100, 200, {0, 0}), window(202, 202, 300, {1, 0}),
                          window(300, 310, 399, {0, 0})};
  const Known<Metric> draw = plain_draw_mw(recording);
  ASSERT_TRUE(draw);
  EXPECT_EQ(draw->mean, 4.0) << "of 4, 6 and 2";
  recording.excitation.resize(1);
  EXPECT_EQ(plain_draw_mw(recording).reason(), "no_samples");
}

// Most windows repeat a layer that lowers the clock, and plain ones are few.
TEST(ExciteWindows, TheUsualClockIsThatOfPlainWindows) {
  Builder built({"a"});
  Recording& recording = built.get();
  const double clocks[] = {1000, 900, 900, 900, 900};
  for (std::uint32_t i = 0; i < 5; ++i) {
    built.sample(100.0 * i + 50, 5.0);
    recording.excitation.push_back(
        window(100.0 * i, 100.0 * i, 100.0 * i + 100, {i, 0}, clocks[i]));
  }
  EXPECT_THAT(observe_windows(recording).slowed, ElementsAre(0u));
}

// Of five the third: 1000. By the second, 980, the one at 1014 would be off.
TEST(ExciteWindows, TheUsualClockIsTheOneInTheMiddle) {
  Builder built({"a"});
  Recording& recording = built.get();
  const double clocks[] = {1020, 970, 1000, 1010, 980, 1014, 986};
  for (std::uint32_t i = 0; i < 7; ++i) {
    built.sample(100.0 * i + 50, 5.0);
    recording.excitation.push_back(
        window(100.0 * i, 100.0 * i, 100.0 * i + 100, {i < 5 ? 0u : 1u, 0}, clocks[i]));
  }
  const ObservedWindows seen = observe_windows(recording);
  EXPECT_EQ(seen.disturbed, 3u) << "1020, 970 and 980, beside plain windows that are not";
  EXPECT_EQ(seen.windows.size(), 4u);
}

}  // namespace
}  // namespace layerwatt
