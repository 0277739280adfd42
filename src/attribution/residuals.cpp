#include "attribution/residuals.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>

#include "attribution/expected_reading.hpp"
#include "attribution/parallel.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kPhaseBins = 48;
constexpr double kReadingsPerBin = 60.0;
constexpr Eigen::Index kFollowed = 5;
// Gauss–Hermite, five nodes: the variance of a smooth function under a normal shift of its
// argument.
constexpr std::array<double, 5> kNode = {-2.8569700138728056, -1.3556261799742659, 0.0,
                                         1.3556261799742659, 2.8569700138728056};
constexpr std::array<double, 5> kNodeWeight = {0.011257411327720689, 0.22207592200561265,
                                               0.53333333333333333, 0.22207592200561265,
                                               0.011257411327720689};

// How much each inference's cycle is longer than the mean one, in standard deviations.
std::vector<double> relative_lengths(const Iterations& iterations, const Segments& segments) {
  std::vector<double> longer(iterations.size(), 0.0);
  double mean = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i + 1 < longer.size(); ++i) {
    longer[i] = segments.ms(iterations.start_ns[i + 1]) - segments.ms(iterations.start_ns[i]);
    mean += longer[i];
    square += longer[i] * longer[i];
  }
  const double n = std::max(1.0, static_cast<double>(longer.size()) - 1.0);
  mean /= n;
  const double std = std::sqrt(std::max(square / n - mean * mean, 0.0));
  for (std::size_t i = 0; i + 1 < longer.size(); ++i) {
    longer[i] = std > 1e-9 * mean ? (longer[i] - mean) / std : 0.0;
  }
  return longer;
}

}  // namespace

Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       double trial_ms) {
  const NormalEquations equations = accumulate(segments, readings, response);
  const Eigen::MatrixXd p = solve_non_negative(equations.a, equations.b.leftCols(1));
  return residuals_of(segments, readings, response, {p.data(), static_cast<std::size_t>(p.rows())},
                      trial_ms);
}

namespace {

Residuals residuals_of_part(const Segments& segments, const Readings& readings,
                            const Response& response, std::span<const double> column_mw,
                            double trial_ms, std::size_t first, std::size_t end) {
  ExpectedReading expected(segments, response, column_mw);
  std::vector<ExpectedReading> shifted;
  for (std::size_t i = 0; trial_ms > 0.0 && i < kNode.size(); ++i) {
    Response sharp = response;
    sharp.blur_ms = 0.0;
    sharp.latency_ms += kNode[i] * trial_ms;
    shifted.emplace_back(segments, sharp, column_mw,
                         shifted.empty() ? expected.decays() : shifted.front().decays());
  }
  Residuals out;
  for (std::size_t k = first; k < end; ++k) {
    readings.compute(expected, k);
    out.residual_mw.push_back(readings.row(k)[0] - expected.mw());
    double mean = 0.0;
    double square = 0.0;
    for (std::size_t i = 0; i < shifted.size(); ++i) {
      readings.compute(shifted[i], k);
      const double y = shifted[i].mw();
      mean += kNodeWeight[i] * y;
      square += kNodeWeight[i] * y * y;
    }
    out.scatter_mw2.push_back(std::max(square - mean * mean, 0.0));
  }
  return out;
}

}  // namespace

Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       std::span<const double> column_mw, double trial_ms) {
  Residuals all;
  for (const Residuals& part :
       for_each_chunk(readings.size(), [&](std::size_t first, std::size_t end) {
         return residuals_of_part(segments, readings, response, column_mw, trial_ms, first, end);
       })) {
    all.residual_mw.insert(all.residual_mw.end(), part.residual_mw.begin(), part.residual_mw.end());
    all.scatter_mw2.insert(all.scatter_mw2.end(), part.scatter_mw2.begin(), part.scatter_mw2.end());
  }
  return all;
}

double Structure::chance() const {
  return readings > 0.0 ? 4.0 * std::sqrt(2.0 * unknowns) / readings : 1.0;
}

double Structure::variance_scale() const {
  return unknowns > 0.0 ? 1.0 + share * readings / unknowns : 1.0;
}

Structure structure_left(const Iterations& iterations, const Segments& segments,
                         const Readings& readings, const Residuals& residuals) {
  // What the residual may follow, phase by phase: nothing, or how much longer than the others this
  // inference was, the one before it, and so on.
  const std::vector<double> longer = relative_lengths(iterations, segments);
  const double bins = std::clamp(static_cast<double>(readings.size()) / kReadingsPerBin, 8.0,
                                 static_cast<double>(kPhaseBins));
  const auto bin_count = static_cast<std::size_t>(bins);
  std::vector<Eigen::MatrixXd> a(bin_count, Eigen::MatrixXd::Zero(kFollowed, kFollowed));
  std::vector<Eigen::VectorXd> b(bin_count, Eigen::VectorXd::Zero(kFollowed));
  double total = 0.0;
  double used = 0.0;
  std::size_t i = 0;
  Eigen::VectorXd x(kFollowed);
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double t = readings.time_ms[k];
    while (i + 2 < iterations.size() && segments.ms(iterations.start_ns[i + 1]) <= t) ++i;
    if (i + 1 >= iterations.size()) break;
    const double begin = segments.ms(iterations.start_ns[i]);
    const double end = segments.ms(iterations.start_ns[i + 1]);
    if (t < begin || t >= end || readings.weight[k] == 0.0) continue;
    const double phase = (t - begin) / (end - begin);
    const auto bin =
        std::min(static_cast<std::size_t>(phase * static_cast<double>(bin_count)), bin_count - 1);
    const double r = residuals.residual_mw[k];
    x(0) = 1.0;
    for (Eigen::Index lag = 1; lag < kFollowed; ++lag) {
      const auto back = static_cast<std::size_t>(lag - 1);
      x(lag) = back <= i ? longer[i - back] : 0.0;
    }
    a[bin] += readings.weight[k] * x * x.transpose();
    b[bin] += readings.weight[k] * r * x;
    total += readings.weight[k] * r * r;
    used += 1.0;
  }
  const double unknowns = bins * static_cast<double>(kFollowed);
  if (total <= 0.0 || used <= 2.0 * unknowns) return {0.0, unknowns, used};
  double explained = 0.0;
  for (std::size_t bin = 0; bin < bin_count; ++bin) {
    a[bin].diagonal().array() += 1e-9 * a[bin].trace() + 1e-300;
    explained += b[bin].dot(a[bin].ldlt().solve(b[bin]));
  }
  return {std::max(0.0, explained / total - unknowns / used), unknowns, used};
}

double neighbour_correlation(const Residuals& residuals, const Readings& readings) {
  double product = 0.0;
  double square = 0.0;
  std::size_t pairs = 0;
  for (std::size_t k = 0; k + 1 < readings.size(); ++k) {
    if (readings.weight[k] == 0.0 || readings.weight[k + 1] == 0.0) continue;
    const double a = residuals.residual_mw[k];
    const double b = residuals.residual_mw[k + 1];
    product += a * b;
    square += 0.5 * (a * a + b * b);
    ++pairs;
  }
  return pairs > 1 && square > 0.0 ? product / square : 0.0;
}

}  // namespace layerwatt
