// Readings folded onto the phase of the inference, and the model there: a circular convolution, so
// in harmonics of the inference the box and the low pass are factors and latency is a phase.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <complex>
#include <cstddef>
#include <optional>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// The mean inference: shares of the cycle (start to start) at which parts begin and end.
struct Cycle {
  double period_ms = 0.0;
  std::vector<double> edge;  // ascending, 0 … 1
  std::vector<std::size_t> part_of_layer;
  std::optional<std::size_t> outside;  // the part after the layers, where there is one
};

// Where a response's weight lies before the moment that a reading is stamped with.
double middle_ms(const Response& response);

Cycle mean_cycle(const Iterations& iterations, const Segments& segments);

// The folded problem in real numbers: rows are real and imaginary parts of harmonics.
class FoldedProblem {
 public:
  FoldedProblem(const Cycle& cycle, std::size_t harmonics);

  Eigen::Index rows() const { return 2 * static_cast<Eigen::Index>(harmonics_); }

  Eigen::Index parts() const { return parts_.cols(); }

  // What was read, turned back by `turn_ms`: the latency minus the fold's own shift.
  Eigen::VectorXd reading(const std::vector<std::complex<double>>& folded, double turn_ms) const;

  // For one shape of the response, from the products of its parts with readings, a column each
  // (matched_folds.hpp): what of the readings' squares the best powers explain, and those powers.
  class Fit {
   public:
    Fit(const Eigen::MatrixXd& squared, const Eigen::MatrixXd& products);
    double explained(Eigen::Index reading) const { return half_.col(reading).squaredNorm(); }
    Eigen::VectorXd power_mw(Eigen::Index reading) const;

   private:
    Eigen::LLT<Eigen::MatrixXd> factor_;
    Eigen::MatrixXd half_;  // L⁻¹ of the products
  };
  Fit fit(double window_ms, double tau_ms, const Eigen::MatrixXd& products) const;

  // The least of the readings' misfits with powers that are not negative, which a wrong response
  // mostly needs; `least` is the reading's index. Costlier.
  double misfit_of_powers(double window_ms, double tau_ms, const Eigen::MatrixXd& readings,
                          Eigen::Index& least) const;

 private:
  Eigen::MatrixXd shaped(double window_ms, double tau_ms) const;
  // wᵀw of the model for a shape, with a ridge.
  static Eigen::MatrixXd squared(const Eigen::MatrixXd& model);

  double period_ms_;
  std::size_t harmonics_;
  Eigen::MatrixXcd parts_;
};

// The readings folded at every shift from 0 on that a search can ask for, so that jitter of the
// inferences between a reading and its stamp does not smear it.
class Folds {
 public:
  Folds(const Iterations& iterations, const Segments& segments, const Readings& readings,
        std::size_t harmonics, double spacing_ms, double farthest_ms);

  std::size_t size() const { return folds_.size(); }
  std::size_t harmonics() const { return folds_.front().size(); }
  long nearest(double middle_ms) const;
  double back_ms(long index) const { return static_cast<double>(index) * spacing_ms_; }
  const std::vector<std::complex<double>>& at(long index) const {
    return folds_[static_cast<std::size_t>(index)];
  }

 private:
  double spacing_ms_;
  std::vector<std::vector<std::complex<double>>> folds_;
};

}  // namespace layerwatt
