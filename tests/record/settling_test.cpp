#include "record/settling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace layerwatt {
namespace {

PowerSamples readings(double from_ms, double to_ms, double every_ms,
                      const std::function<double(double)>& mw_at) {
  PowerSamples power;
  power.rails = {{"BOARD", true}};
  for (double ms = from_ms; ms <= to_ms; ms += every_ms) {
    power.time_ns.push_back(static_cast<std::int64_t>(ms * 1e6));
    power.rail_mw.push_back(mw_at(ms));
  }
  return power;
}

TEST(Settling, OfAKnownResponse) {
  // Latency 20 + window 100 + 7 × 200 + 2 × 50.
  EXPECT_DOUBLE_EQ(settle_ms_of({50.0, 100.0, 20.0, 200.0, {}}, 5.0).value(), 1620.0);
  EXPECT_DOUBLE_EQ(settle_ms_of({{}, 1.0, 0.0, 0.0, {}}, 5.0).value(), kLeastSettleMs);
  EXPECT_FALSE(settle_ms_of({50.0, {}, 20.0, 200.0, {}}, 5.0));
  EXPECT_FALSE(settle_ms_of({50.0, 100.0, 20.0, {}, {}}, 5.0));
}

TEST(Settling, SevenTimeConstantsOfALowPass) {
  const auto low_pass = [](double ms) {
    return ms <= 0 ? 5000 : 12000 - 7000 * std::exp(-ms / 485);
  };
  const auto power = readings(-500, 4000, 2, low_pass);
  // Within 3 % of 7 × 485: e^-6 … e^-8 is left in what is taken for settled.
  EXPECT_NEAR(settle_ms_from_step(power, 0, 4'000'000'000).value(), 3395, 100);
}

TEST(Settling, ABoxOf400MsIsOverWellBefore) {
  const auto box = [](double ms) { return ms <= 0 ? 5000 : 5000 + 7000 * std::min(1.0, ms / 400); };
  const auto power = readings(-500, 4000, 10, box);
  EXPECT_NEAR(settle_ms_from_step(power, 0, 4'000'000'000).value(), 7 * 200, 40);
}

TEST(Settling, AFallIsAsGoodAsARise) {
  const auto fall = [](double ms) { return ms <= 0 ? 12000 : 5000 + 7000 * std::exp(-ms / 200); };
  const auto power = readings(-500, 4000, 2, fall);
  EXPECT_NEAR(settle_ms_from_step(power, 0, 4'000'000'000).value(), 1400, 40);
}

TEST(Settling, AQuickSensorStillGetsTheDevicesOwnTime) {
  const auto step = [](double ms) { return ms <= 0 ? 5000.0 : 12000.0; };
  EXPECT_DOUBLE_EQ(settle_ms_from_step(readings(-500, 4000, 10, step), 0, 4'000'000'000).value(),
                   kLeastSettleMs);
}

TEST(Settling, WhatCannotBeSeenIsNotGuessed) {
  const std::int64_t end = 4'000'000'000;
  const auto flat = [](double ms) { return ms <= 0 ? 12000.0 : 12100.0; };
  EXPECT_FALSE(settle_ms_from_step(readings(-500, 4000, 10, flat), 0, end)) << "no step";
  const auto slow = [](double ms) { return ms <= 0 ? 5000 : 12000 - 7000 * std::exp(-ms / 3000); };
  EXPECT_FALSE(settle_ms_from_step(readings(-500, 4000, 10, slow), 0, end)) << "not settled";
  const auto step = [](double ms) { return ms <= 0 ? 5000.0 : 12000.0; };
  EXPECT_FALSE(settle_ms_from_step(readings(-500, 4000, 1000, step), 0, end)) << "few readings";
  EXPECT_FALSE(settle_ms_from_step(readings(10, 4000, 10, step), 0, end)) << "none before";
}

}  // namespace
}  // namespace layerwatt
