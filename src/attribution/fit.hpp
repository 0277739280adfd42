// Linear least squares of readings on the columns of Segments, by streamed normal equations:
// memory O(columns²), never a matrix of readings × columns.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

#include "attribution/design.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// Readings by ascending time. `value` holds one number a channel: the total first, then each rail.
struct Readings {
  std::vector<double> time_ms;  // on the axis of Segments
  std::vector<double> weight;   // 0 takes a reading out (an outlier)
  std::vector<double> value;    // row-major, size() × channels
  std::size_t channels = 1;
  std::vector<double> window_ms;  // one a reading where they differ (energy counters), else empty

  std::size_t size() const { return time_ms.size(); }
  // For a DesignRow or an ExpectedReading.
  template <class Model>
  void compute(Model& model, std::size_t i) const {
    if (window_ms.empty()) {
      model.compute(time_ms[i]);
    } else {
      model.compute(time_ms[i], window_ms[i]);
    }
  }
  std::span<const double> row(std::size_t i) const {
    return {value.data() + i * channels, channels};
  }
};

struct NormalEquations {
  Eigen::MatrixXd a;   // Σ w wᵀ
  Eigen::MatrixXd b;   // Σ w yᵀ, columns × channels
  Eigen::VectorXd yy;  // Σ y², a channel
  double weight = 0.0;
};

NormalEquations accumulate(const Segments& segments, const Readings& readings,
                           const Response& response);

// Solves a p = b with p ≥ 0, a column of b at a time (Lawson & Hanson's active set on the normal
// equations). Columns that no reading touches get 0. `a` may be singular: a ridge of 1e-12 of its
// largest diagonal entry decides there, and the covariance shows it.
Eigen::MatrixXd solve_non_negative(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b);

// Residual sum of squares of a solution, from the normal equations alone.
double residual_sum(const NormalEquations& equations, const Eigen::MatrixXd& p,
                    std::size_t channel);

// The columns that some reading touches; a fit over others has no meaning.
std::vector<bool> touched_columns(const Eigen::MatrixXd& a);

}  // namespace layerwatt
