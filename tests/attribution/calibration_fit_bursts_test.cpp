// fit_calibration() on bursts whose edges are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/bursts.hpp"
#include "attribution/calibration_fit.hpp"
#include "attribution/calibration_search.hpp"
#include "attribution/fitted_square_wave.hpp"
#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

using synthetic::Bursts;
using synthetic::bursts;
using synthetic::fit_of;
using synthetic::Fitted;
using synthetic::fitted;

// Since the last edge before; < 0 before the first.
double since_edge(const Bursts& load, double time_ms) {
  double last = -1e9;
  for (const double at : load.on_ms) last = at <= time_ms ? std::max(last, at) : last;
  for (const double at : load.off_ms) last = at <= time_ms ? std::max(last, at) : last;
  return time_ms - last;
}

std::size_t first_at(const Readings& readings, double time_ms) {
  const auto at = std::lower_bound(readings.time_ms.begin(), readings.time_ms.end(), time_ms);
  return static_cast<std::size_t>(at - readings.time_ms.begin());
}

std::size_t unused(const CalibrationFit& fit) {
  const std::vector<double>& weight = fit.readings.weight;
  return static_cast<std::size_t>(std::count(weight.begin(), weight.end(), 0.0));
}

TEST(CalibrationFit, ForgetsTheReadingsThatStillShowWhatCameBefore) {
  // 5 ms: those 0, 1.5, 3 and 4.5 ms after the first.
  const Bursts load = bursts();
  const CalibrationFit fit = fit_of(load, load.readings());
  EXPECT_NEAR(fit.response.window_ms, 2.0, 0.1);
  EXPECT_NEAR(fit.response.latency_ms, 3.0, 0.1);
  EXPECT_EQ(unused(fit), 4u);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(fit.readings.weight[k], 0.0) << k;
}

TEST(CalibrationFit, ForgetsSevenTimeConstantsButNoMoreThanAQuarter) {
  synthetic::SquareWave wave;
  wave.seconds = 4.0;
  wave.longest_ms = 200.0;
  wave.window_ms = 1.0;
  wave.latency_ms = 2.0;
  wave.noise_mw = 5.0;
  wave.step_mw = 0.0;
  for (const double tau_ms : {10.0, 400.0}) {
    wave.time_constant_ms = tau_ms;
    const Fitted found = fitted(wave);
    const Readings& readings = found.fit.readings;
    const double whole_ms = readings.time_ms.back() - readings.time_ms.front();
    const double forgotten_ms = std::min(3.0 + 7.0 * tau_ms, 0.25 * whole_ms);
    const double until_ms = readings.time_ms.front() + forgotten_ms;
    EXPECT_EQ(readings.weight[first_at(readings, until_ms - 4.0)], 0.0) << tau_ms;
    EXPECT_GT(readings.weight[first_at(readings, until_ms + 2.0)], 0.0) << tau_ms;
  }
}

TEST(CalibrationFit, CountsReadingsThatShowTheLoadInPart) {
  Bursts load = bursts();
  load.first_ms = 0.3;
  const Readings readings = load.readings();
  std::size_t mixed = 0;
  for (std::size_t k = 4; k < readings.size(); ++k) {
    const double share = load.share(readings.time_ms[k]);
    mixed += share > 0.01 && share < 0.99 ? 1 : 0;
  }
  // The first four are forgotten, and two of them are mixed.
  EXPECT_EQ(fit_of(load, readings).mixed, mixed);
}

TEST(CalibrationFit, WhatTheLoadExplainsIsTheVarianceWithoutItOverTheNoise) {
  Bursts load = bursts();
  load.first_ms = -1000.2;
  load.tail_ms = 800.0;
  const Readings readings = load.readings();
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_NEAR(fit.mean_square, 100.0, 10.0);
  double n = 0.0;
  double sum = 0.0;
  double square = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > load.off_ms.back()) continue;
    n += 1.0;
    sum += readings.value[k];
    square += readings.value[k] * readings.value[k];
  }
  const double variance = square / n - (sum / n) * (sum / n);
  const double all = static_cast<double>(readings.size() - 4);
  const double expected = (variance - fit.mean_square) * all / fit.mean_square;
  EXPECT_NEAR(fit.explained, expected, 0.01 * expected);
}

TEST(CalibrationFit, LevelsAreMeansOfWhatTheReadingsSaw) {
  // A stretch of 1 s that is busy for a quarter with 10 W, and one for three quarters with 12 W.
  Bursts load;
  for (double at = 0.0; at < 2000.0; at += 40.0) {
    const bool first = at < 1000.0;
    load.on_ms.push_back(at);
    load.off_ms.push_back(at + (first ? 10.0 : 30.0));
  }
  load.off_ms.back() = 2000.0;
  load.busy_mw = 10000.0;
  Readings readings = load.readings();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.time_ms[k] > 1001.0) {
      readings.value[k] += 2000.0 * load.share(readings.time_ms[k]);
    }
  }
  const CalibrationFit fit = *fit_calibration(load.segments(1000.0), readings, 0.0, 0.0, 30.0);
  EXPECT_NEAR(fit.busy_mw, 0.25 * 10000.0 + 0.75 * 12000.0, 25.0);
  EXPECT_NEAR(fit.idle_mw, 3000.0, 5.0);
}

