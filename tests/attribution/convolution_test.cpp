#include "attribution/convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "attribution/design.hpp"
#include "attribution/expected_reading.hpp"
#include "attribution/response.hpp"
#include "attribution/synthetic.hpp"

namespace layerwatt {
namespace {

// a 0–2, b 2–6, then idle.
Segments two_layers() {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0};
  iterations.end_ns = {6'000'000};
  iterations.layer_ms = {2.0, 4.0};
  return make_segments(iterations);
}

TEST(Convolution, LowPassCarriedAlongEqualsTheClosedForm) {
  const Segments segments = two_layers();
  DesignRow row(segments, {1.0, 0.0, 2.0, 0.0});
  const StepResponse step({1.0, 0.0, 2.0, 0.0});
  for (const double t : {0.5, 1.5, 3.0, 5.9, 7.0, 20.0}) {
    row.compute(t);
    EXPECT_NEAR(row.weights()[0], step(t) - step(t - 2.0), 1e-9) << t;
    EXPECT_NEAR(row.weights()[1], step(t - 2.0) - step(t - 6.0), 1e-9) << t;
  }
}

TEST(Convolution, ReadingsFarApartGiveWhatAPassOverAllOfThemGives) {
  const auto made = synthetic::make({.layers = 9, .seconds = 8.0});
  const Segments segments = make_segments(made.recording.iterations);
  ASSERT_GT(segments.column.size(), 2000U);
  for (const Response& shape : {Response{1.1, 2.0, 0.0, 0.0}, Response{1.1, 2.0, 3.0, 0.0}}) {
    DesignRow each(segments, shape);
    DesignRow far(segments, shape);
    for (double t = -20.0; t < 8100.0; t += 1.0) {
      each.compute(t);
      if (std::fmod(t + 20.0, 2700.0) != 0.0) continue;
      far.compute(t);
      for (std::size_t i = 0; i < segments.columns(); ++i) {
        ASSERT_NEAR(far.weights()[i], each.weights()[i], 1e-12) << t << " column " << i;
      }
    }
  }
}

// 4e-18 of it in each of them was a column that looked like the sum of all layers.
TEST(Convolution, ReadingsFarApartHoldNothingOfWhatWasBeforeTheRun) {
  const auto made = synthetic::make({.layers = 9, .seconds = 8.0});
  const Segments segments = make_segments(made.recording.iterations);
  DesignRow row(segments, {1.1, 2.0, 0.002, 0.0});
  for (double t = 10.0; t < 7000.0; t += 5.0) {
    row.compute(t);
    ASSERT_EQ(row.weights()[segments.idle()], 0.0) << t;
  }
}

// Readings 5 ms apart behind a window of 25 or 110 ms, with a gap, and more of them than a box is
// moved before it is begun anew. Each against a walk that has seen no other reading.
TEST(Convolution, ABoxThatMovesAlongHoldsWhatOneBegunAnewDoes) {
  const auto made = synthetic::make({.layers = 7, .seconds = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  for (const Response& shape : {Response{25.0, 2.0, 0.0, 0.0}, Response{110.0, 2.0, 0.0, 0.0},
                                Response{110.0, 2.0, 3.0, 0.0}}) {
    DesignRow moved(segments, shape);
    for (double t = -20.0; t<3200.0; t += t> 1500.0 && t < 1503.0 ? 400.0 : 5.0) {
      moved.compute(t);
      DesignRow anew(segments, shape);
      anew.compute(t);
      for (std::size_t i = 0; i < segments.columns(); ++i) {
        ASSERT_NEAR(moved.weights()[i], anew.weights()[i], 1e-13) << t << " column " << i;
      }
    }
  }
}

// What is taken out of a box leaves its rounding behind, and a column of nothing else looks like
// any other.
TEST(Convolution, ABoxThatMovesAlongHoldsNothingOfTheIdleDeviceThatItHasLeft) {
  const auto made = synthetic::make({.layers = 7, .seconds = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  DesignRow row(segments, {110.0, 2.0, 0.0, 0.0});
  for (double t = -20.0; t < 2900.0; t += 4.7) {
    row.compute(t);
    if (t < 112.0) continue;
    ASSERT_EQ(row.weights()[segments.idle()], 0.0) << t;
  }
}

// An energy counter's steps are not of one length.
TEST(Convolution, ABoxThatMovesAlongMayChangeItsLength) {
  const auto made = synthetic::make({.layers = 7, .seconds = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  DesignRow moved(segments, {100.0, 2.0, 0.0, 0.0});
  for (int k = 0; k < 150; ++k) {
    const double t = 200.0 + 10.0 * k;
    const double window_ms = 100.0 + 9.0 * (k % 5) - 15.0 * (k % 3);
    moved.compute(t, window_ms);
    DesignRow anew(segments, {window_ms, 2.0, 0.0, 0.0});
    anew.compute(t);
    for (std::size_t i = 0; i < segments.columns(); ++i) {
      ASSERT_NEAR(moved.weights()[i], anew.weights()[i], 1e-13) << t << " column " << i;
    }
  }
}

// Edges at eighths of a millisecond, from 3 ms on, so that readings meet them exactly: a double has
// them without rounding.
Segments in_eighths(std::size_t count) {
  std::mt19937_64 random(7);
  Segments segments;
  segments.layers = 3;
  segments.edge_ms = {3.0};
  for (std::size_t i = 0; i < count; ++i) {
    const auto eighths = 1 + random() % (i % 5 == 0 ? 24 : 6);
    segments.edge_ms.push_back(segments.edge_ms.back() + 0.125 * static_cast<double>(eighths));
    const auto column = random() % 5;  // 4, the idle device, lies around the run alone
    segments.column.push_back(static_cast<std::uint32_t>(column == 4 ? 5 : column));
  }
  return segments;
}

// A segment's share is what the step response to it has gained between its begin and its end;
// before and after all of them the device is idle. With a low pass of more than 0.25 ms the blur is
// part of the box, by equal variance and about the same centre, and the box lasts 1 µs at least.
std::vector<double> by_definition(const Segments& segments, Response response, double time_ms) {
  const double longest_ms = response.blur_ms > 0.0 ? 0.25 : 0.0;
  if (response.time_constant_ms > longest_ms) {
    const double box_ms = std::sqrt(response.window_ms * response.window_ms +
                                    12.0 * response.blur_ms * response.blur_ms);
    response.latency_ms += 0.5 * (response.window_ms - box_ms);
    response.window_ms = std::max(box_ms, 1e-3);
    response.blur_ms = 0.0;
  }
  const StepResponse step(response);
  const auto since = [&](double edge_ms) { return step(time_ms - response.latency_ms - edge_ms); };
  std::vector<double> share(segments.columns(), 0.0);
  share[segments.idle()] = 1.0 - since(segments.edge_ms.front()) + since(segments.edge_ms.back());
  for (std::size_t i = 0; i < segments.column.size(); ++i) {
    share[segments.column[i]] += since(segments.edge_ms[i]) - since(segments.edge_ms[i + 1]);
  }
  return share;
}

const Response kShapes[] = {
    {0.0, 0.0625, 0.0, 0.0}, {2.0, 0.0, 0.0, 0.0},  {0.5, 1.5, 0.0, 0.0},   {24.0, 0.25, 0.0, 0.0},
    {0.5, 0.0, 0.0, 0.25},   {1.0, 0.5, 0.25, 0.1}, {1.0, 0.5, 0.375, 0.1}, {2.0, 0.5, 0.75, 0.0},
    {8.0, 1.0, 3.0, 0.5},    {0.0, 1.0, 2.0, 0.0},  {0.25, 0.0, 12.0, 0.0},
};

TEST(Convolution, ASegmentsShareIsWhatTheStepResponseGainsWhileItLasts) {
  const Segments segments = in_eighths(160);
  const double last_ms = segments.edge_ms.back();
  for (const Response& shape : kShapes) {
    // The difference of two states over a box of 1 µs has a thousandth of their digits.
    const double within = shape.window_ms > 0.0 ? 1e-9 : 1e-8;
    for (const double every_ms : {0.125, 0.5, 2.0, 9.0, 70.0}) {
      DesignRow row(segments, shape);
      for (double t = -6.0; t < last_ms + 40.0; t += every_ms) {
        row.compute(t);
        const std::vector<double> expected = by_definition(segments, shape, t);
        for (std::size_t j = 0; j < segments.columns(); ++j) {
          ASSERT_NEAR(row.weights()[j], expected[j], within)
              << j << " at " << t << ": " << shape.window_ms << ' ' << shape.time_constant_ms << ' '
              << shape.blur_ms << " every " << every_ms;
        }
      }
    }
  }
}

// A column that a reading holds nothing of is not one that it touches: readings in steps of an
// eighth begin and end with segments.
TEST(Convolution, WhatEndsWhereAReadingBeginsIsNotTouched) {
  const Segments segments = in_eighths(60);
  for (const Response& shape : {Response{0.0, 0.0, 0.0, 0.0}, Response{0.5, 0.0, 0.0, 0.0},
                                Response{3.0, 0.25, 0.0, 0.0}}) {
    for (double t = -1.0; t < segments.edge_ms.back() + 5.0; t += 0.125) {
      DesignRow row(segments, shape);
      row.compute(t);
      for (const std::uint32_t j : row.touched()) {
        ASSERT_GT(row.weights()[j], 0.0) << j << " at " << t << ' ' << shape.window_ms;
      }
    }
  }
}

// From one reading to the next thousands of segments may lie, forwards or, where a counter was read
// in vain before, backwards.
TEST(Convolution, FindsItsPlaceFromAnywhere) {
  const Segments segments = in_eighths(5000);
  const double last_ms = segments.edge_ms.back();
  for (const Response& shape : {Response{0.5, 0.0, 0.0, 0.0}, Response{0.5, 1.5, 0.0, 0.25},
                                Response{40.0, 0.0, 0.0, 0.0}}) {
    DesignRow row(segments, shape);
    for (const double share : {0.1, 0.9, 0.3, 1.1, 0.5, 0.5, 0.499, -0.1, 0.999, 1.0, 0.0, 0.2}) {
      const double t = 0.125 * std::round(8.0 * share * last_ms);
      row.compute(t);
      const std::vector<double> expected = by_definition(segments, shape, t);
      for (std::size_t j = 0; j < segments.columns(); ++j) {
        ASSERT_NEAR(row.weights()[j], expected[j], 1e-9) << j << " at " << t;
      }
    }
  }
}

// Each reading of a counter has a window of its own, behind a low pass and a blur too; the next may
// have the same one.
TEST(Convolution, AReadingsOwnWindowBehindALowPassOrABlur) {
  const Segments segments = in_eighths(100);
  for (Response shape : {Response{2.0, 0.5, 1.5, 0.0}, Response{2.0, 0.5, 1.5, 0.5},
                         Response{2.0, 0.5, 0.0, 0.25}}) {
    DesignRow row(segments, shape);
    int k = 0;
    for (double t = 20.0; t < segments.edge_ms.back(); t += 4.0) {
      shape.window_ms = ++k % 3 == 0 ? 3.5 : 2.0;
      row.compute(t, shape.window_ms);
      const std::vector<double> expected = by_definition(segments, shape, t);
      for (std::size_t j = 0; j < segments.columns(); ++j) {
        ASSERT_NEAR(row.weights()[j], expected[j], 1e-9) << j << " at " << t;
      }
    }
  }
}

std::vector<std::uint32_t> touched_by(const Response& response, double time_ms) {
  const Segments segments = two_layers();
  DesignRow row(segments, response);
  row.compute(time_ms);
  std::vector<std::uint32_t> touched(row.touched().begin(), row.touched().end());
  std::sort(touched.begin(), touched.end());
  return touched;
}

// a is layer 0 to 2 ms, b layer 1 to 6 ms, column 3 idle. Of 4 ms before its box, forty time
// constants, a state holds nothing: not even of what ended just then, or of what begins just now.
TEST(Convolution, BehindALowPassAnEdgeAtEitherEndTouchesOneSideAlone) {
  using Columns = std::vector<std::uint32_t>;
  const Response shape{0.5, 0.0, 0.1, 0.0};
  EXPECT_EQ(touched_by(shape, 6.0), (Columns{0, 1})) << "the box begins at 5.5 ms";
  EXPECT_EQ(touched_by(shape, 6.5), (Columns{1, 3}));
  EXPECT_EQ(touched_by(shape, 2.0), (Columns{0, 3}));
}

// Where one layer ends and the next begins, to the ns, the device is not idle.
TEST(Convolution, ASensorWithoutAnyLengthShowsWhatBeginsAtAnEdge) {
  const Segments segments = two_layers();
  DesignRow row(segments, {0.0, 1.0, 0.0, 0.0});
  const auto column_at = [&](double time_ms) {
    row.compute(time_ms + 1.0);
    EXPECT_EQ(row.touched().size(), 1u);
    EXPECT_EQ(row.weights()[row.touched().front()], 1.0);
    return row.touched().front();
  };
  EXPECT_EQ(column_at(-0.5), segments.idle());
  EXPECT_EQ(column_at(0.0), 0u);
  EXPECT_EQ(column_at(1.0), 0u);
  EXPECT_EQ(column_at(2.0), 1u);
  EXPECT_EQ(column_at(6.0), segments.idle());
}

// What a segment leaves of a state is worked out once for all walks of a time constant, and anew
// for another.
TEST(Convolution, TakesDecaysOfItsOwnTimeConstantAlone) {
  const Segments segments = in_eighths(30);
  const std::vector<double> column_mw = {9000.0, 4000.0, 14000.0, 5000.0, 3000.0, 3600.0};
  ExpectedReading first(segments, {1.0, 0.0, 2.0, 0.0}, column_mw);
  ASSERT_TRUE(first.decays());
  ExpectedReading same(segments, {1.5, 0.5, 2.0, 0.0}, column_mw, first.decays());
  EXPECT_EQ(same.decays(), first.decays());
  const Response slower{1.0, 0.0, 3.0, 0.0};
  ExpectedReading other(segments, slower, column_mw, first.decays());
  EXPECT_NE(other.decays(), first.decays());
  EXPECT_FALSE(ExpectedReading(segments, {1.0, 0.0, 0.0, 0.0}, column_mw).decays());
  other.compute(30.0);
  double expected_mw = 0.0;
  for (std::size_t j = 0; j < segments.columns(); ++j) {
    expected_mw += column_mw[j] * by_definition(segments, slower, 30.0)[j];
  }
  EXPECT_NEAR(other.mw(), expected_mw, 1e-6);
}

}  // namespace
}  // namespace layerwatt
