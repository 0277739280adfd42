#include "attribution/folded.hpp"

#include <gtest/gtest.h>

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
