#include "attribution/calibration_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "attribution/expected_reading.hpp"
#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

using testing::ElementsAre;

TEST(CalibrationSearch, MergingLeavesBurstsAndIdleTimeOfEachStretch) {
  CalibrationSegments full;
  full.segments.layers = 8;  // two stretches of a, b, outside, idle
  full.segments.edge_ms = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
  full.segments.column = {0, 1, 0, 3, 4, 5, 7};
  full.idle = {false, false, false, true, false, false, false, true, false, true};
  const CalibrationSegments found = merged(full);
  EXPECT_THAT(found.segments.column, ElementsAre(0, 3, 4, 7));
  EXPECT_THAT(found.segments.edge_ms, ElementsAre(0.0, 3.0, 4.0, 6.0, 7.0));
}

TEST(CalibrationSearch, LongWindowsOverShortLayersAreTooCostly) {
  EXPECT_DOUBLE_EQ(length_ms({2.0, 50.0, 3.0, 0.0}), 11.0) << "whatever the latency";
  Segments segments;
  segments.edge_ms = {0.0, 0.1, 0.2};
  segments.column = {0, 1};
  Readings readings;
  readings.time_ms.assign(30'000, 0.0);
  EXPECT_FALSE(too_costly(segments, readings, {10.0, 0.0, 500.0, 0.0})) << "a low pass is cheap";
  EXPECT_TRUE(too_costly(segments, readings, {1000.0, 0.0, 0.0, 0.0}));
}

TEST(CalibrationSearch, FindsItFromAfar) {
  for (const double window_ms : {1.1, 6.6, 100.0}) {
    synthetic::SquareWave wave;
    wave.seconds = 10.0;
    wave.window_ms = window_ms;
    wave.latency_ms = 40.0;
    const Recording recording = synthetic::make(wave);
    const CalibrationSegments segments = calibration_segments(recording.iterations, 1e5);
    const Response found = find_calibration(
        segments, calibration_readings(recording.power, segments.segments), 0.0,
        {Parameter::latency, Parameter::window, Parameter::time_constant}, 0.0, 3000.0);
    EXPECT_NEAR(found.window_ms, window_ms, 0.05 * window_ms + 0.1);
    EXPECT_NEAR(found.latency_ms, 40.0, 0.02 * window_ms + 0.3);
  }
}

TEST(CalibrationSearch, ClimbsOverARippleNearby) {
  synthetic::SquareWave wave;
  wave.seconds = 10.0;
  const Recording recording = synthetic::make(wave);
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e5);
  const Readings readings = calibration_readings(recording.power, segments.segments);
  const Response off{1.1, wave.latency_ms - 1.0, 0.3, 0.0};
  const Response found = over_ripples(segments.segments, readings, off, {Parameter::window});
  EXPECT_NEAR(found.latency_ms, wave.latency_ms, 0.06) << "latency is only looked along here";
}

TEST(CalibrationSearch, MergingStartsAnewAfterEachIdleColumn) {
  CalibrationSegments full;
  full.segments.layers = 6;
  full.segments.origin_ns = 7;
  full.segments.edge_ms = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
  full.segments.column = {0, 2, 1, 3, 4, 6, 5};
  full.idle = {true, false, false, true, true, false, false, true, false};
  full.on_ms = {1.0};
  const CalibrationSegments found = merged(full);
  EXPECT_THAT(found.segments.column, ElementsAre(0, 1, 3, 4, 5));
  EXPECT_THAT(found.segments.edge_ms, ElementsAre(0.0, 1.0, 3.0, 4.0, 5.0, 7.0));
  EXPECT_EQ(found.segments.origin_ns, 7);
  EXPECT_THAT(found.on_ms, ElementsAre(1.0));
  CalibrationSegments none;
  none.idle.assign(3, false);
  EXPECT_TRUE(merged(none).segments.edge_ms.empty());
}

