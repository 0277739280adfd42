#include "attribution/response_refine.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <span>

#include "attribution/expected_reading.hpp"
#include "attribution/parallel.hpp"

namespace layerwatt {
namespace {

struct Point {
  NormalEquations equations;
  Eigen::MatrixXd p;
  double sum = 0.0;
};

Point evaluate(const Segments& segments, const Readings& readings, const Response& response) {
  Point point{accumulate(segments, readings, response), {}, 0.0};
  point.p = solve_non_negative(point.equations.a, point.equations.b.leftCols(1));
  point.sum = residual_sum(point.equations, point.p, 0);
  return point;
}

// Slopes of the residual sum with the powers projected out: gᵀe and gᵀ(I − W A⁻¹ Wᵀ)g.
struct Slopes {
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian;
};

struct SlopeSums {
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian;  // Σ g gᵀ
  Eigen::MatrixXd cross;    // Σ w gᵀ
};

SlopeSums sum_slopes(const Segments& segments, const Readings& readings, const Response& response,
                     const std::vector<Parameter>& free, const Point& point, std::size_t first,
                     std::size_t end) {
  const auto q = static_cast<Eigen::Index>(free.size());
  const auto n = static_cast<Eigen::Index>(segments.columns());
  DesignRow row(segments, response);
  const std::span<const double> column_mw(point.p.data(), static_cast<std::size_t>(n));
  ExpectedReading expected(segments, response, column_mw, row.decays());
  std::vector<ExpectedReading> moved;
  std::vector<double> step;
  for (const Parameter parameter : free) {
    step.push_back(difference_step(response, parameter));
    moved.emplace_back(segments, with(response, parameter, get(response, parameter) + step.back()),
                       column_mw, row.decays());
  }
  SlopeSums sums{Eigen::VectorXd::Zero(q), Eigen::MatrixXd::Zero(q, q),
                 Eigen::MatrixXd::Zero(n, q)};
  Eigen::VectorXd g(q);
  for (std::size_t k = first; k < end; ++k) {
    const double importance = readings.weight[k];
    if (importance == 0.0) continue;
    readings.compute(row, k);
    readings.compute(expected, k);
    const double predicted = expected.mw();
    const double error = readings.row(k)[0] - predicted;
    for (Eigen::Index i = 0; i < q; ++i) {
      ExpectedReading& other = moved[static_cast<std::size_t>(i)];
      readings.compute(other, k);
      g(i) = (other.mw() - predicted) / step[static_cast<std::size_t>(i)];
    }
    sums.gradient += importance * error * g;
    sums.hessian += importance * g * g.transpose();
    const auto weights = row.weights();
    for (const std::uint32_t i : row.touched()) {
      sums.cross.row(i) += importance * weights[i] * g.transpose();
    }
  }
  return sums;
}

Slopes slopes_at(const Segments& segments, const Readings& readings, const Response& response,
                 const std::vector<Parameter>& free, const Point& point) {
  const std::vector<SlopeSums> parts =
      for_each_chunk(readings.size(), [&](std::size_t first, std::size_t end) {
        return sum_slopes(segments, readings, response, free, point, first, end);
      });
  Slopes slopes{parts.front().gradient, parts.front().hessian};
  Eigen::MatrixXd cross = parts.front().cross;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    slopes.gradient += parts[i].gradient;
    slopes.hessian += parts[i].hessian;
    cross += parts[i].cross;
  }
  Eigen::MatrixXd a = point.equations.a;
  a.diagonal().array() += 1e-12 * a.diagonal().maxCoeff();
  slopes.hessian -= cross.transpose() * a.ldlt().solve(cross);
  return slopes;
}

}  // namespace

std::vector<Parameter> free_parameters(const KnownResponse& known) {
  std::vector<Parameter> free;
  if (!known.latency_ms) free.push_back(Parameter::latency);
  if (!known.window_ms) free.push_back(Parameter::window);
  if (!known.time_constant_ms) free.push_back(Parameter::time_constant);
  return free;
}

