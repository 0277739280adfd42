// The figures that fit_calibration() and profile_interval() give beside the response, by their
// definitions: from the readings with their weights, one after the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "attribution/calibration_fit.hpp"
#include "attribution/covariance.hpp"
#include "attribution/expected_reading.hpp"
#include "attribution/residuals.hpp"
#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

struct Case {
  CalibrationSegments segments;
  Readings readings;
  CalibrationFit fit;
};

// In stretches of 1.5 s, whose powers are fitted apart. Where `overshoot_mw` is not 0 the readings
// are that much too high for 20 ms after each rise.
Case case_of(const synthetic::SquareWave& wave, double overshoot_mw = 0.0) {
  const Recording recording = synthetic::make(wave);
  Case out;
  out.segments = calibration_segments(recording.iterations, 1500.0);
  out.readings = calibration_readings(recording.power, out.segments.segments);
  for (std::size_t k = 0; k < out.readings.size(); ++k) {
    for (const double on : out.segments.on_ms) {
      const double since = out.readings.time_ms[k] - wave.latency_ms - on;
      if (since > 0.0 && since < 20.0) out.readings.value[k] += overshoot_mw;
    }
  }
  out.fit = *fit_calibration(out.segments, out.readings, 0.0, 0.0, 300.0);
  return out;
}

synthetic::SquareWave short_wave() {
  synthetic::SquareWave wave;
  wave.seconds = 2.5;
  wave.middle_ms = 40.0;
  wave.longest_ms = 120.0;
  wave.window_ms = 4.4;
  wave.time_constant_ms = 5.0;
  wave.drift = 0.1;
  return wave;
}

synthetic::SquareWave with_stamp_errors() {
  synthetic::SquareWave wave = short_wave();
  wave.stamp_error_ms = 0.3;
  return wave;
}

// The share that these columns have in each reading.
std::vector<double> shares(const Case& of, const std::vector<double>& columns) {
  ExpectedReading expected(of.segments.segments, of.fit.response, columns);
  std::vector<double> out;
  for (std::size_t k = 0; k < of.fit.readings.size(); ++k) {
    of.fit.readings.compute(expected, k);
    out.push_back(expected.mw());
  }
  return out;
}

// All of them: with weights of many sizes, and where a step is not explained.
class CalibrationFigures : public testing::TestWithParam<int> {
 protected:
  // Each is fitted once.
  static const Case& made() {
    static const Case of[] = {case_of(with_stamp_errors()), case_of(short_wave(), 1500.0)};
    return of[GetParam()];
  }
};

TEST_P(CalibrationFigures, AreWhatTheirDefinitionsSay) {
  const Case& of = made();
  const CalibrationFit& fit = of.fit;
  const Readings& readings = fit.readings;
  const Segments& segments = of.segments.segments;
  const std::vector<double>& w = readings.weight;
  double weight = 0.0;
  for (const double one : w) weight += one;

  // The powers, and how much of each the readings saw.
  const NormalEquations equations = accumulate(segments, readings, fit.response);
  const Eigen::MatrixXd p = solve_non_negative(equations.a, equations.b);
  double seen[2] = {0.0, 0.0};
  double sum[2] = {0.0, 0.0};
  std::vector<double> is_idle(segments.columns(), 0.0);
  for (std::size_t j = 0; j < segments.columns(); ++j) {
    std::vector<double> alone(segments.columns(), 0.0);
    alone[j] = 1.0;
    const std::vector<double> share = shares(of, alone);
    is_idle[j] = of.segments.idle[j] ? 1.0 : 0.0;
    for (std::size_t k = 0; k < share.size(); ++k) {
      seen[of.segments.idle[j]] += w[k] * share[k];
      sum[of.segments.idle[j]] += w[k] * share[k] * p(static_cast<Eigen::Index>(j), 0);
    }
  }
  EXPECT_NEAR(fit.busy_mw, sum[0] / seen[0], 1e-6 * fit.busy_mw);
  EXPECT_NEAR(fit.idle_mw, sum[1] / seen[1], 1e-6 * fit.idle_mw);

  const Residuals left = residuals_of(segments, readings, fit.response, 0.0);
  double squares = 0.0;
  for (std::size_t k = 0; k < w.size(); ++k) {
    squares += w[k] * left.residual_mw[k] * left.residual_mw[k];
  }
  EXPECT_NEAR(fit.mean_square, squares / weight, 1e-6 * fit.mean_square);

  // Within the run alone.
  double in_run = 0.0;
  double mean = 0.0;
  for (std::size_t k = 0; k < w.size(); ++k) {
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > segments.edge_ms.back()) continue;
    in_run += w[k];
    mean += w[k] * readings.value[k];
  }
  mean /= in_run;
  double variance = 0.0;
  for (std::size_t k = 0; k < w.size(); ++k) {
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > segments.edge_ms.back()) continue;
    variance += w[k] * (readings.value[k] - mean) * (readings.value[k] - mean) / in_run;
  }
  EXPECT_NEAR(fit.explained, (variance / fit.mean_square - 1.0) * weight, 1e-6 * fit.explained);

  const std::vector<double> idle_share = shares(of, is_idle);
  std::size_t mixed = 0;
  for (std::size_t k = 0; k < w.size(); ++k) {
    if (w[k] > 0.0 && idle_share[k] > 0.02 && idle_share[k] < 0.98) ++mixed;
  }
  EXPECT_EQ(fit.mixed, mixed);

  const Uncertainty sure = uncertainty_of(segments, readings, fit.response, fit.free, equations, p);
  const Eigen::MatrixXd white =
      white_covariance(segments, readings, {fit.response, fit.mean_square}, fit.free);
  double inflation = 1.0;
  ASSERT_EQ(fit.std_ms.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const double std_ms = sure.parameter_std[i];
    EXPECT_NEAR(fit.std_ms[i], std_ms, 1e-6 * std_ms);
    const auto at = static_cast<Eigen::Index>(i);
    if (fit.free[i] != Parameter::latency && get(fit.response, fit.free[i]) <= 0.0) continue;
    inflation = std::max(inflation, std_ms * std_ms / white(at, at));
  }
  EXPECT_NEAR(fit.inflation, inflation, 1e-6 * inflation);
}

