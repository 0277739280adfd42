#include "attribution/folded.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace layerwatt {
namespace {

using Complex = std::complex<double>;
constexpr double kTwoPi = 2.0 * std::numbers::pi;
constexpr std::size_t kBins = 512;
// More unknowns than harmonics cannot be told apart here; the fine fit uses every layer again.
constexpr std::size_t kMostParts = 96;

// Mean reading by phase, of readings moved back in time by `back_ms`; empty bins are filled from
// their neighbours.
std::vector<double> fold(const Iterations& iterations, const Segments& segments,
                         const Readings& readings, double back_ms) {
  std::vector<double> sum(kBins, 0.0);
  std::vector<double> count(kBins, 0.0);
  std::size_t i = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.weight[k] == 0.0) continue;
    const double t = readings.time_ms[k] - back_ms;
    while (i + 2 < iterations.size() && segments.ms(iterations.start_ns[i + 1]) <= t) ++i;
    if (i + 1 >= iterations.size()) break;
    const double begin = segments.ms(iterations.start_ns[i]);
    const double end = segments.ms(iterations.start_ns[i + 1]);
    if (t < begin || t >= end) continue;
    const double phase = (t - begin) / (end - begin);
    const auto bin = std::min(static_cast<std::size_t>(phase * kBins), kBins - 1);
    sum[bin] += readings.value[k * readings.channels];
    count[bin] += 1.0;
  }
  std::vector<double> mean(kBins, 0.0);
  std::size_t last = kBins;
  for (std::size_t pass = 0; pass < 2 * kBins; ++pass) {
    const std::size_t bin = pass % kBins;
    if (count[bin] > 0.0) {
      mean[bin] = sum[bin] / count[bin];
      last = bin;
    } else if (last < kBins) {
      mean[bin] = mean[last];
    }
  }
  return mean;
}

std::vector<Complex> harmonics_of(const std::vector<double>& folded, std::size_t count) {
  std::vector<Complex> out(count);
  const double bins = static_cast<double>(folded.size());
  for (std::size_t h = 0; h < count; ++h) {
    // The bin's own width and centre are taken out again.
    const double turn = kTwoPi * static_cast<double>(h);
    const Complex spin = std::polar(1.0, -turn / bins);
    Complex at = std::polar(1.0, -0.5 * turn / bins);
    Complex sum = 0.0;
    for (const double value : folded) {
      sum += value * at;
      at *= spin;
    }
    const double half = 0.5 * turn / bins;
    const double sinc = half > 0.0 ? std::sin(half) / half : 1.0;
    out[h] = sum / (bins * sinc);
  }
  return out;
}

// Fourier coefficients of the indicator of each part: harmonics × parts.
Eigen::MatrixXcd part_harmonics(const Cycle& cycle, std::size_t count) {
  const std::size_t parts = cycle.edge.size() - 1;
  Eigen::MatrixXcd out(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(parts));
  for (std::size_t h = 0; h < count; ++h) {
    for (std::size_t j = 0; j < parts; ++j) {
      const double a = cycle.edge[j];
      const double b = cycle.edge[j + 1];
      Complex value = b - a;
      if (h > 0) {
        const double turn = kTwoPi * static_cast<double>(h);
        value = (std::polar(1.0, -turn * a) - std::polar(1.0, -turn * b)) / Complex(0.0, turn);
      }
      out(static_cast<Eigen::Index>(h), static_cast<Eigen::Index>(j)) = value;
    }
  }
  return out;
}

// Gain of box and low pass at harmonic h, without latency.
Complex gain(double window_ms, double tau_ms, double period_ms, std::size_t h) {
  const double omega = kTwoPi * static_cast<double>(h) / period_ms;
  Complex value = 1.0;
  if (window_ms > 0.0 && h > 0) {
    const Complex turn(0.0, omega * window_ms);
    value = (1.0 - std::exp(-turn)) / turn;
  }
  return value / Complex(1.0, omega * tau_ms);
}

}  // namespace

double middle_ms(const Response& response) {
  return response.latency_ms + 0.5 * response.window_ms + response.time_constant_ms;
}

Cycle mean_cycle(const Iterations& iterations, const Segments& segments) {
  const std::size_t n = iterations.size();
  const std::size_t layers = iterations.layers.size();
  std::vector<double> mean(layers, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = iterations.row(i);
    for (std::size_t j = 0; j < layers; ++j) {
      if (!std::isnan(row[j])) mean[j] += row[j] / static_cast<double>(n);
    }
  }
  Cycle cycle;
  const double inference_ms =
      segments.ms(iterations.end_ns.back()) - segments.ms(iterations.start_ns.front());
  cycle.period_ms =
      n > 1 ? (segments.ms(iterations.start_ns.back())) / static_cast<double>(n - 1) : inference_ms;
  const std::size_t merge = (layers + kMostParts - 1) / kMostParts;
  double at = 0.0;
  cycle.edge.push_back(0.0);
  for (std::size_t j = 0; j < layers; ++j) {
    at += mean[j] / cycle.period_ms;
    cycle.part_of_layer.push_back(cycle.edge.size() - 1);
    if (j % merge == merge - 1 || j + 1 == layers) cycle.edge.push_back(std::min(at, 1.0));
  }
  if (at < 1.0 - 1e-6) {
    cycle.outside = cycle.edge.size() - 1;
    cycle.edge.push_back(1.0);
  }
  return cycle;
}

