// Layers that readings hardly determine, drawn towards what the others draw (empirical Bayes).
#pragma once

#include <Eigen/Core>
#include <cstddef>

namespace layerwatt {

// How layers' powers scatter around their common mean, as far as it is not the estimates' own error
// (Paule and Mandel, J. Res. NBS 87, 377, 1982).
struct Scatter {
  double mean_mw = 0.0;
  double std_mw = 0.0;
};
Scatter scatter_of(const Eigen::VectorXd& power_mw, const Eigen::VectorXd& variance_mw2);

// With C the covariance of all columns' powers, of which the first `layers` are layers': estimates
// p and C become those of Gauss–Markov with layers known beforehand to scatter by `std_mw` around a
// mean. A layer that is well determined stays as it is; what the columns sum to stays as well as C
// knows it. `gain` (columns × layers) does the same to another channel of the same readings.
struct Shrunk {
  Eigen::MatrixXd gain;        // subtract gain (p of layers − mean)
  Eigen::MatrixXd covariance;  // of all columns, after
};
Shrunk shrink(const Eigen::MatrixXd& covariance_mw2, std::size_t layers, double std_mw);

}  // namespace layerwatt