// By the time since each edge, in fourteen parts of twice the response and four readings' time,
// from one reading's time before it can show.
TEST_P(CalibrationFigures, AMisfitIsWhatFollowsTheEdgesBeyondChance) {
  const Case& of = made();
  const CalibrationFit& fit = of.fit;
  const Readings& readings = fit.readings;
  const std::vector<double> residual_mw =
      residuals_of(of.segments.segments, readings, fit.response, 0.0).residual_mw;
  const double gap_ms = (readings.time_ms.back() - readings.time_ms.front()) /
                        static_cast<double>(readings.size() - 1);
  const Response& response = fit.response;
  const double length_ms = std::max(response.window_ms + 3.0 * response.time_constant_ms, gap_ms);
  double between = 0.0;
  double noise = 0.0;
  double weight = 0.0;
  double parts = 0.0;
  for (const auto* edges : {&of.segments.on_ms, &of.segments.off_ms}) {
    std::array<double, 14> n{};
    std::array<double, 14> sum{};
    std::array<double, 14> square{};
    for (std::size_t k = 0; k < readings.size(); ++k) {
      for (const double edge : *edges) {
        const double since = readings.time_ms[k] - edge - response.latency_ms + gap_ms;
        const double part = std::floor(since / (2.0 * length_ms + 2.0 * gap_ms) * 14.0);
        if (part < 0.0 || part > 13.0) continue;
        const auto at = static_cast<std::size_t>(part);
        n[at] += readings.weight[k];
        sum[at] += readings.weight[k] * residual_mw[k];
        square[at] += readings.weight[k] * residual_mw[k] * residual_mw[k];
      }
    }
    for (std::size_t part = 0; part < 14; ++part) {
      if (n[part] < 8.0) continue;
      parts += 1.0;
      weight += n[part];
      between += sum[part] * sum[part] / n[part];
      noise += square[part] / n[part];
    }
  }
  const double beyond = between - noise - 4.0 * noise * std::sqrt(2.0 / parts);
  const double step_mw = fit.busy_mw - fit.idle_mw;
  if (GetParam() == 0) {
    EXPECT_LE(beyond, 0.0);
    EXPECT_EQ(fit.misfit_share, 0.0);
    EXPECT_EQ(fit.misfit_scale, 1.0);
    return;
  }
  EXPECT_NEAR(fit.misfit_share, std::sqrt(beyond / weight) / step_mw, 1e-5 * fit.misfit_share);
  EXPECT_NEAR(fit.misfit_scale, between / noise, 1e-5 * fit.misfit_scale);
  EXPECT_GT(fit.misfit_share, 0.01);
}

// The least residual square with one figure held, over all others.
double least_with(const Case& of, Parameter which, double value) {
  std::vector<Parameter> others = of.fit.free;
  others.erase(std::find(others.begin(), others.end(), which));
  double least = std::numeric_limits<double>::infinity();
  for (const double share : {0.0, 1.0}) {
    Response start = with(of.fit.response, which, value);
    const double off = value - get(of.fit.response, which);
    if (which == Parameter::latency)
      start.window_ms = std::max(0.0, start.window_ms - 2.0 * off * share);
    if (which != Parameter::latency) start.latency_ms -= off * share;
    const Refined there = refine_response(of.segments.segments, of.fit.readings, start, others, 10);
    least = std::min(least, there.mean_square);
  }
  return least;
}