TEST(CalibrationSearch, ThirtyMillionSegmentsAreNotYetTooMany) {
  Segments segments;
  segments.edge_ms = {1.0, 1.125, 1.25};
  segments.column = {0, 1};
  Readings readings;
  readings.time_ms.assign(30'000, 0.0);
  EXPECT_FALSE(too_costly(segments, readings, {125.0, 0.0, 0.0, 0.0}));
  EXPECT_TRUE(too_costly(segments, readings, {125.1, 0.0, 0.0, 0.0}));
  EXPECT_FALSE(too_costly(Segments{}, readings, {1e6, 0.0, 0.0, 0.0}));
}

// Bursts of passes of 4 ms, 3 ms of 11 W and one of 5 W, and idle times of 13 to 41 ms between.
struct Passes {
  Iterations iterations;
  std::vector<double> start_ms;

  explicit Passes(std::size_t bursts) {
    iterations.layers = {"a", "b"};
    double at = 0.0;
    for (std::size_t k = 0; k < bursts; ++k) {
      for (std::size_t i = 0; i < 3 + k * k % 7; ++i) {
        start_ms.push_back(at);
        iterations.start_ns.push_back(std::llround(at * 1e6));
        at += 4.0;
        iterations.end_ns.push_back(std::llround(at * 1e6));
        iterations.layer_ms.insert(iterations.layer_ms.end(), {3.0, 1.0});
      }
      at += static_cast<double>(13 + (7 * k * k + 3 * k) % 29);
    }
  }

  double mean_mw(double from_ms, double to_ms) const {
    const auto overlap = [&](double begin, double end) {
      return std::max(0.0, std::min(to_ms, end) - std::max(from_ms, begin));
    };
    double sum = 0.0;
    for (const double at : start_ms) {
      sum += 8000.0 * overlap(at, at + 3.0) + 2000.0 * overlap(at + 3.0, at + 4.0);
    }
    return 3000.0 + sum / (to_ms - from_ms);
  }

  Readings readings(double window_ms, double latency_ms) const {
    Readings out;
    for (double t = -40.0; t < start_ms.back() + 40.0; t += 1.37) {
      out.time_ms.push_back(t);
      out.weight.push_back(1.0);
      const double end = t - latency_ms;
      out.value.push_back(std::round(mean_mw(end - window_ms, end) / 20.0) * 20.0);
    }
    return out;
  }
};

TEST(CalibrationSearch, ALatencyIsRightToMuchLessThanALayer) {
  const Passes passes(25);
  const CalibrationSegments segments = calibration_segments(passes.iterations, 1e9);
  const std::vector<Parameter> free = {Parameter::latency, Parameter::window,
                                       Parameter::time_constant};
  for (const double latency_ms : {3.0, 9.0}) {
    const Response found =
        find_calibration(segments, passes.readings(1.1, latency_ms), 4.0, free, 0.0, 30.0);
    EXPECT_NEAR(found.latency_ms, latency_ms, 0.05);
    EXPECT_NEAR(found.window_ms, 1.1, 0.1);
    EXPECT_NEAR(found.time_constant_ms, 0.0, 0.05);
    EXPECT_EQ(found.blur_ms, 0.0);
  }
}

TEST(CalibrationSearch, ACountersWindowsAreItsOwn) {
  const Passes passes(25);
  const CalibrationSegments segments = calibration_segments(passes.iterations, 1e9);
  Readings readings = passes.readings(1.37, 5.0);
  readings.window_ms.assign(readings.size(), 1.37);
  const Response found = find_calibration(
      segments, readings, 4.0, {Parameter::latency, Parameter::time_constant}, 0.25, 30.0);
  EXPECT_NEAR(found.latency_ms, 5.0, 0.1);
  EXPECT_EQ(found.window_ms, 0.0);
  EXPECT_EQ(found.blur_ms, 0.25) << "as declared";
}

// With nothing free a search ends at one of its starts, and at the truth where that is one.
struct Starts {
  CalibrationSegments segments = calibration_segments(Passes(9).iterations, 1e9);
  double gap_ms = 1.37;

  // Of 11 W, 5 W, and 3 W idle: no noise.
  std::vector<double> column_mw() const {
    std::vector<double> mw(segments.segments.columns(), 3000.0);
    mw[0] = 11000.0;
    mw[1] = 5000.0;
    return mw;
  }
  Readings readings(const Response& truth) const {
    const std::vector<double> mw = column_mw();
    ExpectedReading expected(segments.segments, truth, mw);
    Readings out;
    for (double t = -10.0; t < segments.segments.edge_ms.back() + 60.0; t += gap_ms) {
      expected.compute(t);
      out.time_ms.push_back(t);
      out.weight.push_back(1.0);
      out.value.push_back(expected.mw());
    }
    return out;
  }
  // One power of all bursts, so that bursts as a whole are the truth too.
  static Starts busy() {
    Starts out;
    Iterations bursts;
    bursts.layers = {"busy"};
    double at_ms = 0.0;
    for (int k = 0; k < 9; ++k) {
      bursts.start_ns.push_back(std::llround(at_ms * 1e6));
      bursts.layer_ms.push_back(8.0 + k * k % 7);
      at_ms += bursts.layer_ms.back();
      bursts.end_ns.push_back(std::llround(at_ms * 1e6));
      at_ms += 11.0 + 3 * k % 8;
    }
    out.gap_ms = 0.83;
    out.segments = calibration_segments(bursts, 1e9);
    return out;
  }
  Response found(const Response& truth, double pass_ms, double longest_ms) const {
    return find_calibration(segments, readings(truth), pass_ms, {}, truth.blur_ms, longest_ms);
  }
};

void expect_same(const Response& found, const Response& truth) {
  EXPECT_NEAR(found.latency_ms, truth.latency_ms, 1e-9);
  EXPECT_NEAR(found.window_ms, truth.window_ms, 1e-9);
  EXPECT_NEAR(found.time_constant_ms, truth.time_constant_ms, 1e-9);
  EXPECT_EQ(found.blur_ms, truth.blur_ms);
}

// All in the latency, or the window, or the low pass, or half of each, and so on.
TEST(CalibrationSearch, StartsFromManyShapesOfEachMiddle) {
  const Starts starts = Starts::busy();
  // The first middle is 0.2 ms, and each is 1.3 times the one before: 0.338 ms is the third.
  for (const double middle : {0.2, 0.2 * 1.3 * 1.3, 0.2 * 1.3 * 1.3 * 1.3 * 1.3}) {
    const Response shapes[] = {
        {0.2 * middle, 0.9 * middle, 0.0, 0.0},
        {2.0 * middle, 0.0, 0.0, 0.0},
        {0.1 * middle, 0.05 * middle, 0.9 * middle, 0.0},
        {middle, 0.5 * middle, 0.0, 0.0},
        {0.0, 0.5 * middle, 0.5 * middle, 0.0},
        {middle, 0.0, 0.5 * middle, 0.0},
        {1.6 * middle, 0.2 * middle, 0.0, 0.0},
        {0.8 * middle, 0.3 * middle, 0.3 * middle, 0.0},
    };
    for (const Response& truth : shapes) expect_same(starts.found(truth, 0.0, 0.6), truth);
  }
  // Beyond the longest middle there are none.
  const double middle = 0.2 * 1.3 * 1.3 * 1.3 * 1.3;
  EXPECT_LT(starts.found({middle, 0.0, 0.5 * middle, 0.0}, 0.0, 0.57).window_ms, 0.95 * middle);
  // Of a counter only the latency and the low pass are looked for.
  Readings counted = starts.readings({0.83, 0.06, 0.06, 0.0});
  counted.window_ms.assign(counted.size(), 0.83);
  expect_same(find_calibration(starts.segments, counted, 0.0, {}, 0.0, 0.25),
              {0.0, 0.06, 0.06, 0.0});
}

// The first middle alone, 0.2 ms. Which of its shapes whole bursts say for what comes far earlier
// or later is chance, but it is along the latency of that one alone that more is looked at.
TEST(CalibrationSearch, LooksAlongTheLatencyWhereAResponseIsShortAgainstAPass) {
  const Starts starts;
  // Two ms to both sides by 0.05 ms.
  const Response window{0.4, 1.95, 0.0, 0.0};
  expect_same(starts.found(window, 0.5, 0.2), window);
  const Response early{0.02, 0.01 - 1.95, 0.18, 0.0};
  expect_same(starts.found(early, 0.5, 0.2), early);
  // Three passes by a twelfth of one, but 0.05 to 1 ms: of 6 ms by 0.5, and of 18 by 1.
  const Response late{0.0, 0.1 + 17.5, 0.1, 0.0};
  expect_same(starts.found(late, 6.0, 0.2), late);
  const Response later{0.02, 0.01 + 53.0, 0.18, 0.0};
  expect_same(starts.found(later, 18.0, 0.2), later);
  const Response last{0.0, 0.1 + 18.0, 0.1, 0.0};
  expect_same(starts.found(last, 6.0, 0.2), last);
  // A response longer than three passes is not looked along.
  EXPECT_LT(starts.found(window, 0.4 / 3.0 - 1e-6, 0.2).latency_ms, 0.2);
  expect_same(starts.found(window, 0.4 / 3.0, 0.2), window);
}

TEST(CalibrationSearch, LooksAlongTheLatencyWithoutTheLowPassToo) {
  const Starts starts;
  for (const Response& truth :
       {Response{0.0, 0.1 + 1.95, 0.1, 0.0}, Response{0.0, 0.1 + 0.1 + 1.95, 0.0, 0.0}}) {
    Readings counted =
        starts.readings({starts.gap_ms, truth.latency_ms, truth.time_constant_ms, 0.0});
    counted.window_ms.assign(counted.size(), starts.gap_ms);
    expect_same(find_calibration(starts.segments, counted, 1.0, {}, 0.0, 0.2), truth);
  }
}

// The best of what is nearby, of all readings: those that a coarse look leaves out count as well.
TEST(CalibrationSearch, ARippleNearbyIsWithinTwoMilliseconds) {
  const Starts starts;
  const Response found{0.7, 5.0, 0.4, 0.25};
  for (const double off_ms : {-2.0, -1.95, -0.05, 0.0, 1.95}) {
    const Response truth{0.7, 5.0 + off_ms, 0.4, 0.25};
    expect_same(over_ripples(starts.segments.segments, starts.readings(truth), found, {}), truth);
    const Response without{0.7, 5.4 + off_ms, 0.0, 0.25};
    expect_same(over_ripples(starts.segments.segments, starts.readings(without), found, {}),
                without);
  }
  const Response far{0.7, 5.0 + 2.2, 0.4, 0.25};
  EXPECT_LT(over_ripples(starts.segments.segments, starts.readings(far), found, {}).latency_ms,
            7.0 + 0.4 + 1e-6);
}

// 5000 readings, of which every second one is looked at first.
struct EverySecond {
  Starts starts = Starts::busy();
  Readings mixed;

  // The other ones have a weight, and come from another response.
  EverySecond(const Response& seen, const Response& other, double weight, std::size_t size) {
    starts.gap_ms = (starts.segments.segments.edge_ms.back() + 69.0) / static_cast<double>(size);
    mixed = starts.readings(seen);
    const Readings others = starts.readings(other);
    for (std::size_t k = 1; k < mixed.size(); k += 2) {
      mixed.value[k] = others.value[k];
      mixed.weight[k] = weight;
    }
    for (std::vector<double>* all : {&mixed.time_ms, &mixed.weight, &mixed.value}) {
      all->resize(size);
    }
  }
};

TEST(CalibrationSearch, OfManyReadingsEverySecondRanksTheStarts) {
  const Response seen{0.2, 0.1, 0.0, 0.0};
  const Response other{0.4, 0.0, 0.0, 0.0};
  const EverySecond many(seen, other, 10.0, 4001);
  expect_same(find_calibration(many.starts.segments, many.mixed, 0.0, {}, 0.0, 0.2), seen);
  const EverySecond few(seen, other, 10.0, 4000);
  expect_same(find_calibration(few.starts.segments, few.mixed, 0.0, {}, 0.0, 0.2), other);
}

TEST(CalibrationSearch, AllReadingsDecideBetweenRipples) {
  const Response found{0.7, 5.0, 0.4, 0.0};
  const EverySecond many({0.7, 6.5, 0.4, 0.0}, found, 10.0, 5000);
  expect_same(over_ripples(many.starts.segments.segments, many.mixed, found, {}), found);
  const EverySecond less({0.7, 6.5, 0.4, 0.0}, found, 0.01, 5000);
  expect_same(over_ripples(less.starts.segments.segments, less.mixed, found, {}),
              {0.7, 6.5, 0.4, 0.0});
}

}  // namespace
}  // namespace layerwatt
