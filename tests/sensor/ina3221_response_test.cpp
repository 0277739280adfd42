#include "sensor/ina3221_response.hpp"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

// Figures by hand from TI SBOS576 and drivers/hwmon/ina3221.c.

TEST(Ina3221Response, ResetSettingsAreA1100MicrosecondWindowInASweepOf6600) {
  const SensorModel model = ina3221_response({3, 1.0, 7.0}).model;
  EXPECT_DOUBLE_EQ(*model.period_ms, 6.6);
  EXPECT_DOUBLE_EQ(*model.window_ms, 1.1);
  EXPECT_DOUBLE_EQ(*model.time_constant_ms, 0.0);
  EXPECT_FALSE(model.latency_ms) << "the age of the conversion is not in the settings";
}

TEST(Ina3221Response, TwoChannelsSweepFaster) {
  EXPECT_DOUBLE_EQ(*ina3221_response({2, 1.0, 4.0}).model.period_ms, 4.4);
}

TEST(Ina3221Response, AveragingIsALowPassWhicheverWayTheDriverCountsTheInterval) {
  // Newer kernels show one sweep (6.6 → 7), older ones sweep × samples (422.4 → 422).
  for (const double shown_ms : {7.0, 422.0}) {
    const Ina3221Response response = ina3221_response({3, 64.0, shown_ms});
    ASSERT_TRUE(response.model.time_constant_ms) << response.notes;
    EXPECT_DOUBLE_EQ(*response.model.time_constant_ms, 422.4);
    EXPECT_DOUBLE_EQ(*response.model.period_ms, 6.6);
    EXPECT_DOUBLE_EQ(*response.model.window_ms, 1.1);
  }
}

TEST(Ina3221Response, NothingIsClaimedWhereTheSettingsDoNotDecide) {
  // 1 ms: 0.84 (140 µs conversions) or 1.22 (204 µs).
  EXPECT_FALSE(ina3221_response({3, 1.0, 1.0}).model.period_ms);
  EXPECT_NE(ina3221_response({3, 1.0, 1.0}).notes.find("ambiguous"), std::string::npos);
  // 13 ms with 16 samples: one sweep of 2116 µs conversions, or 16 sweeps of 140 µs ones.
  EXPECT_FALSE(ina3221_response({3, 16.0, 13.0}).model.time_constant_ms);
  // No conversion time gives 100 ms.
  EXPECT_FALSE(ina3221_response({3, 1.0, 100.0}).model.period_ms);
  // R32's driver has no such files.
  const Ina3221Response unknown = ina3221_response({3, std::nullopt, std::nullopt});
  EXPECT_FALSE(unknown.model.period_ms);
  EXPECT_FALSE(unknown.model.time_constant_ms);
  EXPECT_NE(unknown.notes.find("calibrate"), std::string::npos);
  EXPECT_FALSE(ina3221_response({0, 1.0, 7.0}).model.period_ms);
}

}  // namespace
}  // namespace layerwatt
