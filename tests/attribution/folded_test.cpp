#include "attribution/folded.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

TEST(MeanCycle, IsFromStartToStartAndEndsAtOne) {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  iterations.start_ns = {0, 10'000'000, 20'000'000};
  iterations.end_ns = {8'000'000, 18'000'000, 28'000'000};
  iterations.layer_ms = {2.0, 5.0, 2.0, 5.0, 2.0, 5.0};
  const Cycle cycle = mean_cycle(iterations, make_segments(iterations));
  EXPECT_DOUBLE_EQ(cycle.period_ms, 10.0);
  ASSERT_EQ(cycle.edge.size(), 4U);
  EXPECT_DOUBLE_EQ(cycle.edge[1], 0.2);
  EXPECT_DOUBLE_EQ(cycle.edge[2], 0.7);
  EXPECT_DOUBLE_EQ(cycle.edge[3], 1.0);
}

// Harmonics count for −h too, and a turn of a quarter multiplies the first by i.
TEST(FoldedProblem, AReadingIsItsHarmonicsTurnedBack) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 1.0};
  const Eigen::VectorXd y = FoldedProblem(cycle, 2).reading({{2.0, 0.0}, {3.0, 1.0}}, 2.5);
  ASSERT_EQ(y.size(), 4);
  EXPECT_DOUBLE_EQ(y(0), 2.0);
  EXPECT_DOUBLE_EQ(y(1), 0.0);
  EXPECT_DOUBLE_EQ(y(2), -std::numbers::sqrt2);
  EXPECT_DOUBLE_EQ(y(3), 3.0 * std::numbers::sqrt2);
}

// Readings of one power each, at the middle of the first and of the second half of every inference.
TEST(Folds, AreTheReadingsMeansByPhaseMovedBack) {
  Iterations iterations;
  iterations.layers = {"a"};
  Readings readings;
  for (int i = 0; i < 8; ++i) {
    iterations.start_ns.push_back(i * 10'000'000);
    iterations.end_ns.push_back((i + 1) * 10'000'000);
    iterations.layer_ms.push_back(10.0);
    for (const double ms : {2.5, 7.5}) {
      readings.time_ms.push_back(10.0 * i + ms);
      readings.value.push_back(ms < 5.0 ? 1000.0 : 3000.0);
      readings.weight.push_back(1.0);
    }
  }
  readings.value.back() = 9e9;  // of an inference whose end is not known
  const Segments segments = make_segments(iterations);
  const Folds folds(iterations, segments, readings, 3, 5.0, 5.0);
  ASSERT_GE(folds.size(), 2U);
  EXPECT_EQ(folds.harmonics(), 3U);
  EXPECT_EQ(folds.nearest(2.4), 0);
  EXPECT_EQ(folds.nearest(2.6), 1);
  EXPECT_EQ(folds.nearest(-9.0), 0);
  EXPECT_EQ(folds.nearest(1e6), static_cast<long>(folds.size()) - 1);
  EXPECT_DOUBLE_EQ(folds.back_ms(1), 5.0);
  // Held from 0.25 to 0.75 and from there on: a square wave, −1000 · 2/π at the first harmonic.
  EXPECT_NEAR(folds.at(0)[0].real(), 2000.0, 5.0);
  EXPECT_NEAR(std::abs(folds.at(0)[1]), 2000.0 / std::numbers::pi, 5.0);
  EXPECT_NEAR(std::abs(folds.at(0)[2]), 0.0, 5.0);
  // Half an inference earlier high and low have changed places.
  EXPECT_NEAR(std::abs(folds.at(0)[1] + folds.at(1)[1]), 0.0, 5.0);
}

TEST(FoldedProblem, FitsTheTrueResponseAndNotAWrongOne) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const FoldedProblem problem(cycle, 24);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 12.0);
  const auto misfit = [&](double window_ms, double latency_ms) {
    const long index = folds.nearest(latency_ms + 0.5 * window_ms);
    const Eigen::VectorXd y = problem.reading(folds.at(index), latency_ms - folds.back_ms(index));
    Eigen::Index least = -1;
    const double of_powers = problem.misfit_of_powers(window_ms, 0.0, y, least);
    EXPECT_EQ(least, 0);
    return of_powers;
  };
  EXPECT_LT(misfit(2.2, 3.0), 0.01);
  EXPECT_GT(misfit(2.2, 5.0), 0.05);
  EXPECT_GT(misfit(5.0, 3.0), 0.05);
}

}  // namespace
}  // namespace layerwatt
