// Half passes and their mirror images: what pairs of layers cost beyond their sum.
//
// A half pass and the one of the layers that it lacks have the same of it, but for what is linear
// in the layers. With as many windows of the one as of the other it is in no layer's figure; in the
// residuals it is, and is not noise.
#pragma once

#include <Eigen/Core>
#include <Eigen/QR>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "attribution/excite_burst_search.hpp"

namespace layerwatt {

// By window: which half pass it is, where its mirror image is there as well; both have the same
// number. Empty for all others.
std::vector<std::optional<std::size_t>> mirror_pairs(std::span<const BurstWindow* const> windows);

// Rows × pairs: what one more unit a pass, in both half passes of a pair, makes of each row of a
// fit, where a row is of one window ...
Eigen::MatrixXd pair_columns(std::span<const BurstWindow* const> windows);
// ... or of a step, weighted.
Eigen::MatrixXd pair_columns(const BurstRecording& bursts, const BurstSteps& steps,
                             const BurstTrial& trial);

// The scatter of a fit's rows in two: what both of a pair have in common, and the rest.
struct MirrorScatter {
  double noise = 0.0;          // variance of a row, without what pairs have in common
  double pair_variance = 0.0;  // of what a pair has in common
};

class Mirrors {
 public:
  // x: rows × coefficients, solve: its least-squares operator; both kept by reference.
  Mirrors(const Eigen::MatrixXd& x, const Eigen::MatrixXd& solve, Eigen::MatrixXd pairs);

  // What neither the fit nor what pairs have in common explains of a column.
  Eigen::VectorXd left(const Eigen::VectorXd& column) const;

  // degrees: of freedom of the residuals. Where pairs leave fewer than six, all is noise.
  MirrorScatter scatter(const Eigen::VectorXd& residuals, double degrees) const;

  // Of the fit's coefficients.
  Eigen::MatrixXd covariance(const MirrorScatter& scatter) const;

 private:
  const Eigen::MatrixXd& x_;
  const Eigen::MatrixXd& solve_;
  const Eigen::MatrixXd pairs_;
  const Eigen::MatrixXd free_;                                     // of pairs_, what the fit leaves
  std::optional<Eigen::ColPivHouseholderQR<Eigen::MatrixXd>> qr_;  // of free_
};

}  // namespace layerwatt
