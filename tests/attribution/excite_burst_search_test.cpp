#include "attribution/excite_burst_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

// A counter that lags by 18 ms over plain passes of 400 W, 1 ms, and bursts in which one more
// millisecond draws 900 W.
BurstRecording lagging(double noise_mw) {
  BurstRecording out;
  double now = 0.0;
  for (int k = 0; k < 40; ++k) {
    BurstWindow window;
    window.plain = k % 2 == 0;
    window.extra = {window.plain ? 0.0 : 1.0, 0.0};
    window.pass_ms = window.plain ? 1.0 : 2.0;
    window.begin_ms = now;
    now += window.plain ? 650.0 : 330.0;
    window.end_ms = now;
    out.windows.push_back(window);
  }
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  for (double at = 37.0; at + 100.0 < now; at += 100.0) {
    double mw = 0.0;
    for (const BurstWindow& window : out.windows) {
      const double ms = std::min(at + 82.0, window.end_ms) - std::max(at - 18.0, window.begin_ms);
      if (ms > 0.0) mw += ms / 100.0 * (window.plain ? 400e3 : 650e3);
    }
    out.steps.push_back({at, at + 100.0, {mw + noise_mw * normal(random)}});
  }
  return out;
}

TEST(ExciteBurstSearch, FindsTheLag) {
  const BurstRecording bursts = lagging(1e3);
  const BurstSteps steps(bursts);
  const BurstTrial best = search_bursts(steps, 1.0);
  EXPECT_NEAR(best.lag_ms, 18.0, 0.6);
  EXPECT_EQ(best.tau_ms, 0.0) << "nothing adapts";
  EXPECT_NEAR(best.fit.coefficients(0, 0), 400e3, 1e3);
  EXPECT_NEAR(best.fit.coefficients(1, 0), 900e3, 3e3);
  EXPECT_NEAR(mix_mw(steps, best, 0), 650e3, 2e3);
  EXPECT_NEAR(plain_over(steps, best, 1.0)[0], 400.0 / 650.0, 0.005);
}

TEST(ExciteBurstSearch, AnotherLagThatFitsAsWellWidensTheIntervals) {
  const auto widened = [](double noise_mw) {
    const BurstRecording bursts = lagging(noise_mw);
    const BurstSteps steps(bursts);
    const BurstTrial best = search_bursts(steps, 1.0);
    return std::sqrt(ambiguity(steps, best, 1.0)(0, 0));
  };
  const double well_known = widened(100.0);
  const double ambiguous = widened(30e3);
  EXPECT_LT(well_known, 0.002 * 900e3);
  EXPECT_GT(ambiguous, 3.0 * well_known);
  EXPECT_LT(ambiguous, 0.1 * 900e3);
}

// One plain window, and a step of 100 ms for each power.
BurstRecording plain_steps(const std::vector<double>& mw) {
  BurstRecording out;
  BurstWindow window;
  window.plain = true;
  window.extra = {0.0, 0.0};
  window.pass_ms = 2.0;
  window.end_ms = 100.0 * static_cast<double>(mw.size());
  out.windows = {window};
  for (std::size_t k = 0; k < mw.size(); ++k) {
    const double at = 100.0 * static_cast<double>(k);
    out.steps.push_back({at, at + 100.0, {mw[k]}});
  }
  return out;
}

BurstTrial like(double lag_ms, double tau_ms, std::size_t pieces) {
  BurstTrial trial;
  trial.lag_ms = lag_ms;
  trial.tau_ms = tau_ms;
  trial.pieces = pieces;
  return trial;
}

TEST(ExciteBurstSearch, ScoresATrialBySchwarzsCriterion) {
  const BurstRecording bursts = plain_steps({100, 102, 98, 102, 98, 101, 99});
  BurstSteps steps(bursts);
  const BurstTrial trial = try_bursts(steps, like(0.0, 0.0, 0), {});
  EXPECT_EQ(trial.degrees, 6u);
  EXPECT_NEAR(trial.fit.coefficients(0, 0), 200.0, 1e-9);
  EXPECT_NEAR(trial.score, 7.0 * std::log(18.0 / 7.0) + std::log(7.0), 1e-9);
  EXPECT_EQ(trial.drift, Eigen::VectorXd::Zero(7));
  EXPECT_EQ(trial.fit.leverage.size(), 0);
  EXPECT_EQ(try_bursts(steps, like(0.0, 0.0, 0), {}, Wanted::all).fit.leverage.size(), 7);

  // The mean is 100 whatever the second and third weigh.
  steps.weigh({1, 0.5, 0.5, 1, 1, 1, 1});
  EXPECT_NEAR(try_bursts(steps, like(0.0, 0.0, 0), {}).score,
              7.0 * std::log(12.0 / 7.0) + std::log(7.0) - 2.0 * std::log(0.25), 1e-9);
  steps.skip(0, true);
  EXPECT_TRUE(std::isinf(try_bursts(steps, like(0.0, 0.0, 0), {}).score)) << "five degrees";

  const BurstRecording exact = plain_steps(std::vector<double>(7, 100.0));
  const BurstSteps exact_steps(exact);
  EXPECT_NEAR(try_bursts(exact_steps, like(0.0, 0.0, 0), {}).score,
              7.0 * std::log(1e-12 / 7.0) + std::log(7.0), 1e-9)
      << "squares are never less than 1e-12";
}