double get(const Response& response, Parameter parameter) {
  switch (parameter) {
    case Parameter::latency:
      return response.latency_ms;
    case Parameter::window:
      return response.window_ms;
    case Parameter::time_constant:
      return response.time_constant_ms;
  }
  return 0.0;
}

Response with(Response response, Parameter parameter, double value) {
  switch (parameter) {
    case Parameter::latency:
      response.latency_ms = value;
      break;
    case Parameter::window:
      response.window_ms = std::max(value, 0.0);
      break;
    case Parameter::time_constant:
      response.time_constant_ms = std::max(value, 0.0);
      break;
  }
  return response;
}

double difference_step(const Response& response, Parameter parameter) {
  switch (parameter) {
    case Parameter::latency:
      return 1e-3;
    case Parameter::window:
      return 1e-3;
    case Parameter::time_constant:
      return std::max(2e-3, 0.01 * response.time_constant_ms);
  }
  return 1e-3;
}

Refined refine_response(const Segments& segments, const Readings& readings, Response start,
                        const std::vector<Parameter>& free, std::size_t rounds) {
  Response response = start;
  Point point = evaluate(segments, readings, response);
  const auto q = static_cast<Eigen::Index>(free.size());
  double damping = 1e-3;
  for (std::size_t round = 0; round < rounds && q > 0; ++round) {
    const Slopes slopes = slopes_at(segments, readings, response, free, point);
    bool better = false;
    double gain = 0.0;
    for (int attempt = 0; attempt < 6 && !better; ++attempt) {
      // A parameter at its bound 0 that wants to go below it stays there for this step.
      Eigen::MatrixXd h = slopes.hessian;
      Eigen::VectorXd r = slopes.gradient;
      for (Eigen::Index i = 0; i < q; ++i) {
        const bool bounded = free[static_cast<std::size_t>(i)] != Parameter::latency;
        h(i, i) = h(i, i) * (1.0 + damping) + 1e-30;
        if (bounded && get(response, free[static_cast<std::size_t>(i)]) <= 0.0 && r(i) < 0.0) {
          h.row(i).setZero();
          h.col(i).setZero();
          h(i, i) = 1.0;
          r(i) = 0.0;
        }
      }
      const Eigen::VectorXd step = h.ldlt().solve(r);
      Response next = response;
      for (Eigen::Index i = 0; i < q; ++i) {
        const Parameter parameter = free[static_cast<std::size_t>(i)];
        next = with(next, parameter, get(response, parameter) + step(i));
      }
      Point trial = evaluate(segments, readings, next);
      if (std::isfinite(trial.sum) && trial.sum < point.sum) {
        gain = (point.sum - trial.sum) / point.sum;
        response = next;
        point = std::move(trial);
        damping = std::max(damping * 0.2, 1e-9);
        better = true;
      } else {
        damping = std::max(damping * 8.0, 1e-3);
      }
    }
    // One standard deviation of a parameter is worth 1 / readings.
    const double enough = 0.003 / std::max(1.0, static_cast<double>(readings.size()));
    if (!better || gain < std::min(enough, 1e-6)) break;
  }
  Refined refined;
  refined.response = response;
  refined.mean_square = point.sum / std::max(point.equations.weight, 1.0);
  return refined;
}

Eigen::MatrixXd white_covariance(const Segments& segments, const Readings& readings,
                                 const Refined& refined, const std::vector<Parameter>& free) {
  if (free.empty()) return {};
  const Point point = evaluate(segments, readings, refined.response);
  Eigen::MatrixXd h = slopes_at(segments, readings, refined.response, free, point).hessian;
  h.diagonal().array() += 1e-12 * h.diagonal().cwiseAbs().maxCoeff() + 1e-300;
  return h.inverse() * refined.mean_square;
}

}  // namespace layerwatt
