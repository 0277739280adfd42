#include "attribution/covariance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

TEST(UncertaintyOf, AMeanOfIndependentReadingsHasItsTextbookError) {
  // One layer for ever and a sensor without memory: the fit is the mean, its variance σ²/n.
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000'000};
  iterations.layer_ms = {1e6};
  const Segments segments = make_segments(iterations);
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  Readings readings;
  for (int k = 0; k < 10000; ++k) {
    readings.time_ms.push_back(10.0 + k);
    readings.weight.push_back(1.0);
    readings.value.push_back(100.0 + 30.0 * normal(random));
  }
  const Response response{1.0, 0.0, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty u = uncertainty_of(segments, readings, response, {}, equations, p);
  EXPECT_NEAR(p(0, 0), 100.0, 1.5);
  EXPECT_NEAR(u.residual_mw(0), 30.0, 1.0);
  EXPECT_NEAR(std::sqrt(u.powers(0, 0)), 0.3, 0.03);
  EXPECT_EQ(u.samples[0], 10000u);
}

// 0.02 of 6 ms: with a share of 1 % as what counts, no reading had seen such a layer, and its
// energy was missing from the sum.
TEST(UncertaintyOf, AVeryShortLayerIsSeenToo) {
  Iterations iterations;
  iterations.layers = {"long", "short"};
  for (int i = 0; i < 1000; ++i) {
    iterations.start_ns.push_back(i * 7'000'000LL);
    iterations.end_ns.push_back((i + 1) * 7'000'000LL);
    iterations.layer_ms.insert(iterations.layer_ms.end(), {6.98, 0.02});
  }
  const Segments segments = make_segments(iterations);
  Readings readings;
  for (int k = 0; k < 1000; ++k) {
    readings.time_ms.push_back(10.0 + 5.003 * k);
    readings.weight.push_back(1.0);
    readings.value.push_back(100.0 + k % 2);
  }
  const Response response{6.0, 0.0, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty u = uncertainty_of(segments, readings, response, {}, equations, p);
  EXPECT_NEAR(static_cast<double>(u.samples[1]), 1000.0 * 6.0 / 7.0, 20.0);
  EXPECT_NEAR(static_cast<double>(u.samples[0]), 1000.0, 20.0);
  EXPECT_EQ(u.samples[segments.idle()], 0u);
}

TEST(UncertaintyOf, AnUnknownResponseWidensTheIntervals) {
  const auto made = synthetic::make({.layers = 8, .window_ms = 3.0});
  const Segments segments = make_segments(made.recording.iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  const Response response{3.0, 7.3, 0.0, 0.0};
  const NormalEquations equations = accumulate(segments, readings, response);
  const auto p = solve_non_negative(equations.a, equations.b);
  const Uncertainty known = uncertainty_of(segments, readings, response, {}, equations, p);
  const Uncertainty unknown = uncertainty_of(segments, readings, response,
                                             {Parameter::latency, Parameter::window}, equations, p);
  double narrow = 0.0;
  double wide = 0.0;
  for (Eigen::Index j = 0; j < 8; ++j) {
    narrow += known.powers(j, j);
    wide += unknown.powers(j, j);
  }
  EXPECT_GT(wide, 1.05 * narrow);
  ASSERT_EQ(unknown.parameter_std.size(), 2u);
  EXPECT_GT(unknown.parameter_std[0], 0.0);
}

}  // namespace
}  // namespace layerwatt
