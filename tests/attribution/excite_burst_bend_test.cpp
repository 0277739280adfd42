// bend(), through fit_bursts(): what it finds, and what it keeps from being claimed.
#include "attribution/excite_burst_bend.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "adapting_device.hpp"

namespace layerwatt {
namespace {

// Energies in place, from powers that the fit gives: what they sum to over the pass.
double closure(const Adapting& device, const ExciteFit& fit) {
  double mj = 0.0;
  for (std::size_t j = 0; j < 3; ++j) {
    mj += fit.power_mw(static_cast<Eigen::Index>(j), 0) * device.time_ms[j] / 1e3;
  }
  return mj / fit.pass_mj(0);
}

Adapting bending() {
  Adapting device;
  device.adapts = {0.0, 0.0, 0.0};
  device.bend = 0.2;
  device.boosts = {0.4, 2.0};
  device.rounds = 6;
  return device;
}

TEST(ExciteBurstBend, PowerThatBendsIsStraightened) {
  Adapting device = bending();
  device.noise = 0.005;
  const BurstFitOutcome found = fit_bursts(device.record(), {});
  ASSERT_TRUE(found.outcome.fit);
  ASSERT_TRUE(found.adaptation.bend_known);
  EXPECT_NEAR(found.adaptation.bend, 0.2, 3.0 * found.adaptation.bend_std);
  EXPECT_LT(found.adaptation.bend_std, 0.1);
  const ExciteFit& fit = *found.outcome.fit;
  for (Eigen::Index j = 0; j < 3; ++j) {
    const double really = device.power_mw[static_cast<std::size_t>(j)];
    EXPECT_NEAR(fit.power_mw(j, 0), really, 3.0 * fit.power_std(j, 0));
  }
  EXPECT_NEAR(closure(device, fit), 1.0, 0.006);
}

TEST(ExciteBurstBend, APartRepeatedByOneNumberLeavesTheBendUnknown) {
  Adapting straight;
  straight.adapts = {0.0, 0.0, 0.0};
  straight.noise = 0.005;
  Adapting device = straight;
  device.bend = 0.2;
  const BurstFitOutcome found = fit_bursts(device.record(), {});
  ASSERT_TRUE(found.outcome.fit);
  EXPECT_FALSE(found.adaptation.bend_known);
  const ExciteFit& fit = *found.outcome.fit;
  EXPECT_GT(closure(device, fit), 1.006) << "what a bend does to the sum";
  for (Eigen::Index j = 0; j < 3; ++j) {
    const double really = device.power_mw[static_cast<std::size_t>(j)];
    EXPECT_NEAR(fit.power_mw(j, 0), really, 2.0 * fit.power_std(j, 0)) << "but intervals say so";
  }
}

}  // namespace
}  // namespace layerwatt
