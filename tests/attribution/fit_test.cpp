#include "attribution/fit.hpp"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <random>
#include <vector>

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
  b(2, 0) = 1.0;  // by rounding
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
  EXPECT_EQ(p(1, 0), 0.0);
  EXPECT_EQ(p(2, 0), 0.0);
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

// Unconstrained: (−2, 5, −4). Without the two negative ones the other is 1, and the first is asked
// for again: 2, 1, 0.
TEST(SolveNonNegative, LetsAPowerGoAgainThatTheRestAsksFor) {
  Eigen::MatrixXd a(3, 3);
  a << 2, 0, -2, 0, 2, 2, -2, 2, 5;
  Eigen::MatrixXd b(3, 2);
  b.col(0) << 4, 2, -6;
  b.col(1) << 0, 2, 2;  // 0, 1, 0
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
  EXPECT_NEAR(p(1, 0), 1.0, 1e-9);
  EXPECT_EQ(p(2, 0), 0.0);
  EXPECT_NEAR(p(0, 1), 0.0, 1e-9);
  EXPECT_NEAR(p(1, 1), 1.0, 1e-9);
  EXPECT_NEAR(p(2, 1), 0.0, 1e-9);
}

// The case above three times over, of a half, a quarter and an eighth of its powers: after the
// first solution takes all six negative ones out, one of each is let go again, a turn each.
TEST(SolveNonNegative, LetsSeveralSmallPowersGoAgainOneAfterTheOther) {
  Eigen::Matrix3d block;
  block << 2, 0, -2, 0, 2, 2, -2, 2, 5;
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(9, 9);
  Eigen::MatrixXd b(9, 1);
  for (Eigen::Index k = 0; k < 3; ++k) {
    const double scale = 0.5 / static_cast<double>(1 << k);
    a.block(3 * k, 3 * k, 3, 3) = block;
    b.block(3 * k, 0, 3, 1) << 4 * scale, 2 * scale, -6 * scale;
  }
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  for (Eigen::Index k = 0; k < 3; ++k) {
    const double scale = 0.5 / static_cast<double>(1 << k);
    EXPECT_NEAR(p(3 * k, 0), 2.0 * scale, 1e-9) << k;
    EXPECT_NEAR(p(3 * k + 1, 0), 1.0 * scale, 1e-9) << k;
    EXPECT_EQ(p(3 * k + 2, 0), 0.0) << k;
  }
}

// Unconstrained all three are negative. Of the first and the third, which are asked for again, the
// third is asked for most; with both, 13 · 17/59 − 8 · 35/59 = −1 and 14 · 35/59 − 8 · 17/59 = 6.
TEST(SolveNonNegative, LetsThePowerGoFirstThatIsAskedForMost) {
  Eigen::MatrixXd a(3, 3);
  a << 13, 13, -8, 13, 17, -14, -8, -14, 14;
  Eigen::MatrixXd b(3, 1);
  b << -1, -5, 6;
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 17.0 / 59.0, 1e-9);
  EXPECT_EQ(p(1, 0), 0.0);
  EXPECT_NEAR(p(2, 0), 35.0 / 59.0, 1e-9);
}

// Few readings of little weight are the same equations, times a millionth.
TEST(SolveNonNegative, IsTheSameForReadingsOfLittleWeight) {
  Eigen::MatrixXd a(3, 3);
  a << 2, 0, -2, 0, 2, 2, -2, 2, 5;
  Eigen::MatrixXd b(3, 1);
  b << 4, 2, -6;
  const Eigen::MatrixXd p = solve_non_negative(1e-6 * a, 1e-6 * b);
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
  EXPECT_NEAR(p(1, 0), 1.0, 1e-9);
  EXPECT_EQ(p(2, 0), 0.0);
}

// 1e-12 of the largest diagonal entry is added to each: as much again as the second column has, so
// that it gets half of its 2.
TEST(SolveNonNegative, TheRidgeIsAMillionMillionthOfTheLargestEntry) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(2, 2);
  a(0, 0) = 4.0;
  a(1, 1) = 4e-12;
  Eigen::MatrixXd b(2, 1);
  b << 8.0, 8e-12;
  const Eigen::MatrixXd p = solve_non_negative(a, b);
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
  EXPECT_NEAR(p(1, 0), 1.0, 1e-9);
}

TEST(SolveNonNegative, AColumnThatIsHardlySeenHasItsPower) {
  const Eigen::MatrixXd p = solve_non_negative(Eigen::MatrixXd::Constant(1, 1, 0.25),
                                               Eigen::MatrixXd::Constant(1, 1, 0.5));
  EXPECT_NEAR(p(0, 0), 2.0, 1e-9);
}

