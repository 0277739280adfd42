// Least squares of method excite: solving, and the columns of a slow drift.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace layerwatt {

// A response and the operator that its coefficients came by.
struct LinearFit {
  Eigen::MatrixXd solve;  // coefficients × rows
  Eigen::MatrixXd coefficients;
  Eigen::MatrixXd residuals;
  Eigen::VectorXd leverage;
  bool full_rank = false;
};

// The operator and the leverage cost rows² × coefficients: not wanted of a fit that is only tried.
enum class Wanted { all, coefficients };

LinearFit solve_least_squares(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y,
                              Wanted wanted = Wanted::all);

// By how much the variance of a sum of neighbours is larger than if they were independent.
double neighbours_factor(const Eigen::VectorXd& residuals);

// Hats on equal pieces of time, of mean zero; one is left out because they sum to a constant.
Eigen::MatrixXd drift_columns(std::span<const double> at_ms, std::size_t pieces);

}  // namespace layerwatt
