// Least squares of method excite: what one more run of a part costs, in time and energy.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attribution/excite_windows.hpp"

namespace layerwatt {

// In window w a pass takes T_w and the mean power is P_w. With R_wj extra runs of part j,
//
//   P_w = E0 / T_w + Σ_j R_wj e_j / T_w + P_w Σ_k d_k h_k(w) + noise
//   1   = T0 / T_w + Σ_j R_wj t_j / T_w +     Σ_k c_k h_k(w) + noise
//
// where E0 and T0 are a plain pass, e_j and t_j one more run of part j, and h_k a slow drift:
// piecewise linear in time, of mean zero, with as many pieces as lower Schwarz's criterion. Divided
// by T_w, because a window lasts as long whatever runs in it: its mean power is what has the same
// error each time. The power of a part is e_j / t_j.
struct ExciteFit {
  std::vector<std::size_t>
      parts;                 // those that some window repeats, ascending; rows of what follows
  double pass_ms = 0.0;      // T0
  Eigen::VectorXd pass_mj;   // E0: one a channel, the total first, then the rails
  Eigen::VectorXd extra_ms;  // t_j
  Eigen::MatrixXd time_covariance;  // of t_j, ms²; bursts alone
  Eigen::MatrixXd power_mw;         // e_j / t_j: parts × channels
  Eigen::MatrixXd power_std;        // of it, mW
  Eigen::VectorXd pass_mj_std;      // of E0
  Eigen::MatrixXd covariance;       // of the parts' powers in the total, mW²
  Eigen::VectorXd pass_covariance;  // of E0 with each of them, mJ mW
  Eigen::VectorXd residual_mw;      // standard deviation of a window's mean power, by channel
  double drift_std = 0.0;      // of the windows' mean drift about the run's, relative; included
  double residual_time = 0.0;  // of a window's pass, relative
  std::size_t degrees = 0;     // of freedom of the residual
  std::size_t outliers = 0;    // windows left out because nothing explains them
  std::size_t drift_pieces = 0;
  // Bursts alone, by part: how many windows repeat it, and by how much more than their readings'
  // scatter explains they differ (1: no more; in power_std).
  std::vector<std::size_t> windows;
  std::vector<double> disagreement;

  // Where a part stands; empty where it is not among the parts.
  std::optional<Eigen::Index> row_of(std::size_t part) const;
};

struct ExciteFitOutcome {
  std::optional<ExciteFit> fit;
  std::string refused;  // why there is none
};

ExciteFitOutcome fit_excitation(const std::vector<ObservedWindow>& windows);

}  // namespace layerwatt