TEST(CalibrationFit, FarFromTheEdgesAnOutlierIsTakenOut) {
  const Bursts load = bursts();
  Readings readings = load.readings();
  // An edge shows for 5 ms; twice that and 20 ms later nothing is left of it.
  std::size_t near = 0;
  std::size_t far = 0;
  for (std::size_t k = 200; k < readings.size(); ++k) {
    const double since = since_edge(load, readings.time_ms[k]);
    if (near == 0 && since > 27.0 && since < 28.6) near = k;
    if (far == 0 && near != 0 && k > near + 50 && since > 31.5 && since < 33.1) far = k;
  }
  const std::size_t before = first_at(readings, -30.0);
  for (const std::size_t k : {near, far, before}) readings.value[k] += 400.0;
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_GT(fit.readings.weight[near], 0.0);
  EXPECT_EQ(fit.readings.weight[far], 0.0);
  EXPECT_EQ(fit.readings.weight[before], 0.0);
  EXPECT_EQ(unused(fit), 4u + 2u);
}

TEST(CalibrationFit, AtAnEdgeAnOutlierIsAsFarOffAsOneAndAHalfSteps) {
  for (const double steps : {-1.8, -1.2, 1.2, 1.8}) {
    const Bursts load = bursts();
    Readings readings = load.readings();
    const std::size_t k = first_at(readings, load.off_ms[9] + 10.0);
    readings.value[k] += 8000.0 * steps;
    const CalibrationFit fit = fit_of(load, readings);
    EXPECT_EQ(fit.readings.weight[k] == 0.0, std::abs(steps) > 1.5) << steps;
  }
}

TEST(CalibrationFit, NoiseOfSevenDeviationsIsNoOutlier) {
  const Bursts load = bursts();
  Readings readings = load.readings();
  const std::size_t first = first_at(readings, -30.0);
  readings.value[first] = 3000.0 + 70.0;
  readings.value[first + 5] = 3000.0 - 95.0;
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_GT(fit.readings.weight[first], 0.0);
  EXPECT_EQ(fit.readings.weight[first + 5], 0.0);
}

// Powers that rise by a tenth within a stretch.
Readings warming(const Bursts& load) {
  Readings readings = load.readings();
  const double begin = readings.time_ms.front();
  const double whole = readings.time_ms.back() - begin;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    readings.value[k] *= 0.95 + 0.1 * (readings.time_ms[k] - begin) / whole;
  }
  return readings;
}

TEST(CalibrationFit, DividesOutATrendOfThePowers) {
  Bursts load = bursts(110);
  load.gap_ms = 4.5;
  const CalibrationFit fit = fit_of(load, warming(load));
  EXPECT_NEAR(fit.busy_mw - fit.idle_mw, 8000.0, 150.0);
  for (std::size_t k = 10; k + 10 < fit.readings.size(); ++k) {
    const double share = load.share(fit.readings.time_ms[k]);
    const double level = fit.idle_mw + (fit.busy_mw - fit.idle_mw) * share;
    EXPECT_NEAR(fit.readings.value[k] / level, 1.0, 0.015) << k;
  }
}

// Whether a run that lasts `whole_ms` from its first reading to the last has enough of a trend.
bool divided(double gap_ms, double window_ms, double whole_ms) {
  Bursts load = bursts(60);
  load.gap_ms = gap_ms;
  load.window_ms = window_ms;
  Readings readings = warming(load);
  const std::size_t size = first_at(readings, readings.time_ms.front() + whole_ms + 1e-6);
  readings.time_ms.resize(size);
  readings.weight.resize(size);
  readings.value.resize(size);
  const CalibrationFit fit = fit_of(load, readings, 150.0);
  return fit.readings.value != readings.value;
}

TEST(CalibrationFit, ATrendTakesThreeWindows) {
  // Of 1 s …
  EXPECT_FALSE(divided(5.0, 2.0, 2995.0));
  EXPECT_TRUE(divided(5.0, 2.0, 3005.0));
  // … or ten times the response, or forty readings.
  EXPECT_FALSE(divided(5.0, 120.0, 3400.0));
  EXPECT_TRUE(divided(5.0, 120.0, 3900.0));
  EXPECT_FALSE(divided(30.0, 40.0, 3570.0));
  EXPECT_TRUE(divided(30.0, 40.0, 3630.0));
}