// At its ends the residual has grown by as much as 2.1 deviations of the least certain figure make.
TEST_P(CalibrationFigures, AnIntervalEndsWhereTheResidualHasGrownByWhatIsAllowed) {
  const Case& of = made();
  double used = 0.0;
  for (const double w : of.fit.readings.weight) used += w > 0.0 ? 1.0 : 0.0;
  const double allowed = 2.1 * 2.1 * of.fit.inflation * of.fit.misfit_scale / used;
  for (std::size_t i = 0; i < 3; ++i) {
    const Interval interval = profile_interval(of.segments, of.fit, i);
    const double best = get(of.fit.response, of.fit.free[i]);
    EXPECT_LT(interval.lo, best);
    EXPECT_GT(interval.hi, best);
    for (const double end : {interval.lo, interval.hi}) {
      if (end == 0.0) continue;
      const double grown = least_with(of, of.fit.free[i], end) / of.fit.mean_square - 1.0;
      // An end is found to a twentieth of the way to it, and from outside.
      EXPECT_GT(grown / allowed, 0.98) << i << ' ' << end;
      EXPECT_LT(grown / allowed, 1.13) << i << ' ' << end;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, CalibrationFigures, testing::Values(0, 1));

// Powers that rise by a tenth from the first reading to the last: what the readings are divided by
// is that line, by windows of one second, but for a second at either end.
TEST(CalibrationFit, WhatTheReadingsAreDividedByIsTheTrend) {
  synthetic::SquareWave wave = short_wave();
  wave.seconds = 10.0;
  wave.period_ms = 4.0;
  wave.time_constant_ms = 0.0;
  wave.drift = 0.0;
  wave.noise_mw = 1.0;
  wave.step_mw = 0.0;
  const Recording recording = synthetic::make(wave);
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e9);
  Readings readings = calibration_readings(recording.power, segments.segments);
  const double begin_ms = readings.time_ms.front();
  const double whole_ms = readings.time_ms.back() - begin_ms;
  const auto trend = [&](std::size_t k) {
    return 1.0 + 0.1 * (readings.time_ms[k] - begin_ms) / whole_ms;
  };
  for (std::size_t k = 0; k < readings.size(); ++k) readings.value[k] *= trend(k);
  const auto fit = fit_calibration(segments, readings, 0.0, 0.0, 30.0);
  ASSERT_TRUE(fit);
  double most = 0.0;
  double least = 1e9;
  double at_begin = 0.0;
  double at_end = 0.0;
  double middle = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double divided = readings.value[k] / fit->readings.value[k] / trend(k);
    const double since_ms = readings.time_ms[k] - begin_ms;
    if (since_ms < 0.5 * whole_ms) middle = divided;
    if (k == 0) at_begin = divided;
    at_end = divided;
    if (since_ms < 1500.0 || since_ms > whole_ms - 1500.0) continue;
    most = std::max(most, divided);
    least = std::min(least, divided);
  }
  EXPECT_LT(most - least, 0.003);
  EXPECT_NEAR(at_begin / middle, 1.0, 0.007);
  EXPECT_NEAR(at_end / middle, 1.0, 0.007);
}

// Where a reading shows no edge any more, 34.8 ms after the last one, and none comes within 1 ms.
TEST(CalibrationFit, AMillisecondBeforeAnEdgeIsNotFarFromIt) {
  synthetic::SquareWave wave = short_wave();
  wave.time_constant_ms = 0.0;
  wave.drift = 0.0;
  const Recording recording = synthetic::make(wave);
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e9);
  Readings readings = calibration_readings(recording.power, segments.segments);
  std::vector<double> edges = segments.on_ms;
  edges.insert(edges.end(), segments.off_ms.begin(), segments.off_ms.end());
  std::sort(edges.begin(), edges.end());
  std::size_t near = 0;
  std::size_t far = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double at = readings.time_ms[k];
    const auto next = std::upper_bound(edges.begin(), edges.end(), at);
    if (next == edges.begin() || next == edges.end() || at - *(next - 1) < 38.0) continue;
    if (near == 0 && *next - at < 0.95) near = k;
    if (far == 0 && *next - at > 1.05 && *next - at < 1.9) far = k;
  }
  ASSERT_NE(near, 0u);
  ASSERT_NE(far, 0u);
  readings.value[near] += 3000.0;
  readings.value[far] += 3000.0;
  const auto fit = fit_calibration(segments, readings, 0.0, 0.0, 30.0);
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->readings.weight[near], 0.0);
  EXPECT_EQ(fit->readings.weight[far], 0.0);
}

TEST(CalibrationFit, ReadingsOfNothingAreExplainedByNothing) {
  const Recording recording = synthetic::make(short_wave());
  const CalibrationSegments segments = calibration_segments(recording.iterations, 1e9);
  Readings readings = calibration_readings(recording.power, segments.segments);
  std::fill(readings.value.begin(), readings.value.end(), 0.0);
  const auto fit = fit_calibration(segments, readings, 0.0, 0.0, 30.0);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->idle_mw, 0.0);
  EXPECT_EQ(fit->busy_mw, 0.0);
  EXPECT_LT(fit->noise_mw, 1e-3);
  EXPECT_EQ(fit->misfit_share, 0.0);
  EXPECT_EQ(fit->mean_square, 1e-12) << "not 0, by which it divides";
  double weight = 0.0;
  for (const double w : fit->readings.weight) weight += w;
  EXPECT_GT(weight, 1000.0);
  EXPECT_NEAR(fit->explained, -weight, 1e-6 * weight);
}

}  // namespace
}  // namespace layerwatt