TEST(ExciteBurstSearch, ATrialFindsTheDriftOfItsSteps) {
  // Steps in the middle of a line from 1 down to 0.
  std::vector<double> drift;
  std::vector<double> mw;
  for (int k = 0; k < 9; ++k) {
    drift.push_back(0.04 * (0.5 - k / 8.0));
    mw.push_back(1000.0 / (1.0 - drift.back()));
  }
  const BurstRecording bursts = plain_steps(mw);
  BurstSteps steps(bursts);
  steps.weigh({1, 0.5, 1, 1, 1, 1, 1, 1, 1});
  const BurstTrial trial = try_bursts(steps, like(0.0, 70.0, 1), {});
  EXPECT_EQ(trial.pieces, 1u);
  EXPECT_EQ(trial.tau_ms, 70.0);
  EXPECT_EQ(trial.degrees, 7u);
  EXPECT_NEAR(trial.fit.coefficients(0, 0), 2000.0, 1e-6);
  ASSERT_EQ(trial.drift.size(), 9);
  const Eigen::MatrixXd x = weighted_design(trial);
  ASSERT_EQ(x.cols(), 2);
  for (int k = 0; k < 9; ++k) {
    const auto at = static_cast<std::size_t>(k);
    EXPECT_NEAR(trial.drift(k), drift[at], 1e-9);
    const double weight = k == 1 ? 0.5 : 1.0;
    EXPECT_NEAR(x(k, 0), weight * 0.5, 1e-12);
    EXPECT_NEAR(x(k, 1), weight * mw[at] * drift[at] / 0.04, 1e-9);
  }
  EXPECT_NEAR(trial.score, 9.0 * std::log(1e-12 / 9.0) + 2.0 * std::log(9.0) - 2.0 * std::log(0.5),
              1e-9);
  EXPECT_TRUE(std::isinf(try_bursts(steps, like(0.0, 0.0, 4), {}).score)) << "four degrees";
}

TEST(ExciteBurstSearch, AMixDrawsWhatItsPartsDo) {
  BurstRecording bursts = lagging(0.0);
  for (BurstWindow& window : bursts.windows) window.extra.insert(window.extra.begin(), 0.0);
  bursts.windows[1].extra = {3.0, 2.0, 0.0};
  bursts.windows[1].pass_ms = 5.0;
  const BurstSteps steps(bursts);
  BurstTrial trial;
  trial.fit.coefficients = Eigen::Vector3d(100.0, 20.0, 5.0);
  EXPECT_NEAR(mix_mw(steps, trial, 0), (100.0 + 3.0 * 20.0 + 2.0 * 5.0) / 5.0, 1e-12);
  EXPECT_NEAR(mix_mw(steps, trial, 1), (100.0 + 5.0) / 2.0, 1e-12);
  const std::vector<double> over = plain_over(steps, trial, 4.0);
  ASSERT_EQ(over.size(), 2u);
  EXPECT_NEAR(over[0], 25.0 / 34.0, 1e-12);
  EXPECT_NEAR(over[1], 25.0 / 52.5, 1e-12);
}

// As lagging(), but of a device that lags by `lag_ms`, takes a fifth off the bursts' power with
// `tau_ms`, and drifts as `drift` says of where in the recording it is.
struct Adapting {
  double lag_ms = 18.0;
  double tau_ms = 130.0;
  double takes_off = 0.2;
  double noise_mw = 0.0;
  std::function<double(double)> drift = [](double) { return 0.0; };

