// Layers that readings hardly determine, drawn towards what the others draw (empirical Bayes).
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

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

// That for a whole fit, in place: columns of power (the first `layers` are layers) × channels, of
// which the first is the total, and the total's covariance. Layers that no reading touched
// (samples[layer] == 0) have no power of their own, stay, and say nothing about the others. Of
// fewer than six touched layers it is not known how they scatter, and all stays. No power becomes
// negative.
void shrink_layers(std::size_t layers, const std::vector<std::uint64_t>& samples,
                   Eigen::MatrixXd& power_mw, Eigen::MatrixXd& covariance_mw2);

}  // namespace layerwatt
