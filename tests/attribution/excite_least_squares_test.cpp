#include "attribution/excite_least_squares.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

TEST(ExciteLeastSquares, SolvesColumnsOfUnlikeSize) {
  Eigen::MatrixXd x(4, 2);
  x << 1e-6, 0.0, 1e-6, 1e6, 1e-6, 2e6, 1e-6, 3e6;
  const Eigen::MatrixXd y = x * Eigen::Vector2d(3e6, -2e-6);
  const LinearFit fit = solve_least_squares(x, y);
  EXPECT_TRUE(fit.full_rank);
  EXPECT_NEAR(fit.coefficients(0, 0), 3e6, 1e-3);
  EXPECT_NEAR(fit.coefficients(1, 0), -2e-6, 1e-14);
  EXPECT_NEAR(fit.residuals.norm(), 0.0, 1e-9);
  EXPECT_NEAR(fit.leverage.sum(), 2.0, 1e-9) << "one a coefficient";
}

TEST(ExciteLeastSquares, CoefficientsAloneAreTheSame) {
  Eigen::MatrixXd x(5, 2);
  x << 1, 0, 1, 1, 1, 2, 1, 3, 1, 5;
  const Eigen::VectorXd y = Eigen::VectorXd::LinSpaced(5, 1.0, 9.0).array().square();
  const LinearFit all = solve_least_squares(x, y);
  const LinearFit quick = solve_least_squares(x, y, Wanted::coefficients);
  EXPECT_TRUE(quick.coefficients.isApprox(all.coefficients, 1e-12));
  EXPECT_TRUE(quick.residuals.isApprox(all.residuals, 1e-12));
  EXPECT_EQ(quick.solve.size(), 0);
}

TEST(ExciteLeastSquares, ColumnsThatSayTheSameAreNotOfFullRank) {
  Eigen::MatrixXd x(3, 2);
  x << 1, 2, 2, 4, 3, 6;
  EXPECT_FALSE(solve_least_squares(x, Eigen::VectorXd::Ones(3)).full_rank);
}

TEST(ExciteLeastSquares, DriftsAreHatsOfMeanZero) {
  const std::vector<double> at{0.0, 10.0, 20.0, 30.0, 40.0};
  const Eigen::MatrixXd drift = drift_columns(at, 2);
  ASSERT_EQ(drift.cols(), 2);
  EXPECT_NEAR(drift.colwise().sum().norm(), 0.0, 1e-12);
  EXPECT_NEAR(drift(0, 0) - drift(1, 0), 0.5, 1e-12) << "half way down";
  EXPECT_NEAR(drift(2, 1) - drift(0, 1), 1.0, 1e-12) << "its top against its foot";
  EXPECT_EQ(drift_columns(at, 0).cols(), 0);
}

TEST(ExciteLeastSquares, NeighboursThatScatterTogetherCountMore) {
  EXPECT_EQ(neighbours_factor(Eigen::VectorXd::Ones(4)), 1.0) << "too few to say";
  Eigen::VectorXd alternating(10);
  alternating << 1, -1, 1, -1, 1, -1, 1, -1, 1, -1;
  EXPECT_EQ(neighbours_factor(alternating), 1.0);
  // Seven neighbours alike and two not, of ten squares: ρ = 0.5.
  Eigen::VectorXd blocks(10);
  blocks << 1, 1, 1, -1, -1, -1, -1, 1, 1, 1;
  EXPECT_NEAR(neighbours_factor(blocks), 1.5 / 0.5, 1e-12);
  EXPECT_EQ(neighbours_factor(Eigen::VectorXd::Ones(100)), 5.0) << "at most";
}

TEST(DriftColumns, FallOverTheFirstPieceFromWhereverItBegins) {
  // At 0, 1/3 and 1 of one piece: 1, 2/3 and 0, whose mean is 5/9.
  const std::vector<double> at_ms = {10.0, 20.0, 40.0};
  const Eigen::MatrixXd one = drift_columns(at_ms, 1);
  ASSERT_EQ(one.cols(), 1);
  EXPECT_NEAR(one(0, 0), 4.0 / 9.0, 1e-12);
  EXPECT_NEAR(one(1, 0), 1.0 / 9.0, 1e-12);
  EXPECT_NEAR(one(2, 0), -5.0 / 9.0, 1e-12);
}

TEST(NeighboursFactor, TakesEightToTell) {
  EXPECT_EQ(neighbours_factor(Eigen::VectorXd::Ones(8)), 5.0);
  EXPECT_EQ(neighbours_factor(Eigen::VectorXd::Ones(7)), 1.0);
}

}  // namespace
}  // namespace layerwatt
