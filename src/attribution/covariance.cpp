#include "attribution/covariance.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <span>

#include "attribution/expected_reading.hpp"

namespace layerwatt {
namespace {

double predict(const DesignRow& row, const Eigen::MatrixXd& p, Eigen::Index channel) {
  double sum = 0.0;
  const auto weights = row.weights();
  for (const std::uint32_t i : row.touched()) sum += weights[i] * p(i, channel);
  return sum;
}

// Inverse of a symmetric matrix that may be singular: a direction that the data do not see gets a
// huge variance instead of none.
Eigen::MatrixXd wide_inverse(const Eigen::MatrixXd& a) {
  // Unit diagonal first: parameters and powers differ in scale by many orders.
  Eigen::VectorXd scale(a.rows());
  for (Eigen::Index i = 0; i < a.rows(); ++i) scale(i) = 1.0 / std::sqrt(std::max(a(i, i), 1e-300));
  const Eigen::MatrixXd scaled = scale.asDiagonal() * a * scale.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scaled);
  const double floor = 1e-11 * std::max(solver.eigenvalues().maxCoeff(), 1e-300);
  const Eigen::VectorXd inverse = solver.eigenvalues().cwiseMax(floor).cwiseInverse();
  return scale.asDiagonal() * solver.eigenvectors() * inverse.asDiagonal() *
         solver.eigenvectors().transpose() * scale.asDiagonal();
}

}  // namespace

Uncertainty uncertainty_of(const Segments& segments, const Readings& readings,
                           const Response& response, const std::vector<Parameter>& free,
                           const NormalEquations& equations, const Eigen::MatrixXd& p) {
  const auto n = static_cast<Eigen::Index>(segments.columns());
  const auto q = static_cast<Eigen::Index>(free.size());
  const auto channels = static_cast<Eigen::Index>(readings.channels);
  DesignRow row(segments, response);
  const std::span<const double> column_mw(p.data(), static_cast<std::size_t>(n));  // of channel 0
  std::vector<ExpectedReading> moved;
  std::vector<double> step;
  for (const Parameter parameter : free) {
    step.push_back(difference_step(response, parameter));
    moved.emplace_back(segments, with(response, parameter, get(response, parameter) + step.back()),
                       column_mw, row.decays());
  }
  // Blocks long enough for any correlation, and enough of them for the number of unknowns.
  const std::size_t block =
      std::clamp<std::size_t>(readings.size() / static_cast<std::size_t>(6 * (n + q)), 1, 40);

  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n + q, n + q);
  a.topLeftCorner(n, n) = equations.a;
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(n + q, n + q);
  Eigen::VectorXd score = Eigen::VectorXd::Zero(n + q);
  Eigen::VectorXd g(q);
  Uncertainty out;
  // A layer of 20 us is never more than a few thousandths of a reading of 6 ms: what counts is how
  // often it has its largest share, or nearly so.
  std::vector<double> sum_seen(segments.columns(), 0.0);
  std::vector<double> most_seen(segments.columns(), 0.0);
  out.residual_mw = Eigen::VectorXd::Zero(channels);
  double used = 0.0;
  double blocks = 0.0;
  std::size_t in_block = 0;
  const auto close_block = [&] {
    if (in_block == 0) return;
    meat.selfadjointView<Eigen::Lower>().rankUpdate(score);
    score.setZero();
    in_block = 0;
    blocks += 1.0;
  };
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double importance = readings.weight[k];
    if (importance == 0.0) continue;
    readings.compute(row, k);
    const double predicted = predict(row, p, 0);
    const double error = readings.row(k)[0] - predicted;
    for (Eigen::Index i = 0; i < q; ++i) {
      ExpectedReading& other = moved[static_cast<std::size_t>(i)];
      readings.compute(other, k);
      g(i) = (other.mw() - predicted) / step[static_cast<std::size_t>(i)];
    }
    const auto weights = row.weights();
    for (const std::uint32_t i : row.touched()) {
      score(i) += importance * error * weights[i];
      if (q > 0) a.block(i, n, 1, q) += importance * weights[i] * g.transpose();
      sum_seen[i] += weights[i];
      most_seen[i] = std::max(most_seen[i], weights[i]);
    }
    score.tail(q) += importance * error * g;
    a.bottomRightCorner(q, q) += importance * g * g.transpose();
    for (Eigen::Index c = 0; c < channels; ++c) {
      const double e = readings.row(k)[static_cast<std::size_t>(c)] - predict(row, p, c);
      out.residual_mw(c) += importance * e * e;
    }
    used += 1.0;
    if (++in_block == block) close_block();
  }
  close_block();
  for (std::size_t i = 0; i < segments.columns(); ++i) {
    const double count = most_seen[i] > 0.0 ? sum_seen[i] / most_seen[i] : 0.0;
    out.samples.push_back(static_cast<std::uint64_t>(std::llround(count)));
  }
  a.bottomLeftCorner(q, n) = a.topRightCorner(n, q).transpose();
  meat.triangularView<Eigen::StrictlyUpper>() = meat.transpose();

  const double unknowns = static_cast<double>(n + q);
  const double correction = std::max(1.0, used / std::max(used - unknowns, 1.0)) *
                            std::max(1.0, blocks / std::max(blocks - unknowns, 1.0));
  const Eigen::MatrixXd bread = wide_inverse(a);
  const Eigen::MatrixXd covariance = correction * bread * meat * bread;
  out.powers = covariance.topLeftCorner(n, n);
  // Never narrower than white noise makes it: blocks are few beside the unknowns, which lets some
  // variances come out too small by chance, and a direction without information has no score.
  const double variance = out.residual_mw(0) / std::max(used - unknowns, 1.0);
  for (Eigen::Index i = 0; i < n; ++i) {
    out.powers(i, i) = std::max(out.powers(i, i), variance * bread(i, i));
  }
  for (Eigen::Index i = 0; i < q; ++i) {
    out.parameter_std.push_back(std::sqrt(std::max(covariance(n + i, n + i), 0.0)));
  }
  out.residual_mw = (out.residual_mw / std::max(used - unknowns, 1.0)).cwiseSqrt();
  return out;
}

}  // namespace layerwatt