TEST(SolveNonNegative, WithoutReadingsThereIsNoPower) {
  const Eigen::MatrixXd p =
      solve_non_negative(Eigen::MatrixXd::Zero(2, 2), Eigen::MatrixXd::Ones(2, 1));
  EXPECT_EQ(p(0, 0), 0.0);
  EXPECT_EQ(p(1, 0), 0.0);
}

TEST(SolveNonNegative, TwoColumnsThatReadingsDoNotTellApartShareTheirPower) {
  const Eigen::MatrixXd p = solve_non_negative(Eigen::MatrixXd::Constant(2, 2, 4.0),
                                               Eigen::MatrixXd::Constant(2, 1, 8.0));
  EXPECT_NEAR(p(0, 0), 1.0, 1e-2);
  EXPECT_NEAR(p(0, 0) + p(1, 0), 2.0, 1e-3);
}

// 13 layers of 1 ms and so 16 columns: rows that touch three of them are handled one by one. The
// box of 2 ms before 2.5 covers half of the first, the second and half of the third.
TEST(Accumulate, SparseRowsOfTwoChannels) {
  Iterations iterations;
  for (int j = 0; j < 13; ++j) iterations.layers.push_back("layer");
  iterations.start_ns = {0};
  iterations.end_ns = {13'000'000};
  iterations.layer_ms.assign(13, 1.0);
  const Segments segments = make_segments(iterations);
  Readings readings;
  readings.channels = 2;
  readings.time_ms = {1.0, 2.5, 2.5};
  readings.weight = {0.0, 2.0, 1.0};
  readings.value = {1e6, 1e6, 40.0, 4.0, 20.0, 8.0};
  const NormalEquations sum = accumulate(segments, readings, {2.0, 0.0, 0.0, 0.0});
  const double share[] = {0.25, 0.5, 0.25};
  for (Eigen::Index i = 0; i < sum.a.rows(); ++i) {
    for (Eigen::Index j = 0; j < sum.a.cols(); ++j) {
      const double expected = i < 3 && j < 3 ? 3.0 * share[i] * share[j] : 0.0;
      EXPECT_DOUBLE_EQ(sum.a(i, j), expected) << i << ", " << j;
    }
    EXPECT_DOUBLE_EQ(sum.b(i, 0), i < 3 ? 100.0 * share[i] : 0.0);
    EXPECT_DOUBLE_EQ(sum.b(i, 1), i < 3 ? 16.0 * share[i] : 0.0);
  }
  EXPECT_DOUBLE_EQ(sum.yy(0), 2.0 * 1600.0 + 400.0);
  EXPECT_DOUBLE_EQ(sum.yy(1), 2.0 * 16.0 + 64.0);
  EXPECT_DOUBLE_EQ(sum.weight, 3.0);
}

// Full rows are added 64 at a time, and many readings in parts: none is lost or counted twice.
TEST(Accumulate, ManyReadingsAddUp) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000};
  iterations.layer_ms = {1000.0};
  const Segments segments = make_segments(iterations);
  for (const std::size_t count : {64u, 100u, 3 * 4096u + 5}) {
    Readings readings;
    for (std::size_t k = 0; k < count; ++k) {
      readings.time_ms.push_back(10.0 + 0.05 * static_cast<double>(k));
      readings.weight.push_back(k % 2 == 0 ? 4.0 : 1.0);
      readings.value.push_back(10.0);
    }
    const double weight = 2.5 * static_cast<double>(count) + (count % 2 == 0 ? 0.0 : 1.5);
    const NormalEquations sum = accumulate(segments, readings, {2.0, 0.0, 0.0, 0.0});
    EXPECT_NEAR(sum.weight, weight, 1e-6) << count;
    EXPECT_NEAR(sum.a(0, 0), weight, 1e-6) << count;
    EXPECT_NEAR(sum.b(0, 0), 10.0 * weight, 1e-6) << count;
    EXPECT_NEAR(sum.yy(0), 100.0 * weight, 1e-6) << count;
  }
}

