#include "attribution/fit.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "attribution/design.hpp"
#include "attribution/parallel.hpp"

namespace layerwatt {
namespace {

constexpr double kRidge = 1e-12;
// A row that touches more than one column in so many is handled as a full one.
constexpr std::size_t kFullShare = 4;

// Adds w wᵀ for many full rows w to the lower triangle of a matrix, many at a time: as a product of
// matrices that is several times faster.
class FullRows {
 public:
  explicit FullRows(Eigen::MatrixXd& sum) : sum_(sum), rows_(sum.rows(), 64) {}

  void add(std::span<const double> weights, double importance) {
    const auto n = static_cast<Eigen::Index>(weights.size());
    rows_.col(used_++) =
        std::sqrt(importance) * Eigen::Map<const Eigen::VectorXd>(weights.data(), n);
    if (used_ == rows_.cols()) flush();
  }

  void flush() {
    if (used_ > 0) sum_.selfadjointView<Eigen::Lower>().rankUpdate(rows_.leftCols(used_));
    used_ = 0;
  }

 private:
  Eigen::MatrixXd& sum_;
  Eigen::MatrixXd rows_;
  Eigen::Index used_ = 0;
};

// One right-hand side, with the columns in `free` only; the others stay 0.
Eigen::VectorXd solve_free(const Eigen::MatrixXd& a, const Eigen::VectorXd& b,
                           const std::vector<Eigen::Index>& free, double ridge) {
  const auto n = static_cast<Eigen::Index>(free.size());
  Eigen::MatrixXd sub(n, n);
  Eigen::VectorXd rhs(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    rhs(i) = b(free[static_cast<std::size_t>(i)]);
    for (Eigen::Index j = 0; j < n; ++j) {
      sub(i, j) = a(free[static_cast<std::size_t>(i)], free[static_cast<std::size_t>(j)]);
    }
    sub(i, i) += ridge;
  }
  const Eigen::VectorXd x = sub.ldlt().solve(rhs);
  Eigen::VectorXd full = Eigen::VectorXd::Zero(a.rows());
  for (Eigen::Index i = 0; i < n; ++i) full(free[static_cast<std::size_t>(i)]) = x(i);
  return full;
}

Eigen::VectorXd solve_one(const Eigen::MatrixXd& a, const Eigen::VectorXd& b,
                          const std::vector<Eigen::Index>& candidates, double ridge) {
  // Nearly always every power is positive and the first solution is the answer; otherwise the
  // negative ones are fixed at 0, and one is let go again where the gradient asks for it.
  std::vector<Eigen::Index> free = candidates;
  Eigen::VectorXd x = solve_free(a, b, free, ridge);
  for (std::size_t round = 0; round < 3 * candidates.size() + 3; ++round) {
    const auto negative = [&](Eigen::Index j) { return x(j) < 0.0; };
    const auto first = std::remove_if(free.begin(), free.end(), negative);
    if (first != free.end()) {
      free.erase(first, free.end());
      x = solve_free(a, b, free, ridge);
      continue;
    }
    const Eigen::VectorXd gradient = b - a * x;
    Eigen::Index best = -1;
    double best_gain = 1e-9 * b.cwiseAbs().maxCoeff();
    for (const Eigen::Index j : candidates) {
      const bool is_free = std::find(free.begin(), free.end(), j) != free.end();
      if (!is_free && gradient(j) > best_gain) {
        best_gain = gradient(j);
        best = j;
      }
    }
    if (best < 0) break;
    free.push_back(best);
    std::sort(free.begin(), free.end());
    x = solve_free(a, b, free, ridge);
    if (x(best) <= 0.0) break;  // rounding: letting it go does not help
  }
  return x.cwiseMax(0.0);
}

}  // namespace

namespace {

// Lower triangle of `a` alone.
NormalEquations accumulate_part(const Segments& segments, const Readings& readings,
                                const Response& response, std::size_t first, std::size_t end) {
  const auto n = static_cast<Eigen::Index>(segments.columns());
  const auto channels = static_cast<Eigen::Index>(readings.channels);
  NormalEquations sum{Eigen::MatrixXd::Zero(n, n), Eigen::MatrixXd::Zero(n, channels),
                      Eigen::VectorXd::Zero(channels), 0.0};
  DesignRow row(segments, response);
  FullRows full(sum.a);
  for (std::size_t k = first; k < end; ++k) {
    const double importance = readings.weight[k];
    if (importance == 0.0) continue;
    readings.compute(row, k);
    const auto weights = row.weights();
    const auto touched = row.touched();
    const auto value = readings.row(k);
    if (kFullShare * touched.size() >= weights.size()) {
      full.add(weights, importance);
    } else {
      for (const std::uint32_t i : touched) {
        const double wi = importance * weights[i];
        for (const std::uint32_t j : touched) {
          if (j <= i) sum.a(i, j) += wi * weights[j];
        }
      }
    }
    for (Eigen::Index c = 0; c < channels; ++c) {
      const double y = importance * value[static_cast<std::size_t>(c)];
      for (const std::uint32_t i : touched) sum.b(i, c) += weights[i] * y;
      sum.yy(c) += y * value[static_cast<std::size_t>(c)];
    }
    sum.weight += importance;
  }
  full.flush();
  return sum;
}

}  // namespace

NormalEquations accumulate(const Segments& segments, const Readings& readings,
                           const Response& response) {
  std::vector<NormalEquations> parts =
      for_each_chunk(readings.size(), [&](std::size_t first, std::size_t end) {
        return accumulate_part(segments, readings, response, first, end);
      });
  NormalEquations sum = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    sum.a += parts[i].a;
    sum.b += parts[i].b;
    sum.yy += parts[i].yy;
    sum.weight += parts[i].weight;
  }
  sum.a.triangularView<Eigen::StrictlyUpper>() = sum.a.transpose();
  return sum;
}

std::vector<bool> touched_columns(const Eigen::MatrixXd& a) {
  std::vector<bool> touched(static_cast<std::size_t>(a.rows()));
  for (Eigen::Index i = 0; i < a.rows(); ++i) touched[static_cast<std::size_t>(i)] = a(i, i) > 0.0;
  return touched;
}

Eigen::MatrixXd solve_non_negative(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  std::vector<Eigen::Index> candidates;
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    if (a(i, i) > 0.0) candidates.push_back(i);
  }
  Eigen::MatrixXd p = Eigen::MatrixXd::Zero(a.rows(), b.cols());
  if (candidates.empty()) return p;
  const double ridge = kRidge * a.diagonal().maxCoeff();
  for (Eigen::Index c = 0; c < b.cols(); ++c) {
    p.col(c) = solve_one(a, b.col(c), candidates, ridge);
  }
  return p;
}

double residual_sum(const NormalEquations& equations, const Eigen::MatrixXd& p,
                    std::size_t channel) {
  const auto c = static_cast<Eigen::Index>(channel);
  const Eigen::VectorXd x = p.col(c);
  const double sum = equations.yy(c) - 2.0 * x.dot(equations.b.col(c)) + x.dot(equations.a * x);
  return std::max(sum, 0.0);
}

}  // namespace layerwatt
