#include "attribution/deviance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "attribution/fit_case.hpp"
#include "attribution/residuals.hpp"
#include "attribution/stamp_error.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

double mean_square(const FitCase& s, const Response& response) {
  const Residuals residuals = residuals_of(s.segments, s.readings, response, 0.0);
  double sum = 0.0;
  for (const double r : residuals.residual_mw) sum += r * r;
  return sum / static_cast<double>(residuals.residual_mw.size());
}

constexpr Response kTrue{1.1, 7.3, 0.0, 0.0};

// n (ln σ² + 1), of noise alone.
TEST(DevianceOf, IsTheLogOfTheNoiseAndASquareForEachReading) {
  const FitCase s = fit_case({.layers = 6, .noise_mw = 50.0, .step_mw = 0.0});
  const double n = static_cast<double>(s.readings.size());
  EXPECT_NEAR(deviance_of(s.segments, s.readings, kTrue) / n, 2.0 * std::log(50.0) + 1.0, 0.1);
}

// A reading on steep power is allowed to be off by what its stamp explains.
TEST(DevianceOf, CountsAReadingByTheVarianceThatItsStampGivesIt) {
  const FitCase s =
      fit_case({.layers = 6, .stamp_error_ms = 0.1, .noise_mw = 20.0, .step_mw = 0.0});
  const double n = static_cast<double>(s.readings.size());
  const double all_alike = std::log(mean_square(s, kTrue)) + 1.0;
  EXPECT_LT(deviance_of(s.segments, s.readings, kTrue) / n, all_alike - 0.5);
}

TEST(DevianceOf, TellsAWrongResponseWhereTheResidualHardlyDoes) {
  const FitCase s = fit_case({.layers = 6, .stamp_error_ms = 0.1});
  const Response wrong{1.1, 7.35, 0.0, 0.0};
  const double worse = mean_square(s, wrong) / mean_square(s, kTrue) - 1.0;
  const double n = static_cast<double>(s.readings.size());
  EXPECT_GT(deviance_of(s.segments, s.readings, wrong) - deviance_of(s.segments, s.readings, kTrue),
            2.0 * n * worse);
}

TEST(DevianceOf, AnOutlierCountsAsOneAndAReadingLeftOutNotAtAll) {
  FitCase s = fit_case({.layers = 6});
  const double before = deviance_of(s.segments, s.readings, kTrue);
  const std::size_t k = s.readings.size() / 2;
  s.readings.value[k] += 5000.0;
  const double with_outlier = deviance_of(s.segments, s.readings, kTrue);
  EXPECT_GT(with_outlier - before, 40.0);
  EXPECT_LT(with_outlier - before, 1000.0) << "its square is 25 000 times the noise's";
  s.readings.weight[k] = 0.0;
  EXPECT_NEAR(deviance_of(s.segments, s.readings, kTrue), before, 15.0);
}

// Where stamps scatter, readings on flat power tell the powers: with each reading's weight alike,
// as a plain fit has them, they explain all of them worse.
TEST(DevianceOf, ThePowersAreThoseThatReadingsTellByTheirWeight) {
  const FitCase s = fit_case(
      {.layers = 6, .seconds = 5.0, .stamp_error_ms = 0.3, .noise_mw = 5.0, .step_mw = 0.0});
  const Residuals plain = residuals_of(s.segments, s.readings, kTrue, 0.05);
  const NoiseModel noise = fit_noise(plain.residual_mw, plain.scatter_mw2, 0.05, s.readings.weight);
  const std::vector<double> variance = expected_variance(noise, plain.scatter_mw2, 0.05);
  double plain_deviance = 0.0;
  for (std::size_t k = 0; k < variance.size(); ++k) {
    const double squares = plain.residual_mw[k] * plain.residual_mw[k] / variance[k];
    plain_deviance += std::log(variance[k]) + std::min(squares, 64.0);
  }
  EXPECT_LT(deviance_of(s.segments, s.readings, kTrue), plain_deviance - 10.0);
}

// 200 readings of one layer that lasts, 1 mW above and below 100 by turns, after those that are off
// by so much.
double deviance_after(const std::vector<double>& off_mw) {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000};
  iterations.layer_ms = {1000.0};
  const Segments segments = make_segments(iterations);
  Readings readings;
  for (std::size_t k = 0; k < 200 + off_mw.size(); ++k) {
    const double usual_mw = k % 2 == 0 ? 1.0 : -1.0;
    readings.time_ms.push_back(10.0 + 2.0 * static_cast<double>(k));
    readings.weight.push_back(1.0);
    readings.value.push_back(100.0 + (k < off_mw.size() ? off_mw[k] : usual_mw));
  }
  return deviance_of(segments, readings, {1.0, 0.0, 0.0, 0.0});
}

// ln 1 and a square of 1 each; what is far off counts as 64, and for no more. A reading that is off
// by 50 mW only shows when that by 1000, 64 times as much as all together are off, is out.
TEST(DevianceOf, OutliersAreFoundOneAfterAnotherAndTakeNoPartInThePowers) {
  EXPECT_NEAR(deviance_after({}), 200.0, 1e-6);
  EXPECT_NEAR(deviance_after({50.0}), 200.0 + 64.0, 1e-6);
  EXPECT_NEAR(deviance_after({1000.0, 50.0}), 200.0 + 2.0 * 64.0, 1e-6);
}

}  // namespace
}  // namespace layerwatt
