#include "attribution/residuals.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

TEST(ResidualsOf, AreTheNoiseUnderTheTrueResponse) {
  const FitCase s = fit_case({.layers = 6, .noise_mw = 50.0, .step_mw = 0.0});
  const Residuals residuals = residuals_of(s.segments, s.readings, {1.1, 7.3, 0.0, 0.0}, 0.05);
  double sum = 0.0;
  for (const double r : residuals.residual_mw) sum += r * r;
  EXPECT_NEAR(std::sqrt(sum / static_cast<double>(s.readings.size())), 50.0, 3.0);
}

TEST(StructureLeft, IsNoneForTheTruthAndMuchForAWrongResponse) {
  const FitCase s = fit_case({.layers = 6});
  const Iterations& iterations = s.made.recording.iterations;
  const auto left = [&](const Response& response) {
    return structure_left(iterations, s.segments, s.readings,
                          residuals_of(s.segments, s.readings, response, 0.05))
        .share;
  };
  EXPECT_LT(left({1.1, 7.3, 0.0, 0.0}), 0.02);
  EXPECT_GT(left({1.1, 5.3, 0.0, 0.0}), 0.2);
  EXPECT_GT(left({4.4, 7.3, 0.0, 0.0}), 0.2);
}

TEST(StructureLeft, SeesALatencyThatIsOffByAWholeInference) {
  const FitCase s = fit_case({.layers = 6, .seconds = 60.0});
  const Iterations& iterations = s.made.recording.iterations;
  const double turn =
      s.segments.ms(iterations.start_ns.back()) / static_cast<double>(iterations.size() - 1);
  const Structure structure =
      structure_left(iterations, s.segments, s.readings,
                     residuals_of(s.segments, s.readings, {1.1, 7.3 + turn, 0.0, 0.0}, 0.05));
  EXPECT_GT(structure.share, 0.05);
  EXPECT_GT(structure.share, 3.0 * structure.chance());
}

TEST(Structure, WidensWhatWasFitted) {
  const Structure none{0.0, 100.0, 10000.0};
  EXPECT_DOUBLE_EQ(none.variance_scale(), 1.0);
  const Structure some{0.03, 100.0, 10000.0};
  EXPECT_DOUBLE_EQ(some.variance_scale(), 4.0);
  EXPECT_NEAR(some.chance(), 0.00566, 1e-5);
}

TEST(NeighbourCorrelation, IsOneForADriftAndMinusOneForAFlicker) {
  Readings readings;
  readings.weight.assign(6, 1.0);
  readings.time_ms.assign(6, 0.0);
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, 2, 2, 2, 2}, {}}, readings), 1.0);
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, -2, 2, -2, 2, -2}, {}}, readings), -1.0);
  // Over 2, 2, −2, −2, 2, 2: 4 − 4 + 4 − 4 + 4 over 20.
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, -2, -2, 2, 2}, {}}, readings), 0.2);
  readings.weight[2] = 0.0;  // an outlier is no neighbour
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, 9, -2, -2, -2}, {}}, readings), 1.0);
}

}  // namespace
}  // namespace layerwatt
