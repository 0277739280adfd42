#include "attribution/deviance.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "attribution/fit_case.hpp"
#include "attribution/residuals.hpp"

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

}  // namespace
}  // namespace layerwatt
