// fit_bursts() on a device whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "attribution/excite_burst_agreement.hpp"
#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_bursts.hpp"

namespace layerwatt {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A device that adapts: what runs draws P (1 + s), and s goes to that of the mix with a time
// constant. Its energy is counted in steps of 100 ms, which come `lag` late.
struct Adapting {
  double tau_ms = 160.0;
  double lag_ms = 15.0;
  double noise = 0.0;  // of a step, relative
  std::vector<double> time_ms = {0.3, 0.2, 0.5};
  std::vector<double> power_mw = {900e3, 300e3, 500e3};
  std::vector<double> adapts = {-0.2, 0.05, 0.0};  // s in the end, when it is repeated
  int rounds = 3;
  bool slow_clock_for_first = false;

  double pass_ms() const { return time_ms[0] + time_ms[1] + time_ms[2]; }
  double pass_mj() const {
    double mj = 0.0;
    for (std::size_t j = 0; j < 3; ++j) mj += time_ms[j] * power_mw[j] / 1e3;
    return mj;
  }

  struct Stretch {
    double begin_ms, end_ms, mw, from, to;
  };

  // mJ until `ms`.
  double counted(const std::vector<Stretch>& stretches, double ms) const {
    double mj = 0.0;
    for (const Stretch& s : stretches) {
      const double length = std::min(ms, s.end_ms) - s.begin_ms;
      if (length <= 0.0) break;
      const double memory = tau_ms * (1.0 - std::exp(-length / tau_ms));
      mj += s.mw * ((1.0 + s.to) * length + (s.from - s.to) * memory) / 1e6;
    }
    return mj * 1e3;
  }