// Rows are gathered before they are added: of those of an earlier sum nothing may be left. Five
// layers of 4 ms; each reading sees the last two, half and half.
TEST(Accumulate, DoesNotKnowOfAnEarlierSum) {
  Iterations iterations;
  iterations.layers = {"a", "b", "c", "d", "e"};
  iterations.start_ns = {0};
  iterations.end_ns = {20'000'000};
  iterations.layer_ms.assign(5, 4.0);
  const Segments segments = make_segments(iterations);
  const auto sum_of = [&](double weight) {
    Readings readings;
    readings.time_ms.assign(64, 17.0);
    readings.weight.assign(64, weight);
    readings.value.assign(64, 10.0);
    return accumulate(segments, readings, {2.0, 0.0, 0.0, 0.0});
  };
  for (int turn = 0; turn < 4; ++turn) {
    for (const double weight : {1e6, 1.0}) {
      const NormalEquations sum = sum_of(weight);
      EXPECT_DOUBLE_EQ(sum.a(3, 3), 16.0 * weight);
      EXPECT_DOUBLE_EQ(sum.a(4, 3), 16.0 * weight);
      EXPECT_DOUBLE_EQ(sum.a(4, 4), 16.0 * weight);
    }
  }
}

// Σ y² = 200, Σ w y = 30 and Σ w² = 5 of channel 1: with 4 W, 200 − 240 + 80.
TEST(ResidualSum, IsThatOfAChannelAndNeverNegative) {
  NormalEquations equations;
  equations.a = Eigen::MatrixXd::Constant(1, 1, 5.0);
  equations.b.resize(1, 2);
  equations.b << 10.0, 30.0;
  equations.yy = Eigen::Vector2d(20.0, 200.0);
  Eigen::MatrixXd p(1, 2);
  p << 2.0, 4.0;
  EXPECT_DOUBLE_EQ(residual_sum(equations, p, 1), 40.0);
  EXPECT_DOUBLE_EQ(residual_sum(equations, p, 0), 0.0);
  equations.yy(0) = 19.0;  // by rounding
  EXPECT_EQ(residual_sum(equations, p, 0), 0.0);
}

TEST(TouchedColumns, AreThoseWithAWeight) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(3, 3);
  a(0, 0) = 0.25;
  a(2, 2) = 4.0;
  EXPECT_EQ(touched_columns(a), (std::vector<bool>{true, false, true}));
}

// Of all choices of columns whose own least squares are not negative, the one that leaves least.
Eigen::VectorXd best_of_all_choices(const Eigen::MatrixXd& w, const Eigen::VectorXd& y) {
  const Eigen::Index n = w.cols();
  Eigen::VectorXd best = Eigen::VectorXd::Zero(n);
  double least = y.squaredNorm();
  for (unsigned choice = 1; choice < (1U << static_cast<unsigned>(n)); ++choice) {
    std::vector<Eigen::Index> columns;
    for (Eigen::Index j = 0; j < n; ++j) {
      if ((choice >> static_cast<unsigned>(j) & 1U) != 0) columns.push_back(j);
    }
    Eigen::MatrixXd some(w.rows(), static_cast<Eigen::Index>(columns.size()));
    for (Eigen::Index i = 0; i < some.cols(); ++i) {
      some.col(i) = w.col(columns[static_cast<std::size_t>(i)]);
    }
    const Eigen::VectorXd x = some.colPivHouseholderQr().solve(y);
    const double left = (y - some * x).squaredNorm();
    if (x.minCoeff() < 0.0 || left >= least) continue;
    least = left;
    best.setZero();
    for (Eigen::Index i = 0; i < some.cols(); ++i)
      best(columns[static_cast<std::size_t>(i)]) = x(i);
  }
  return best;
}

TEST(SolveNonNegative, IsTheBestOfAllChoicesOfColumns) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 60; ++trial) {
    const Eigen::Index n = 1 + trial % 6;
    Eigen::MatrixXd w(9, n);
    Eigen::MatrixXd y(9, 2);
    // Columns that have much in common, so that one that was taken out may come back.
    for (Eigen::Index k = 0; k < 9; ++k) {
      const double common = normal(random);
      for (Eigen::Index j = 0; j < n; ++j) w(k, j) = common + 0.6 * normal(random);
      for (Eigen::Index c = 0; c < 2; ++c)
        y(k, c) = normal(random) + (trial % 2 == 0 ? common : 0.0);
    }
    const Eigen::MatrixXd p = solve_non_negative(w.transpose() * w, w.transpose() * y);
    for (Eigen::Index c = 0; c < 2; ++c) {
      const Eigen::VectorXd best = best_of_all_choices(w, y.col(c));
      for (Eigen::Index j = 0; j < n; ++j) EXPECT_NEAR(p(j, c), best(j), 1e-7) << trial << ' ' << j;
    }
  }
}

}  // namespace
}  // namespace layerwatt