// Readings 6 to 8.5 ms after each of these edges are off. That is past all that the response shows
// of it, and 2.5 of the 7 ms after an edge that are looked at: a quarter of it, root mean square,
// where both kinds of edges are.
CalibrationFit bumped(const Bursts& load, const std::vector<double>& edges, double by_mw) {
  Readings readings = load.readings();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    for (const double at : edges) {
      const double since = readings.time_ms[k] - at;
      if (since > 6.0 && since < 8.5) readings.value[k] += by_mw;
    }
  }
  return fit_of(load, readings);
}

TEST(CalibrationFit, AMisfitIsTheShareOfTheStepThatFollowsTheEdges) {
  const Bursts load = bursts();
  // Each of the times after an edge is that of 12 readings, of 36 edges: by so much the sums of
  // residuals vary more than by chance, of which twice is left out, and the level takes a 15th.
  const double binned = std::sqrt(2.5 / 14.0 * 10.0 / 12.0);
  const double share = 400.0 / 8000.0 * binned * 14.0 / 15.0;
  for (const std::vector<double>& edges : {load.on_ms, load.off_ms}) {
    const CalibrationFit fit = bumped(load, edges, 400.0);
    EXPECT_NEAR(fit.misfit_share, share, 0.1 * share);
    EXPECT_NEAR(fit.misfit_scale, 12.0, 2.5);
  }
  const CalibrationFit none = bumped(load, load.on_ms, 0.0);
  EXPECT_EQ(none.misfit_share, 0.0);
  EXPECT_EQ(none.misfit_scale, 1.0);
}

TEST(CalibrationFit, EightReadingsATimeAfterTheEdgesShowAMisfit) {
  const Bursts few = bursts(7);
  EXPECT_EQ(bumped(few, few.on_ms, 400.0).misfit_share, 0.0);
  const Bursts nine = bursts(9);  // one of these times has eight, and none has more
  EXPECT_GT(bumped(nine, nine.on_ms, 400.0).misfit_share, 0.01);
}

TEST(CalibrationFit, TheBlurIsTheErrorOfTheStamps) {
  synthetic::SquareWave wave;
  wave.seconds = 8.0;
  wave.stamp_error_ms = 0.1;
  wave.shortest_ms = 5.0;
  wave.middle_ms = 20.0;
  wave.longest_ms = 50.0;
  EXPECT_NEAR(fitted(wave).fit.response.blur_ms, 0.1, 0.03);
}

TEST(CalibrationFit, OfACountersReadingsTheWindowsAreKnown) {
  Bursts load = bursts();
  load.window_ms = load.gap_ms;
  Readings readings = load.readings();
  readings.window_ms.assign(readings.size(), load.gap_ms);
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_THAT(fit.free, testing::ElementsAre(Parameter::latency, Parameter::time_constant));
  EXPECT_NEAR(fit.response.latency_ms, 3.0, 0.1);
  EXPECT_EQ(fit.std_ms.size(), 2u);
}

TEST(CalibrationFit, WhiteNoiseInflatesNothing) {
  // Also at the bound: the time constant is 0.
  const Bursts load = bursts();
  const CalibrationFit fit = fit_of(load, load.readings());
  EXPECT_GE(fit.inflation, 1.0);
  EXPECT_LT(fit.inflation, 2.0);
  EXPECT_FALSE(fit.merged);
}

TEST(CalibrationFit, NoiseThatLastsInflates) {
  Bursts load = bursts();
  load.noise_mw = 0.0;
  Readings readings = load.readings();
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(0.0, 20.0);
  double noise = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (k % 8 == 0) noise = normal(random);
    readings.value[k] += noise;
  }
  EXPECT_GT(fit_of(load, readings).inflation, 1.3);
}

// Far from the bound 0 the excess is a parabola, and the interval is 2.1 deviations to both sides.
TEST(CalibrationFit, AProfileIntervalFarFromTheBoundIsTheDeviations) {
  synthetic::SquareWave wave;
  wave.seconds = 4.0;
  wave.middle_ms = 30.0;
  wave.longest_ms = 60.0;
  wave.window_ms = 4.4;
  wave.time_constant_ms = 5.0;
  Fitted found = fitted(wave);
  const auto half = [&](std::size_t i) {
    const double best = get(found.fit.response, found.fit.free[i]);
    const Interval interval = profile_interval(found.segments, found.fit, i);
    EXPECT_NEAR(interval.hi - best, best - interval.lo, 0.15 * (interval.hi - best)) << i;
    return 0.5 * (interval.hi - interval.lo);
  };
  found.fit.misfit_scale = 1.0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(half(i), 2.1 * found.fit.std_ms[i], 0.25 * 2.1 * found.fit.std_ms[i]) << i;
  }
  const double plain = half(0);
  found.fit.inflation *= 4.0;
  EXPECT_NEAR(half(0), 2.0 * plain, 0.2 * plain);
  found.fit.inflation /= 4.0;
  found.fit.misfit_scale = 4.0;
  EXPECT_NEAR(half(0), 2.0 * plain, 0.2 * plain);
}

}  // namespace
}  // namespace layerwatt