FoldedProblem::FoldedProblem(const Cycle& cycle, std::size_t harmonics)
    : period_ms_(cycle.period_ms),
      harmonics_(harmonics),
      parts_(part_harmonics(cycle, harmonics)) {}

Eigen::VectorXd FoldedProblem::reading(const std::vector<Complex>& folded, double turn_ms) const {
  Eigen::VectorXd y(2 * static_cast<Eigen::Index>(harmonics_));
  const Complex first = std::polar(1.0, kTwoPi * turn_ms / period_ms_);
  Complex turned = 1.0;
  for (std::size_t h = 0; h < harmonics_; ++h, turned *= first) {
    const double twice = h == 0 ? 1.0 : std::numbers::sqrt2;  // h and −h
    const Complex value = twice * folded[h] * turned;
    y(2 * static_cast<Eigen::Index>(h)) = value.real();
    y(2 * static_cast<Eigen::Index>(h) + 1) = value.imag();
  }
  return y;
}

Eigen::MatrixXd FoldedProblem::squared(const Eigen::MatrixXd& model) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(model.cols(), model.cols());
  a.selfadjointView<Eigen::Lower>().rankUpdate(model.transpose());
  a.triangularView<Eigen::StrictlyUpper>() = a.transpose();
  a.diagonal().array() += 1e-7 * a.diagonal().maxCoeff();
  return a;
}

FoldedProblem::Fit::Fit(const Eigen::MatrixXd& squared, const Eigen::MatrixXd& products)
    : factor_(squared), half_(factor_.matrixL().solve(products)) {}

Eigen::VectorXd FoldedProblem::Fit::power_mw(Eigen::Index reading) const {
  return factor_.matrixU().solve(half_.col(reading));
}

FoldedProblem::Fit FoldedProblem::fit(double window_ms, double tau_ms,
                                      const Eigen::MatrixXd& products) const {
  return {squared(shaped(window_ms, tau_ms)), products};
}

double FoldedProblem::misfit_of_powers(double window_ms, double tau_ms,
                                       const Eigen::MatrixXd& readings, Eigen::Index& least) const {
  const Eigen::MatrixXd model = shaped(window_ms, tau_ms);
  const Eigen::MatrixXd a = squared(model);
  const Eigen::MatrixXd rhs = model.transpose() * readings;
  const Eigen::MatrixXd p = solve_non_negative(a, rhs);
  double best = std::numeric_limits<double>::infinity();
  for (Eigen::Index i = 0; i < readings.cols(); ++i) {
    const double total = readings.col(i).squaredNorm();
    const double left = total - 2.0 * p.col(i).dot(rhs.col(i)) + p.col(i).dot(a * p.col(i));
    const double misfit = left / std::max(total - readings(0, i) * readings(0, i), 1e-300);
    if (misfit < best) {
      best = misfit;
      least = i;
    }
  }
  return best;
}

Eigen::MatrixXd FoldedProblem::shaped(double window_ms, double tau_ms) const {
  Eigen::MatrixXd model(2 * parts_.rows(), parts_.cols());
  for (Eigen::Index h = 0; h < parts_.rows(); ++h) {
    const double twice = h == 0 ? 1.0 : std::numbers::sqrt2;
    const Eigen::RowVectorXcd row =
        parts_.row(h) * (twice * gain(window_ms, tau_ms, period_ms_, static_cast<std::size_t>(h)));
    model.row(2 * h) = row.real();
    model.row(2 * h + 1) = row.imag();
  }
  return model;
}

Folds::Folds(const Iterations& iterations, const Segments& segments, const Readings& readings,
             std::size_t harmonics, double spacing_ms, double farthest_ms)
    : spacing_ms_(spacing_ms) {
  for (long index = 0; back_ms(index) < farthest_ms + spacing_ms; ++index) {
    folds_.push_back(harmonics_of(fold(iterations, segments, readings, back_ms(index)), harmonics));
  }
}

long Folds::nearest(double middle_ms) const {
  const long last = static_cast<long>(folds_.size()) - 1;
  return std::clamp(std::lround(middle_ms / spacing_ms_), 0L, last);
}

}  // namespace layerwatt
