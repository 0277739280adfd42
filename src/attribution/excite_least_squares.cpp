#include "attribution/excite_least_squares.hpp"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

// Pivots of XᵀX, whose columns have a length of one, above which nothing is lost by solving that:
// several times quicker than a QR decomposition, which is left for what is nearly singular.
constexpr double kPlainlyFullRank = 1e-7;

}  // namespace

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

LinearFit solve_least_squares(const MatrixXd& x, const MatrixXd& y, Wanted wanted) {
  LinearFit fit;
  // Columns are 1/T, R/T and drifts: of very unlike size until they are scaled.
  const VectorXd scale = x.colwise().norm().cwiseMax(1e-300).transpose();
  const MatrixXd scaled = x * scale.cwiseInverse().asDiagonal();
  if (wanted == Wanted::coefficients) {
    MatrixXd gram = MatrixXd::Zero(x.cols(), x.cols());
    gram.selfadjointView<Eigen::Lower>().rankUpdate(scaled.transpose());
    const Eigen::LDLT<MatrixXd> ldlt(gram);
    if (x.cols() > 0 && ldlt.vectorD().minCoeff() > kPlainlyFullRank) {
      fit.full_rank = true;
      fit.coefficients =
          scale.cwiseInverse().asDiagonal() * ldlt.solve(scaled.transpose() * y).eval();
      fit.residuals = y - x * fit.coefficients;
      return fit;
    }
  }
  const Eigen::ColPivHouseholderQR<MatrixXd> qr(scaled);
  fit.full_rank = qr.rank() == x.cols();
  if (wanted == Wanted::coefficients) {
    fit.coefficients = scale.cwiseInverse().asDiagonal() * qr.solve(y).eval();
  } else {
    fit.solve =
        scale.cwiseInverse().asDiagonal() * qr.solve(MatrixXd::Identity(x.rows(), x.rows())).eval();
    fit.coefficients = fit.solve * y;
    fit.leverage = (x.array() * fit.solve.transpose().array()).rowwise().sum();
  }
  fit.residuals = y - x * fit.coefficients;
  return fit;
}

double neighbours_factor(const VectorXd& residuals) {
  const Index n = residuals.size();
  if (n < 8) return 1.0;
  const double squares = residuals.squaredNorm();
  const double rho = residuals.head(n - 1).dot(residuals.tail(n - 1)) / std::max(squares, 1e-300);
  return std::clamp((1.0 + rho) / (1.0 - rho), 1.0, 5.0);
}

MatrixXd drift_columns(std::span<const double> at_ms, std::size_t pieces) {
  MatrixXd h = MatrixXd::Zero(static_cast<Index>(at_ms.size()), static_cast<Index>(pieces));
  if (at_ms.empty() || pieces == 0) return h;
  const double begin = at_ms.front();
  const double length = std::max(1e-9, at_ms.back() - begin);
  for (std::size_t w = 0; w < at_ms.size(); ++w) {
    const double at = (at_ms[w] - begin) / length * static_cast<double>(pieces);
    for (std::size_t k = 0; k < pieces; ++k) {
      h(static_cast<Index>(w), static_cast<Index>(k)) =
          std::max(0.0, 1.0 - std::abs(at - static_cast<double>(k)));
    }
  }
  h.rowwise() -= h.colwise().mean().eval();
  return h;
}

}  // namespace layerwatt
