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

}  // namespace
}  // namespace layerwatt
