// Looking for the lag, the time constant and the drift that explain the steps of bursts best.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <limits>
#include <vector>

#include "attribution/excite_burst_steps.hpp"
#include "attribution/excite_least_squares.hpp"

namespace layerwatt {

struct BurstTrial {
  double lag_ms = 0.0;
  double tau_ms = 0.0;     // 0: nothing adapts
  std::size_t pieces = 0;  // of the drift
  StepRows rows;
  LinearFit fit;          // of weighted rows: E0, one a part, one a mix, one a piece
  Eigen::VectorXd drift;  // of each step, relative
  std::size_t degrees = 0;
  double score = std::numeric_limits<double>::infinity();  // Schwarz's; infinite: no solution
};

// like: the lag, time constant and pieces.
BurstTrial try_bursts(const BurstSteps& steps, const BurstTrial& like,
                      const std::vector<double>& plain_over, Wanted wanted = Wanted::coefficients);

// What trial.fit is of, weighted: 1/T, one column a part, one a mix, one a piece of the drift.
Eigen::MatrixXd weighted_design(const BurstTrial& trial);

// The same fit, with the residuals of all steps that are used now.
BurstTrial with_all_steps(const BurstSteps& steps, const BurstTrial& trial,
                          const std::vector<double>& plain_over);

// By mix, what a plain pass of pass_ms draws over what this mix draws at its start.
std::vector<double> plain_over(const BurstSteps& steps, const BurstTrial& trial, double pass_ms);

// Of a mix at its start.
double mix_mw(const BurstSteps& steps, const BurstTrial& trial, std::size_t mix);

// Its score is infinite where nothing has a solution.
BurstTrial search_bursts(const BurstSteps& steps, double pass_ms);

// What is added to the variance of e_j (by part, (mW ms)²) because lag, time constant and drift are
// not known: the covariance of the coefficients over all that explain the steps nearly as well,
// each weighed by how well (exp of half the difference of the criterion, which neighbours that
// scatter together lessen).
Eigen::MatrixXd ambiguity(const BurstSteps& steps, const BurstTrial& best, double pass_ms);

}  // namespace layerwatt
