#include "attribution/convolution.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "attribution/design.hpp"
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
  for (double t = -20.0; t < 2900.0; t += 5.0) {
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

}  // namespace
}  // namespace layerwatt