  BurstRecording record() const {
    BurstRecording out;
    std::vector<Stretch> stretches;
    std::mt19937_64 random(7);
    double now = 0.0;
    double state = 0.0;
    const auto run = [&](std::size_t part, double extra, double length_ms) {
      BurstWindow window;
      window.extra.assign(4, 0.0);
      window.plain = extra == 0.0;
      if (!window.plain) window.extra[part] = extra;
      window.pass_ms = pass_ms() + extra * time_ms[part];
      const double mj = pass_mj() + extra * time_ms[part] * power_mw[part] / 1e3;
      const double to = window.plain ? 0.0 : adapts[part];
      length_ms = window.pass_ms * std::ceil(length_ms / window.pass_ms);
      window.begin_ms = now;
      window.end_ms = now + length_ms;
      window.usable = window.plain || part > 0 || !slow_clock_for_first;
      stretches.push_back({now, now + length_ms, 1e3 * mj / window.pass_ms, state, to});
      state = to + (state - to) * std::exp(-length_ms / tau_ms);
      now += length_ms;
      out.windows.push_back(window);
    };
    for (int round = 0; round < rounds; ++round) {
      for (const std::size_t part : {1u, 0u, 2u}) {
        run(0, 0.0, 650.0);
        run(part, std::round(pass_ms() / time_ms[part]), 350.0);
      }
    }
    run(0, 0.0, 650.0);
    std::normal_distribution<double> normal;
    double before = counted(stretches, 37.0 - lag_ms);
    for (double step = 37.0; step + 100.0 < now; step += 100.0) {
      const double after = counted(stretches, step + 100.0 - lag_ms);
      const double mw = (after - before) * 10.0 * (1.0 + noise * normal(random));
      out.steps.push_back({step, step + 100.0, {mw, mw / 2.0}});
      before = after;
    }
    return out;
  }
};

TEST(ExciteBurstFit, FindsWhatPartsDrawBeforeTheDeviceAdapts) {
  const Adapting device;
  const BurstFitOutcome found = fit_bursts(device.record(), {});
  ASSERT_TRUE(found.outcome.fit) << found.outcome.refused;
  const ExciteFit& fit = *found.outcome.fit;
  EXPECT_THAT(fit.parts, ElementsAre(0u, 1u, 2u));
  EXPECT_NEAR(fit.pass_ms, 1.0, 1e-9);
  EXPECT_NEAR(fit.pass_mj(0), device.pass_mj(), 1e-3 * device.pass_mj());
  for (std::size_t j = 0; j < 3; ++j) {
    const auto row = static_cast<Eigen::Index>(j);
    EXPECT_NEAR(fit.extra_ms(row), device.time_ms[j], 1e-9);
    EXPECT_NEAR(fit.power_mw(row, 0), device.power_mw[j], 2e-3 * device.power_mw[j]) << j;
    EXPECT_NEAR(fit.power_mw(row, 1), device.power_mw[j] / 2.0, 2e-3 * device.power_mw[j]) << j;
  }
  EXPECT_NEAR(found.adaptation.time_constant_ms, 160.0, 1e-9);
  EXPECT_NEAR(found.adaptation.lag_ms, 15.0, 1e-9);
  EXPECT_THAT(found.adaptation.share,
              ElementsAre(DoubleNear(-0.2, 5e-3), DoubleNear(0.05, 5e-3), DoubleNear(0.0, 5e-3)));
}

TEST(ExciteBurstFit, MeanPowersOfTheBurstsWouldBeFarOff) {
  // What the fit is for: without adaptation in it, part 0 is 10 % or more too low.
  Adapting device;
  device.adapts = {-0.2, -0.2, -0.2};
  const BurstRecording bursts = device.record();
  double mw = 0.0;
  double ms = 0.0;
  for (const CounterStep& step : bursts.steps) {
    for (const BurstWindow& window : bursts.windows) {
      if (window.extra[0] == 0.0) continue;
      if (step.begin_ms < window.begin_ms + 15.0 || step.end_ms > window.end_ms) continue;
      mw += step.power_mw[0] * 100.0;
      ms += 100.0;
    }
  }
  const double doubled = 2.0 * mw / ms - device.pass_mj() * 1e3;
  EXPECT_LT(doubled, 0.85 * 900e3);
  const BurstFitOutcome found = fit_bursts(bursts, {});
  ASSERT_TRUE(found.outcome.fit);
  EXPECT_NEAR(found.outcome.fit->power_mw(0, 0), 900e3, 5e3);
}

TEST(ExciteBurstFit, ADeviceThatDoesNotAdaptIsNotSaidTo) {
  Adapting device;
  device.adapts = {0.0, 0.0, 0.0};
  device.noise = 0.01;
  const BurstFitOutcome found = fit_bursts(device.record(), {});
  ASSERT_TRUE(found.outcome.fit);
  EXPECT_EQ(found.adaptation.time_constant_ms, 0.0);
  EXPECT_THAT(found.adaptation.share, ::testing::Each(::testing::IsNan()));
  const ExciteFit& fit = *found.outcome.fit;
  for (Eigen::Index j = 0; j < 3; ++j) {
    const double really = device.power_mw[static_cast<std::size_t>(j)];
    EXPECT_NEAR(fit.power_mw(j, 0), really, 4.0 * fit.power_std(j, 0));
    EXPECT_LT(fit.power_std(j, 0), 0.02 * 500e3);
  }
}

TEST(ExciteBurstFit, WindowsAtAnotherClockAreLeftOut) {
  Adapting device;
  device.slow_clock_for_first = true;
  const BurstFitOutcome found = fit_bursts(device.record(), {});
  ASSERT_TRUE(found.outcome.fit);
  EXPECT_THAT(found.outcome.fit->parts, ElementsAre(1u, 2u));
}

TEST(ExciteBurstFit, AStepThatNothingExplainsIsLeftOut) {
  Adapting device;
  device.noise = 0.002;
  BurstRecording bursts = device.record();
  bursts.steps[bursts.steps.size() / 2].power_mw[0] *= 1.5;
  const BurstFitOutcome found = fit_bursts(bursts, {});
  ASSERT_TRUE(found.outcome.fit);
  EXPECT_EQ(found.outcome.fit->outliers, 1u);
  EXPECT_NEAR(found.outcome.fit->power_mw(0, 0), 900e3, 0.01 * 900e3);
}

// Device without adaptation, steps of 1 % noise.
Adapting noisy(int rounds) {
  Adapting device;
  device.adapts = {0.0, 0.0, 0.0};
  device.noise = 0.01;
  device.rounds = rounds;
  return device;
}

TEST(ExciteBurstFit, WindowsThatDisagreeMakeTheirPartLessSure) {
  BurstRecording bursts = noisy(4).record();
  const BurstFitOutcome before = fit_bursts(bursts, {});
  // One of the windows that repeat part 0, and then another, draws 4 % more and less.
  double more = 1.04;
  for (const BurstWindow& window : bursts.windows) {
    if (!(window.extra[0] > 0.0)) continue;
    for (CounterStep& step : bursts.steps) {
      if (step.end_ms > window.begin_ms + 30.0 && step.begin_ms < window.end_ms - 30.0) {
        step.power_mw[0] *= more;
      }
    }
    more = 2.0 - more;
  }
  const BurstFitOutcome after = fit_bursts(bursts, {});
  ASSERT_TRUE(before.outcome.fit && after.outcome.fit);
  EXPECT_EQ(after.outcome.fit->windows[0], 4u);
  // But for their disagreement, both have the same standard deviation.
  const auto ratio = [](const ExciteFit& fit) {
    return (fit.power_std(0, 0) / fit.disagreement[0]) /
           (fit.power_std(2, 0) / fit.disagreement[2]);
  };
  EXPECT_GT(after.outcome.fit->disagreement[0], 1.3 * before.outcome.fit->disagreement[0]);
  EXPECT_LT(after.outcome.fit->disagreement[2], 1.5);
  EXPECT_NEAR(ratio(*before.outcome.fit), 1.0, 0.2);
  EXPECT_GT(ratio(*after.outcome.fit), 0.8) << "or more: other lags explain it nearly as well";
}

TEST(ExciteBurstFit, OneWindowAPartIsSaidAndCountsForLess) {
  BurstRecording bursts = noisy(3).record();
  const BurstFitOutcome before = fit_bursts(bursts, {});
  int count = 0;
  for (BurstWindow& window : bursts.windows) {
    if (window.extra[1] > 0.0 && ++count > 1) window.usable = false;
  }
  const BurstFitOutcome after = fit_bursts(bursts, {});
  ASSERT_TRUE(before.outcome.fit && after.outcome.fit);
  EXPECT_EQ(after.outcome.fit->windows[1], 1u);
  EXPECT_EQ(after.outcome.fit->disagreement[1], 1.5);
  // √3 for the number of windows, and 1.5.
  const double alone = after.outcome.fit->power_std(1, 0);
  const double three = before.outcome.fit->power_std(1, 0) / before.outcome.fit->disagreement[1];
  EXPECT_NEAR(alone / three, 1.5 * std::sqrt(3.0), 0.5);
}

TEST(ExciteBurstFit, TooFewAreRefused) {
  Adapting device;
  BurstRecording bursts = device.record();
  bursts.windows.resize(3);
  EXPECT_THAT(fit_bursts(bursts, {}).outcome.refused, HasSubstr("too few"));
  EXPECT_THAT(fit_bursts({}, {}).outcome.refused, HasSubstr("no window"));
}

TEST(ExciteBurstFit, SaysHowManyWindowsAndPartsWereTooFew) {
  BurstRecording bursts = Adapting{}.record();
  bursts.windows.resize(4);
  EXPECT_EQ(fit_bursts(bursts, {}).outcome.refused, "4 windows are too few to tell 2 parts apart");
  bursts = Adapting{}.record();
  bursts.steps.resize(8);
  EXPECT_EQ(fit_bursts(bursts, {}).outcome.refused, "19 windows are too few to tell 3 parts apart");
  bursts.steps.clear();
  EXPECT_EQ(fit_bursts(bursts, {}).outcome.refused, "no window has a power reading");
}

}  // namespace
}  // namespace layerwatt