  BurstRecording record() const {
    BurstRecording out = lagging(0.0);
    const double end_ms = out.windows.back().end_ms;
    std::mt19937_64 random(5);
    std::normal_distribution<double> noise(0.0, 1.0);
    for (CounterStep& step : out.steps) {
      double mw = 0.0;
      double state = 0.0;  // what is taken off at the window's start, relative
      for (const BurstWindow& window : out.windows) {
        const double to = window.plain ? 0.0 : takes_off;
        if (!window.plain) state = 0.0;  // as if plain windows were long enough
        const double own_mw = window.plain ? 400e3 : 650e3;
        const double from_ms = std::max(step.begin_ms - lag_ms, window.begin_ms) - window.begin_ms;
        const double to_ms = std::min(step.end_ms - lag_ms, window.end_ms) - window.begin_ms;
        if (to_ms > from_ms) {
          const double memory = tau_ms * (std::exp(-from_ms / tau_ms) - std::exp(-to_ms / tau_ms));
          mw += own_mw * ((1.0 - to) * (to_ms - from_ms) + (to - state) * memory) / 100.0;
        }
        state = to + (state - to) * std::exp(-(window.end_ms - window.begin_ms) / tau_ms);
      }
      mw += noise_mw * noise(random);
      step.power_mw = {mw / (1.0 - drift((step.begin_ms + 50.0) / end_ms))};
    }
    return out;
  }
};

BurstTrial searched(const BurstRecording& bursts) {
  const BurstSteps steps(bursts);
  return search_bursts(steps, 1.0);
}

TEST(ExciteBurstSearch, FindsHowFastADeviceAdapts) {
  const BurstTrial best = searched(Adapting{}.record());
  EXPECT_EQ(best.tau_ms, 130.0);
  EXPECT_EQ(best.lag_ms, 18.0);
  EXPECT_EQ(best.pieces, 0u);
  ASSERT_EQ(best.rows.adapted.cols(), 1);
  EXPECT_NEAR(best.fit.coefficients(0, 0), 400e3, 50.0) << "the plain share is of one turn before";
  EXPECT_NEAR(best.fit.coefficients(1, 0), 900e3, 100.0);
  EXPECT_NEAR(best.fit.coefficients(2, 0), 0.2 * 650e3, 100.0);
}

TEST(ExciteBurstSearch, FindsAnyLagToHalfAMillisecond) {
  Adapting device;
  device.takes_off = 0.0;
  for (const double lag_ms : {0.0, 3.5, 8.5, 60.0}) {
    device.lag_ms = lag_ms;
    EXPECT_EQ(searched(device.record()).lag_ms, lag_ms);
  }
  device.lag_ms = 8.3;
  EXPECT_EQ(searched(device.record()).lag_ms, 8.5);
  device.lag_ms = 66.0;
  EXPECT_EQ(searched(device.record()).lag_ms, 63.5) << "there the search ends";
}

// A column for what adapts takes up some noise, now here and now there.
TEST(ExciteBurstSearch, WhatAdaptingExplainsByChanceIsNotAdapting) {
  Adapting device;
  device.takes_off = 0.0;
  device.noise_mw = 1e3;
  for (const double lag_ms : {1.0, 5.0, 9.0, 18.0, 27.0, 33.0}) {
    device.lag_ms = lag_ms;
    EXPECT_EQ(searched(device.record()).tau_ms, 0.0) << lag_ms;
  }
}

TEST(ExciteBurstSearch, FindsHowFastADeviceAdaptsThatDriftsALot) {
  Adapting device;
  device.drift = [](double at) { return 0.2 * std::abs(at - 0.5); };
  const BurstTrial best = searched(device.record());
  EXPECT_EQ(best.tau_ms, 130.0);
  EXPECT_EQ(best.lag_ms, 18.0);
}

TEST(ExciteBurstSearch, AtTheEndsOfTheGridNothingAdapts) {
  Adapting device;
  device.noise_mw = 300.0;
  for (const double tau_ms : {20.0, 3000.0}) {
    device.tau_ms = tau_ms;
    EXPECT_EQ(searched(device.record()).tau_ms, 0.0);
  }
  for (const double tau_ms : {50.0, 500.0}) {
    device.tau_ms = tau_ms;
    EXPECT_EQ(searched(device.record()).tau_ms, tau_ms);
  }
}

