// What deconvolve() makes of readings that no response explains, and of those that some do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "attribution/covariance.hpp"
#include "attribution/deconvolve.hpp"
#include "attribution/fit.hpp"
#include "attribution/fit_case.hpp"
#include "attribution/residuals.hpp"
#include "attribution/synthetic.hpp"

namespace layerwatt {
namespace {

using synthetic::Synthetic;

// All but, perhaps, the latency, which synthetic sensors have by 7.3 ms unless another is asked
// for.
SensorModel model(bool latency_known) {
  SensorModel model;
  model.window_ms = 1.1;
  model.time_constant_ms = 0.0;
  model.timestamp_error_ms = 0.0;
  if (latency_known) model.latency_ms = 7.3;
  return model;
}

DeconvolveOutcome deconvolved(const Synthetic& made, const SensorModel& model) {
  return deconvolve(made.recording.iterations, made.recording.power, model);
}

double ms_after_start(const Synthetic& made, std::size_t k) {
  return static_cast<double>(made.recording.power.time_ns[k] -
                             made.recording.iterations.start_ns.front()) /
         1e6;
}

// Up and down by 400 mW within three seconds.
TEST(Deconvolve, PowerThatDriftsIsTakenForASensorThatIsTooSlow) {
  Synthetic made = synthetic::make({.layers = 4, .seconds = 6.0});
  std::vector<double>& mw = made.recording.power.rail_mw;
  for (std::size_t k = 0; k < mw.size(); ++k) {
    mw[k] += 400.0 * std::sin(2.0 * std::numbers::pi * ms_after_start(made, k) / 3000.0);
  }
  const DeconvolveOutcome outcome = deconvolved(made, model(false));
  EXPECT_FALSE(outcome.fit);
  EXPECT_FALSE(outcome.too_few) << "a longer run drifts as well";
  EXPECT_EQ(outcome.refused.find("what the best response of a sensor leaves drifts slowly"), 0u)
      << outcome.refused;
  EXPECT_TRUE(deconvolved(made, model(true)).fit) << "of a response that is known it does not say";
}

// From a run's start on readings come up to what they should be within 20 ms or so.
TEST(Deconvolve, ASensorThatStillRisesWhenTheResponseIsOverIsTooSlow) {
  Synthetic made = synthetic::make({.layers = 4, .seconds = 6.0});
  for (std::size_t k = 0; k < made.recording.power.size(); ++k) {
    const double ms = ms_after_start(made, k);
    if (ms > 8.0 && ms < 60.0) made.recording.power.rail_mw[k] -= 8000.0 * std::exp(-ms / 20.0);
  }
  const DeconvolveOutcome outcome = deconvolved(made, model(false));
  EXPECT_FALSE(outcome.fit);
  EXPECT_FALSE(outcome.too_few);
  EXPECT_EQ(outcome.refused.find("the sensor still rises after the start"), 0u) << outcome.refused;
}

// One reading in a hundred is 8 W too high: as long as they are in, they draw the latency aside.
TEST(Deconvolve, TheResponseIsThatOfTheReadingsThatAreIn) {
  Synthetic made = synthetic::make({.layers = 4, .seconds = 6.0});
  std::vector<double>& mw = made.recording.power.rail_mw;
  for (std::size_t k = 150; k + 60 < mw.size(); k += 97) mw[k] += 8000.0;
  const DeconvolveOutcome outcome = deconvolved(made, model(false));
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_GE(outcome.fit->outliers, 10u);
  EXPECT_NEAR(outcome.fit->response.latency_ms, 7.3, 0.01);
}

// The idle device was read after the run alone, and that step came a whole inference later than the
// readings of the run: what the step says leaves what follows the inference, and is given up.
TEST(Deconvolve, AStepThatMisleadsIsNotGoneBy) {
  synthetic::Spec spec{.layers = 6, .seconds = 6.0, .period_ms = 2.0, .window_ms = 4.4};
  Synthetic made = synthetic::make(spec);
  spec.latency_ms += 10.05;
  const Synthetic late = synthetic::make(spec);
  PowerSamples& power = made.recording.power;
  ASSERT_EQ(power.time_ns, late.recording.power.time_ns);
  const std::int64_t end_ns = made.recording.iterations.end_ns.back();
  std::size_t before = 0;
  while (ms_after_start(made, before) < 0.0) ++before;
  for (std::size_t k = before; k < power.size(); ++k) {
    if (power.time_ns[k] > end_ns - 10'000'000) power.rail_mw[k] = late.recording.power.rail_mw[k];
  }
  const auto cut = static_cast<std::ptrdiff_t>(before);
  power.time_ns.erase(power.time_ns.begin(), power.time_ns.begin() + cut);
  power.rail_mw.erase(power.rail_mw.begin(), power.rail_mw.begin() + cut);
  SensorModel latency_unknown = model(false);
  latency_unknown.window_ms = 4.4;
  const DeconvolveOutcome outcome = deconvolved(made, latency_unknown);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  EXPECT_NEAR(outcome.fit->response.latency_ms, 7.3, 0.05);
}

// Of a window that is thought to be a hundredth longer than it is, a ninth or so.
TEST(Deconvolve, SaysHowMuchStillFollowsTheInference) {
  const Synthetic made = synthetic::make({.layers = 4, .seconds = 6.0});
  const DeconvolveOutcome right = deconvolved(made, model(true));
  ASSERT_TRUE(right.fit) << right.refused;
  EXPECT_LT(right.fit->structure_left, 0.03);
  SensorModel longer = model(true);
  longer.window_ms = 1.11;
  const DeconvolveOutcome wrong = deconvolved(made, longer);
  ASSERT_TRUE(wrong.fit) << wrong.refused;
  EXPECT_GT(wrong.fit->structure_left, 0.06);

  // And what is left widens the intervals, by more than weighing the readings makes them narrower.
  const Segments& segments = wrong.fit->segments;
  const Readings readings = synthetic::readings_of(made, segments);
  const Response& response = wrong.fit->response;
  const NormalEquations equations = accumulate(segments, readings, response);
  const Eigen::MatrixXd powers = solve_non_negative(equations.a, equations.b);
  const Uncertainty alone = uncertainty_of(segments, readings, response, {}, equations, powers);
  for (Eigen::Index j = 0; j < 4; ++j) {
    EXPECT_GT(wrong.fit->covariance(j, j), 1.15 * alone.powers(j, j)) << j;
  }
}

// Stamps are off by 0.3 ms: what readings on steep power are off by is not what the others are.
TEST(Deconvolve, ReadingsOnSteepPowerCountForLess) {
  const Synthetic made = synthetic::make(
      {.layers = 6, .seconds = 5.0, .stamp_error_ms = 0.3, .noise_mw = 5.0, .step_mw = 0.0});
  SensorModel stamps_unknown = model(true);
  stamps_unknown.timestamp_error_ms.reset();
  const DeconvolveOutcome outcome = deconvolved(made, stamps_unknown);
  ASSERT_TRUE(outcome.fit) << outcome.refused;
  const Deconvolution& fit = *outcome.fit;
  EXPECT_NEAR(fit.response.blur_ms, 0.3, 0.05);
  const Readings readings = synthetic::readings_of(made, fit.segments);
  const Residuals left = residuals_of(fit.segments, readings, fit.response,
                                      {fit.power_mw.data(), fit.segments.columns()}, 0.0);
  double squares = 0.0;
  for (const double mw : left.residual_mw) squares += mw * mw;
  EXPECT_LT(fit.residual_mw(0),
            0.9 * std::sqrt(squares / static_cast<double>(left.residual_mw.size())));
}

}  // namespace
}  // namespace layerwatt
