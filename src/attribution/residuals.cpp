#include "attribution/residuals.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "attribution/design.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kPhaseBins = 48;
// Gauss–Hermite, five nodes: the variance of a smooth function under a normal shift of its
// argument.
constexpr std::array<double, 5> kNode = {-2.8569700138728056, -1.3556261799742659, 0.0,
                                         1.3556261799742659, 2.8569700138728056};
constexpr std::array<double, 5> kNodeWeight = {0.011257411327720689, 0.22207592200561265,
                                               0.53333333333333333, 0.22207592200561265,
                                               0.011257411327720689};

double predict(const DesignRow& row, const Eigen::MatrixXd& p) {
  double sum = 0.0;
  const auto weights = row.weights();
  for (const std::uint32_t i : row.touched()) sum += weights[i] * p(i, 0);
  return sum;
}

}  // namespace

Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       double trial_ms) {
  const NormalEquations equations = accumulate(segments, readings, response);
  const Eigen::MatrixXd p = solve_non_negative(equations.a, equations.b.leftCols(1));
  DesignRow row(segments, response);
  std::vector<DesignRow> shifted;
  for (const double node : kNode) {
    Response sharp = response;
    sharp.blur_ms = 0.0;
    sharp.latency_ms += node * trial_ms;
    shifted.emplace_back(segments, sharp);
  }
  Residuals out;
  out.residual_mw.reserve(readings.size());
  out.scatter_mw2.reserve(readings.size());
  for (std::size_t k = 0; k < readings.size(); ++k) {
    readings.compute(row, k);
    out.residual_mw.push_back(readings.row(k)[0] - predict(row, p));
    double mean = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < kNode.size(); ++i) {
      readings.compute(shifted[i], k);
      const double y = predict(shifted[i], p);
      mean += kNodeWeight[i] * y;
      square += kNodeWeight[i] * y * y;
    }
    out.scatter_mw2.push_back(std::max(square - mean * mean, 0.0));
  }
  return out;
}

double structure_left(const Iterations& iterations, const Segments& segments,
                      const Readings& readings, const Residuals& residuals) {
  std::vector<double> sum(kPhaseBins, 0.0);
  std::vector<double> weight(kPhaseBins, 0.0);
  double total = 0.0;
  double used = 0.0;
  std::size_t i = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double t = readings.time_ms[k];
    while (i + 2 < iterations.size() && segments.ms(iterations.start_ns[i + 1]) <= t) ++i;
    if (i + 1 >= iterations.size()) break;
    const double begin = segments.ms(iterations.start_ns[i]);
    const double end = segments.ms(iterations.start_ns[i + 1]);
    if (t < begin || t >= end || readings.weight[k] == 0.0) continue;
    const double phase = (t - begin) / (end - begin);
    const auto bin = std::min(static_cast<std::size_t>(phase * kPhaseBins), kPhaseBins - 1);
    const double r = residuals.residual_mw[k];
    sum[bin] += readings.weight[k] * r;
    weight[bin] += readings.weight[k];
    total += readings.weight[k] * r * r;
    used += 1.0;
  }
  if (total <= 0.0 || used <= 2.0 * kPhaseBins) return 0.0;
  double explained = 0.0;
  for (std::size_t bin = 0; bin < kPhaseBins; ++bin) {
    if (weight[bin] > 0.0) explained += sum[bin] * sum[bin] / weight[bin];
  }
  const double chance = static_cast<double>(kPhaseBins) / used;
  return std::max(0.0, explained / total - chance);
}

}  // namespace layerwatt
