// fit_calibration() where there is little of something: power, idle time, load.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "attribution/bursts.hpp"
#include "attribution/calibration_fit.hpp"

namespace layerwatt {
namespace {

using synthetic::Bursts;
using synthetic::bursts;
using synthetic::fit_of;

// Readings that are 0.4 W too high from 6 to 8.5 ms after each rise, of a step of 8 W; and the same
// of a board that draws a ten thousandth of it.
TEST(CalibrationFit, OfSmallPowersTheMisfitIsTheSameShare) {
  const Bursts load = bursts();
  Readings readings = load.readings();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    for (const double on : load.on_ms) {
      const double since = readings.time_ms[k] - on;
      if (since > 6.0 && since < 8.5) readings.value[k] += 400.0;
    }
  }
  const CalibrationFit large = fit_of(load, readings);
  for (double& mw : readings.value) mw *= 1e-4;
  const CalibrationFit small = fit_of(load, readings);
  EXPECT_GT(large.misfit_share, 0.01);
  EXPECT_NEAR(small.misfit_share, large.misfit_share, 0.01 * large.misfit_share);
  EXPECT_NEAR(small.misfit_scale, large.misfit_scale, 0.01 * large.misfit_scale);
  EXPECT_NEAR(small.mean_square, 1e-8 * large.mean_square, 1e-10 * large.mean_square);
  EXPECT_NEAR(small.explained, large.explained, 0.01 * large.explained);
  EXPECT_NEAR(small.busy_mw, 1e-4 * large.busy_mw, 1e-6 * large.busy_mw);
}

// Of readings outside the run nothing could be explained by the load: − their weight.
TEST(CalibrationFit, ALoadThatWasNeverSeenHasNoPower) {
  Bursts load;
  load.on_ms = {0.0, 2000.0};
  load.off_ms = {1000.0, 2100.0};
  load.first_ms = -900.0;
  Readings before = load.readings();
  const auto run = std::lower_bound(before.time_ms.begin(), before.time_ms.end(), 0.0);
  const auto size = static_cast<std::size_t>(run - before.time_ms.begin());
  for (std::vector<double>* all : {&before.time_ms, &before.weight, &before.value}) {
    all->resize(size);
  }
  const CalibrationFit fit = fit_of(load, before);
  EXPECT_NEAR(fit.idle_mw, 3000.0, 10.0);
  EXPECT_EQ(fit.busy_mw, 0.0);
  double weight = 0.0;
  for (const double w : fit.readings.weight) weight += w;
  EXPECT_NEAR(fit.explained, -weight, 1e-6 * weight);
}

// Of an idle device that is read 5 mW below nothing the fit says 0, of which no reading is a share:
// seconds of it after the run stay what was read.
TEST(CalibrationFit, WhatTheFitSaysIsNothingIsNotDivided) {
  Bursts load = bursts(40);
  load.idle_mw = -5.0;
  load.tail_ms = 6000.0;
  const Readings readings = load.readings();
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_EQ(fit.idle_mw, 0.0);
  EXPECT_NE(fit.readings.value[400], readings.value[400]) << "a trend was looked for";
  EXPECT_EQ(fit.readings.value.back(), readings.value.back());
}

// What the load explains, by its definition: the variance of the readings within the run over what
// the fit leaves, its ends included.
double explained_by_definition(const CalibrationFit& fit, double last_ms) {
  const Readings& readings = fit.readings;
  double all = 0.0;
  double weight = 0.0;
  double mean = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    all += readings.weight[k];
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > last_ms) continue;
    weight += readings.weight[k];
    mean += readings.weight[k] * readings.value[k];
  }
  mean /= weight;
  double variance = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.time_ms[k] < 0.0 || readings.time_ms[k] > last_ms) continue;
    const double off = readings.value[k] - mean;
    variance += readings.weight[k] * off * off / weight;
  }
  return (variance / fit.mean_square - 1.0) * all;
}

// One reading at its very begin, and one at its very end.
TEST(CalibrationFit, TheRunsFirstMomentAndItsLastBelongToIt) {
  Bursts load = bursts(9);
  load.first_ms = -60.0;
  load.off_ms.back() = load.on_ms.back() + 30.0 + std::fmod(load.on_ms.back(), 3.0);
  load.off_ms.back() -= std::fmod(load.off_ms.back(), 1.5);
  const Readings readings = load.readings();
  for (const double at_ms : {0.0, load.off_ms.back()}) {
    ASSERT_EQ(std::count(readings.time_ms.begin(), readings.time_ms.end(), at_ms), 1) << at_ms;
  }
  const CalibrationFit fit = fit_of(load, readings);
  const double explained = explained_by_definition(fit, load.off_ms.back());
  EXPECT_NEAR(fit.explained, explained, 1e-6 * explained);
}

// Readings that are stamped 5 ms too early show nothing of what came before the first of them, so
// that none is forgotten: the first shows 0.8 of 2 ms after the first burst. The last comes 1 ms
// after the last edge.
TEST(CalibrationFit, OfStampsThatAreEarlyTheFirstReadingCounts) {
  Bursts load = bursts();
  load.latency_ms = -5.0;
  load.first_ms = load.off_ms.front() - 4.2;
  load.tail_ms = 1.0;
  const Readings readings = load.readings();
  const CalibrationFit fit = fit_of(load, readings);
  EXPECT_NEAR(fit.response.latency_ms, -5.0, 0.1);
  EXPECT_GT(fit.readings.weight[0], 0.0);
  std::size_t mixed = 0;
  for (const double at_ms : readings.time_ms) {
    mixed += load.share(at_ms) > 0.01 && load.share(at_ms) < 0.99 ? 1 : 0;
  }
  EXPECT_EQ(fit.mixed, mixed);
  const double explained = explained_by_definition(fit, load.off_ms.back());
  EXPECT_NEAR(fit.explained, explained, 1e-6 * explained);
}

}  // namespace
}  // namespace layerwatt
