#include "attribution/fit.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(SolveNonNegative, IsTheExactSolutionWhereThatIsPositive) {
  Eigen::MatrixXd a(2, 2);
  a << 2.0, 1.0, 1.0, 3.0;
  Eigen::MatrixXd b(2, 1);
  b << 5.0, 10.0;
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 1.0, 1e-9);
  EXPECT_NEAR(p(1, 0), 3.0, 1e-9);
}

TEST(SolveNonNegative, PutsANegativePowerToZeroAndRefitsTheRest) {
  // Unconstrained: (−1, 2). With the first at 0 the second is b₁ / a₁₁ = 3 / 2.
  Eigen::MatrixXd a(2, 2);
  a << 2.0, 1.0, 1.0, 2.0;
  Eigen::MatrixXd b(2, 1);
  b << 0.0, 3.0;
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_DOUBLE_EQ(p(0, 0), 0.0);
  EXPECT_NEAR(p(1, 0), 1.5, 1e-9);
}

TEST(SolveNonNegative, ColumnsWithoutReadingsStayZero) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(3, 3);
  a(0, 0) = 4.0;
  Eigen::MatrixXd b = Eigen::MatrixXd::Zero(3, 1);
  b(0, 0) = 8.0;
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
  EXPECT_EQ(p(1, 0), 0.0);
  EXPECT_FALSE(touched_columns(a)[2]);
}

TEST(Accumulate, NormalEquationsOfTwoReadingsByHand) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {4'000'000};
  iterations.layer_ms = {4.0};
  const Segments segments = make_segments(iterations);
  Readings readings;
  readings.time_ms = {1.0, 3.0};  // window 2: [−1, 1] is half idle, [1, 3] all a
  readings.weight = {1.0, 0.5};
  readings.value = {10.0, 20.0};
  const NormalEquations sum = accumulate(segments, readings, {2.0, 0.0, 0.0, 0.0});
  const auto idle = static_cast<Eigen::Index>(segments.idle());
  EXPECT_DOUBLE_EQ(sum.a(0, 0), 0.25 + 0.5);
  EXPECT_DOUBLE_EQ(sum.a(0, idle), 0.25);
  EXPECT_DOUBLE_EQ(sum.a(idle, 0), 0.25);
  EXPECT_DOUBLE_EQ(sum.b(0, 0), 5.0 + 10.0);
  EXPECT_DOUBLE_EQ(sum.yy(0), 100.0 + 200.0);
  EXPECT_DOUBLE_EQ(sum.weight, 1.5);
  // 20 W·… : a = 20, idle = 0 leaves nothing of either reading.
  Eigen::MatrixXd p = Eigen::MatrixXd::Zero(sum.a.rows(), 1);
  p(0, 0) = 20.0;
  EXPECT_NEAR(residual_sum(sum, p, 0), 0.0, 1e-12);
}

}  // namespace
}  // namespace layerwatt
