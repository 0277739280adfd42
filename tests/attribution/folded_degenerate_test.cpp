// Folds of next to nothing, and problems of parts that hardly are.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attribution/folded.hpp"

namespace layerwatt {
namespace {

// Inferences of 10 ms one after another, of one layer.
Iterations of_ten_ms(std::size_t count) {
  Iterations iterations;
  iterations.layers = {"a"};
  for (std::size_t i = 0; i < count; ++i) {
    const auto start_ns = static_cast<std::int64_t>(i) * 10'000'000;
    iterations.start_ns.push_back(start_ns);
    iterations.end_ns.push_back(start_ns + 10'000'000);
    iterations.layer_ms.push_back(10.0);
  }
  return iterations;
}

Readings one_reading() {
  Readings readings;
  readings.time_ms = {1.0};
  readings.weight = {1.0};
  readings.value = {5.0};
  return readings;
}

TEST(MeanCycle, OfTwoInferencesIsFromOneStartToTheOther) {
  const Iterations two = of_ten_ms(2);
  EXPECT_DOUBLE_EQ(mean_cycle(two, make_segments(two)).period_ms, 10.0);
}

TEST(Folds, OfOneReadingAreThatAllAlong) {
  const Iterations iterations = of_ten_ms(3);
  const Folds folds(iterations, make_segments(iterations), one_reading(), 2, 1.0, 0.5);
  EXPECT_NEAR(std::abs(folds.at(0)[0] - 5.0), 0.0, 1e-12);
  EXPECT_NEAR(std::abs(folds.at(0)[1]), 0.0, 1e-12);
}

// Of one inference nobody knows where the next would begin.
TEST(Folds, OfOneInferenceAreNothing) {
  const Iterations iterations = of_ten_ms(1);
  const Folds folds(iterations, make_segments(iterations), one_reading(), 2, 1.0, 0.5);
  EXPECT_EQ(folds.at(0)[0], std::complex<double>(0.0, 0.0));
  EXPECT_EQ(folds.at(0)[1], std::complex<double>(0.0, 0.0));
}

// Two halves of the cycle, 200 mW in the mean, and a layer between them that takes no time.
TEST(FoldedProblem, APartOfNoLengthHasNoPower) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 0.5, 0.5, 1.0};
  const FoldedProblem problem(cycle, 1);
  // The mean alone, times half of the cycle.
  const Eigen::Vector3d products(100.0, 0.0, 100.0);
  const FoldedProblem::Fit fit = problem.fit(1.0, 0.0, products);
  // Which half draws how much the mean does not tell: as much as the other.
  EXPECT_NEAR(fit.power_mw(0)(0), 200.0, 0.01);
  EXPECT_NEAR(fit.power_mw(0)(2), 200.0, 0.01);
  EXPECT_EQ(fit.power_mw(0)(1), 0.0);
  EXPECT_NEAR(fit.explained(0), 200.0 * 200.0, 0.1);
}

// A hundredth of the cycle at 300 mW: a mean of 3 mW, of which the part's own share is 0.03.
TEST(FoldedProblem, AShortPartHasItsPower) {
  Cycle cycle;
  cycle.period_ms = 10.0;
  cycle.edge = {0.0, 0.01};
  const FoldedProblem problem(cycle, 1);
  const FoldedProblem::Fit fit = problem.fit(1.0, 0.0, Eigen::MatrixXd::Constant(1, 1, 0.03));
  EXPECT_NEAR(fit.power_mw(0)(0), 300.0, 1e-3);
}

}  // namespace
}  // namespace layerwatt
