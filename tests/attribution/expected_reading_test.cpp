#include "attribution/expected_reading.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "attribution/design.hpp"
#include "attribution/synthetic.hpp"

namespace layerwatt {
namespace {

TEST(ExpectedReading, MeanPowerUnderABox) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0};
  iterations.end_ns = {6'000'000};
  iterations.layer_ms = {2.0, 4.0};
  const Segments segments = make_segments(iterations);
  const std::vector<double> column_mw{100.0, 10.0, 0.0, 1.0, 0.0};
  ExpectedReading expected(segments, {4.0, 1.0, 0.0, 0.0}, column_mw);
  // Stamp 4, latency 1: the box is [−1, 3]: 1 ms idle, 2 of a, 1 of b.
  expected.compute(4.0);
  EXPECT_DOUBLE_EQ(expected.mw(), (1.0 + 200.0 + 10.0) / 4.0);
  expected.compute(8.0);
  EXPECT_DOUBLE_EQ(expected.mw(), (30.0 + 1.0) / 4.0);
  expected.compute(8.0, 2.0);  // a window of its own: [5, 7]
  EXPECT_DOUBLE_EQ(expected.mw(), (10.0 + 1.0) / 2.0);
}

TEST(ExpectedReading, IsTheRowOfTheModelTimesThePowers) {
  const auto made = synthetic::make({.layers = 7, .seconds = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  std::vector<double> column_mw(segments.columns());
  for (std::size_t i = 0; i < column_mw.size(); ++i) {
    column_mw[i] = 1000.0 + 700.0 * static_cast<double>(i * i % 11);
  }
  for (const Response& shape :
       {Response{1.1, 7.0, 0.0, 0.0}, Response{6.6, 0.0, 0.2, 0.05}, Response{2.0, 3.0, 5.0, 0.1},
        Response{0.0, 1.0, 0.0, 0.0}, Response{1.1, 2.0, 40.0, 0.0}}) {
    DesignRow row(segments, shape);
    ExpectedReading expected(segments, shape, column_mw, row.decays());
    for (double t = -50.0; t < 3600.0; t += t < 900.0 ? 1.7 : 333.0) {
      row.compute(t);
      expected.compute(t);
      double sum = 0.0;
      for (std::size_t i = 0; i < column_mw.size(); ++i) sum += row.weights()[i] * column_mw[i];
      ASSERT_NEAR(expected.mw(), sum, 1e-7) << t;
    }
  }
}

}  // namespace
}  // namespace layerwatt