TEST(ExciteBurstSearch, FindsThePiecesOfTheDrift) {
  Adapting device;
  device.noise_mw = 100.0;
  for (const double takes_off : {0.0, 0.2}) {
    device.takes_off = takes_off;
    device.drift = [](double at) { return 0.02 * at; };
    EXPECT_EQ(searched(device.record()).pieces, 1u);
    device.drift = [](double at) { return 0.02 * std::abs(at - 0.5); };
    EXPECT_EQ(searched(device.record()).pieces, 2u);
    device.drift = [](double at) { return 0.02 * std::abs(std::fmod(2.0 * at, 1.0) - 0.5); };
    EXPECT_EQ(searched(device.record()).pieces, 4u);
  }
}

TEST(ExciteBurstSearch, TooFewStepsHaveNoSolution) {
  BurstRecording bursts = lagging(0.0);
  bursts.steps.resize(9);
  EXPECT_TRUE(std::isinf(searched(bursts).score)) << "2 parts, 2 pieces and 6 degrees need 10";
  bursts = lagging(0.0);
  bursts.steps.resize(10);
  EXPECT_FALSE(std::isinf(searched(bursts).score));
}

// What the header says of it, over what other lags, time constants and pieces there are.
double ambiguity_of(const BurstSteps& steps, const BurstTrial& best) {
  const std::vector<double> over = plain_over(steps, best, 1.0);
  std::vector<BurstTrial> others;
  for (const double tau_ms : {0, 35, 50, 70, 100, 130, 160, 200, 260, 350, 500, 700}) {
    if (tau_ms != best.tau_ms) others.push_back(like(best.lag_ms, tau_ms, best.pieces));
  }
  for (const double off_ms : {-4.0, -2.0, -1.0, 1.0, 2.0, 4.0}) {
    const double lag_ms = best.lag_ms + off_ms;
    if (lag_ms >= 0.0) others.push_back(like(lag_ms, best.tau_ms, best.pieces));
  }
  for (const std::size_t pieces : {0u, 1u, 2u, 4u, 8u, 16u}) {
    if (pieces != best.pieces) others.push_back(like(best.lag_ms, best.tau_ms, pieces));
  }
  const auto n = static_cast<double>(best.rows.mix.rows());
  double sum = 0.0;
  double weights = 1.0;
  for (const BurstTrial& other : others) {
    const BurstTrial tried = try_bursts(steps, other, over);
    if (std::isinf(tried.score)) continue;
    const double worse = tried.score / static_cast<double>(tried.rows.mix.rows()) * n - best.score;
    const double weight =
        worse < 0.0 ? 1.0 : std::exp(-worse / neighbours_factor(best.fit.residuals.col(0)) / 2.0);
    sum += weight * std::pow(tried.fit.coefficients(1, 0) - best.fit.coefficients(1, 0), 2);
    weights += weight;
  }
  return sum / weights;
}

TEST(ExciteBurstSearch, AmbiguityIsTheScatterOverTheOthersByHowWellTheyExplain) {
  Adapting device;
  device.noise_mw = 15e3;
  device.lag_ms = 2.0;
  // Where something adapts, nothing adapting is no rival; where nothing does, it is.
  for (const double takes_off : {0.2, 0.0}) {
    device.takes_off = takes_off;
    const BurstRecording bursts = device.record();
    const BurstSteps steps(bursts);
    // At the best lag and at a worse one; the lags from 0 and from 2 ms on down are not there.
    for (const BurstTrial& at : {like(2.0, 130.0, 0), like(2.0, 0.0, 0), like(2.0, 160.0, 2),
                                 like(9.0, 0.0, 0), like(9.0, 70.0, 1)}) {
      const BurstTrial best = try_bursts(steps, at, {400.0 / 650.0});
      const double expected = ambiguity_of(steps, best);
      EXPECT_GT(expected, 1e6);
      EXPECT_NEAR(ambiguity(steps, best, 1.0)(0, 0) / expected, 1.0, 1e-9)
          << at.lag_ms << ' ' << at.tau_ms << ' ' << at.pieces;
    }
  }
}

TEST(ExciteBurstSearch, WhatAdaptsIsOneUnknownAMix) {
  const BurstRecording bursts = lagging(1e3);
  const BurstSteps steps(bursts);
  const BurstTrial trial = try_bursts(steps, like(18.0, 70.0, 1), {0.6});
  // The pass, the part, its adapting and a piece of the drift.
  const auto n = static_cast<double>(trial.rows.mix.rows());
  EXPECT_EQ(trial.degrees, static_cast<std::size_t>(n) - 4u);
  EXPECT_NEAR(trial.score, n * std::log(trial.fit.residuals.squaredNorm() / n) + 4.0 * std::log(n),
              1e-6);
}

}  // namespace
}  // namespace layerwatt
