#include "attribution/matched_folds.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

// The same products as a sum over harmonics, of the model's own columns.
std::vector<double> by_harmonics(const Cycle& cycle, const std::vector<std::complex<double>>& fold,
                                 const Response& response, double back_ms) {
  std::vector<double> products;
  for (std::size_t j = 0; j + 1 < cycle.edge.size(); ++j) {
    double sum = 0.0;
    for (std::size_t h = 0; h < fold.size(); ++h) {
      const std::complex<double> i(0.0, 1.0);
      const double turn = 2.0 * std::numbers::pi * static_cast<double>(h);
      const double omega = turn / cycle.period_ms;
      std::complex<double> part = cycle.edge[j + 1] - cycle.edge[j];
      if (h > 0) {
        const std::complex<double> box = response.window_ms > 0.0
                                             ? (1.0 - std::exp(-i * omega * response.window_ms)) /
                                                   (i * omega * response.window_ms)
                                             : 1.0;
        part = (std::exp(-i * turn * cycle.edge[j]) - std::exp(-i * turn * cycle.edge[j + 1])) /
               (i * turn) * box / (1.0 + i * omega * response.time_constant_ms);
      }
      const auto read = fold[h] * std::exp(i * omega * (response.latency_ms - back_ms));
      sum += (h == 0 ? 1.0 : 2.0) * (std::conj(part) * read).real();
    }
    products.push_back(sum);
  }
  return products;
}

TEST(MatchedFolds, AreTheSumsOverHarmonics) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 60.0);
  const std::vector<double> taus = {0.0, 1.2, 15.0};
  const MatchedFolds matched(cycle, folds, taus);
  const std::size_t parts = cycle.edge.size() - 1;
  // Windows of nothing, shorter than a layer, and longer than an inference; latencies before the
  // fold's own shift and behind it.
  for (const double window_ms : {0.0, 0.3, 2.2, 33.3}) {
    for (const double tau_ms : taus) {
      for (const double latency_ms : {0.0, 3.0, 7.7, 24.9}) {
        const Response response{window_ms, latency_ms, tau_ms, 0.0};
        std::vector<double> product(parts);
        matched.products(response, product);
        const long index = folds.nearest(latency_ms + 0.5 * window_ms + tau_ms);
        const auto sums = by_harmonics(cycle, folds.at(index), response, folds.back_ms(index));
        for (std::size_t j = 0; j < parts; ++j) {
          // With no window it is the slope between nodes that counts.
          EXPECT_NEAR(product[j], sums[j], (window_ms > 0.0 ? 1e-4 : 5e-4) * std::abs(sums[j]))
              << window_ms << ' ' << tau_ms << ' ' << latency_ms << ' ' << j;
        }
      }
    }
  }
}

// The integral is kept at 192 nodes a cycle: it is continued from the last to the first.
TEST(MatchedFolds, AreTheSumsOverHarmonicsFromOneEndOfTheCycleToTheOther) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 60.0);
  const MatchedFolds matched(cycle, folds, {1.2});
  const std::size_t parts = cycle.edge.size() - 1;
  for (int k = 0; k < 400; ++k) {
    const Response response{2.2, cycle.period_ms * k / 400.0, 1.2, 0.0};
    std::vector<double> product(parts);
    matched.products(response, product);
    const long index = folds.nearest(middle_ms(response));
    const auto sums = by_harmonics(cycle, folds.at(index), response, folds.back_ms(index));
    for (std::size_t j = 0; j < parts; ++j) {
      EXPECT_NEAR(product[j], sums[j], 1e-4 * std::abs(sums[j])) << k << ' ' << j;
    }
  }
}

TEST(MatchedFolds, SquaresAreOfWhatWasRead) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const FoldedProblem problem(cycle, 24);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 12.0);
  std::vector<double> product(cycle.edge.size() - 1);
  const auto squares = MatchedFolds(cycle, folds, {0.0}).products({2.2, 3.0, 0.0, 0.0}, product);
  const long index = folds.nearest(4.1);
  const Eigen::VectorXd y = problem.reading(folds.at(index), 3.0 - folds.back_ms(index));
  EXPECT_NEAR(squares.total, y.squaredNorm(), 1e-9 * y.squaredNorm());
  EXPECT_NEAR(squares.mean, y(0) * y(0), 1e-9 * y(0) * y(0));
}

// At the true response the fit of all readings explains what a fit with powers that may not be
// negative leaves, and gives those powers.
TEST(MatchedFolds, GiveTheFitItsPowers) {
  const FitCase s = fit_case({.layers = 8, .seconds = 30.0, .window_ms = 2.2, .latency_ms = 3.0});
  const Cycle cycle = mean_cycle(s.made.recording.iterations, s.segments);
  const FoldedProblem problem(cycle, 24);
  const Folds folds(s.made.recording.iterations, s.segments, s.readings, 24, 1.0, 12.0);
  Eigen::MatrixXd products(problem.parts(), 1);
  const auto squares = MatchedFolds(cycle, folds, {0.0})
                           .products({2.2, 3.0, 0.0, 0.0},
                                     {products.data(), static_cast<std::size_t>(products.rows())});
  const FoldedProblem::Fit fit = problem.fit(2.2, 0.0, products);
  EXPECT_LT((squares.total - fit.explained(0)) / (squares.total - squares.mean), 0.01);
  for (std::size_t j = 0; j < 8; ++j) {
    const double mw = fit.power_mw(0)(static_cast<Eigen::Index>(j));
    EXPECT_NEAR(mw, s.made.power_mw[j], 0.1 * s.made.power_mw[j]) << j;
  }
}

}  // namespace
}  // namespace layerwatt
