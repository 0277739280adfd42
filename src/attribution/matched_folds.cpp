#include "attribution/matched_folds.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attribution/parallel.hpp"

namespace layerwatt {
namespace {

using Complex = std::complex<double>;
constexpr double kTwoPi = 2.0 * std::numbers::pi;
// Per turn of the highest harmonic: cubic pieces between them are within 0.1 % of that one
// ((2π/8)⁴ / 384), which has the least part in what is integrated twice.
constexpr std::size_t kNodesPerTurn = 8;
// A box no wider is one of this width.
constexpr double kShortestMs = 1e-3;

}  // namespace

MatchedFolds::MatchedFolds(const Cycle& cycle, const Folds& folds,
                           const std::vector<double>& taus_ms)
    : cycle_(cycle), folds_(folds), nodes_(kNodesPerTurn * folds.harmonics()) {
  for (std::size_t f = 0; f < folds.size(); ++f) {
    const auto& fold = folds.at(static_cast<long>(f));
    Squares squares{std::norm(fold[0]), std::norm(fold[0])};
    for (std::size_t h = 1; h < fold.size(); ++h) squares.total += 2.0 * std::norm(fold[h]);
    squares_.push_back(squares);
  }
  for (const double tau : taus_ms) ramps_[tau].resize(folds.size());
  for (auto& [tau, ramps] : ramps_) {
    for_each_in_parallel(ramps.size(), [&, tau = tau, &ramps = ramps](std::size_t f) {
      ramps[f] = ramp_of(folds_.at(static_cast<long>(f)), tau);
    });
  }
}

MatchedFolds::Ramp MatchedFolds::ramp_of(const std::vector<Complex>& fold, double tau_ms) const {
  std::vector<Complex> turn(nodes_);
  for (std::size_t i = 0; i < nodes_; ++i) {
    turn[i] = std::polar(1.0, kTwoPi * static_cast<double>(i) / static_cast<double>(nodes_));
  }
  const double node_ms = cycle_.period_ms / static_cast<double>(nodes_);
  Ramp ramp{std::vector<double>(nodes_, 0.0), std::vector<double>(nodes_, 0.0)};
  for (std::size_t h = 1; h < fold.size(); ++h) {
    const double omega = kTwoPi * static_cast<double>(h) / cycle_.period_ms;
    const Complex once = 2.0 * fold[h] / Complex(1.0, -omega * tau_ms) / Complex(0.0, omega);
    const Complex twice = once / Complex(0.0, omega);
    for (std::size_t i = 0; i < nodes_; ++i) {
      const Complex& here = turn[i * h % nodes_];
      ramp.value[i] += twice.real() * here.real() - twice.imag() * here.imag();
      ramp.slope[i] += node_ms * (once.real() * here.real() - once.imag() * here.imag());
    }
  }
  return ramp;
}

// Cubic between two nodes. `nodes`: 0 or more, any number of turns.
double MatchedFolds::at(const Ramp& ramp, double nodes) const {
  const auto whole = static_cast<std::size_t>(nodes);
  const double x = nodes - static_cast<double>(whole);
  const std::size_t i = whole % nodes_;
  const std::size_t j = i + 1 < nodes_ ? i + 1 : 0;
  const double step = ramp.value[j] - ramp.value[i];
  const double bend_i = ramp.slope[i] - step;
  const double bend_j = step - ramp.slope[j];
  return ramp.value[i] + x * (step + (1.0 - x) * (bend_i + x * (bend_j - bend_i)));
}

MatchedFolds::Squares MatchedFolds::products(const Response& response,
                                             std::span<double> product) const {
  const double window_ms = std::max(response.window_ms, kShortestMs);
  const long index = folds_.nearest(middle_ms(response));
  const Ramp& ramp = ramps_.at(response.time_constant_ms)[static_cast<std::size_t>(index)];
  const double mean_mw = folds_.at(index)[0].real();
  const double per_ms = static_cast<double>(nodes_) / cycle_.period_ms;
  const double turns = static_cast<double>(nodes_);
  const auto wrapped = [&](double ms) {
    const double nodes = ms * per_ms;
    return std::max(0.0, nodes - turns * std::floor(nodes / turns));
  };
  const double begin = wrapped(response.latency_ms - folds_.back_ms(index));
  const double end = begin + wrapped(window_ms);
  const double scale = 1.0 / (window_ms * cycle_.period_ms);
  double before = at(ramp, end) - at(ramp, begin);
  for (std::size_t j = 0; j + 1 < cycle_.edge.size(); ++j) {
    const double edge = turns * cycle_.edge[j + 1];
    const double after = at(ramp, end + edge) - at(ramp, begin + edge);
    product[j] = mean_mw * (cycle_.edge[j + 1] - cycle_.edge[j]) + (after - before) * scale;
    before = after;
  }
  return squares_[static_cast<std::size_t>(index)];
}

}  // namespace layerwatt
