#include <gtest/gtest.h>

#include "attribution/measured.hpp"
#include "attribution/recordings.hpp"

namespace layerwatt {
namespace {

using testing::Builder;
using testing::kNaN;
using testing::rail;

// Inferences 0–3 and 4–7: a seventh of the run lies between them. The reading at 0 stands for the
// ms before and counts for neither.
Measured measured_of(const std::vector<double>& first_mw, bool shows_before,
                     int idle_readings = 0) {
  Builder b({}, {rail("GPU"), rail("CPU")});
  b.inference(0, 3, {}).inference(4, 7, {});
  for (int t = -idle_readings; t < 0; ++t) b.sample(t, {30, 30});
  b.sample(0, first_mw);
  for (int t = 1; t <= 7; ++t) b.sample(t, {200, 100});
  const Recording& recording = b.get();
  SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  timing.shows_before = shows_before;
  const SlotTimes times = slot_times(recording.iterations, 20);
  return measure(recording.iterations, recording.power, timing, times, true);
}

// 300 and a sixth of 300 − 120; of the rails a sixth of 200 − 90 and of 100 − 30.
TEST(Measure, TheFirstReadingOfASlowSensorIsOfTheIdleDevice) {
  const Measured m = measured_of({90, 30}, true);
  EXPECT_NEAR(m.total.power_mw->mean, 330.0, 1e-9);
  EXPECT_NEAR(m.rails[0].power_mw->mean, 200.0 + 110.0 / 6.0, 1e-9);
  EXPECT_NEAR(m.rails[1].power_mw->mean, 100.0 + 70.0 / 6.0, 1e-9);
}

TEST(Measure, TheFirstReadingOfAnyOtherSensorIsNot) {
  EXPECT_NEAR(measured_of({90, 30}, false).total.power_mw->mean, 300.0, 1e-9);
}

// Of the idle device, 60 mW were read.
TEST(Measure, ReadingsBeforeTheRunAreBetterThanTheFirstInIt) {
  EXPECT_NEAR(measured_of({90, 30}, true, 3).total.power_mw->mean, 340.0, 1e-9);
}

// Then it is the next that tells: 300 mW as everything, nothing to take out.
TEST(Measure, AFirstReadingWithoutATotalTellsOfItsRailAlone) {
  const Measured m = measured_of({90, kNaN}, true);
  EXPECT_NEAR(m.total.power_mw->mean, 300.0, 1e-9);
  EXPECT_NEAR(m.rails[0].power_mw->mean, 200.0 + 110.0 / 6.0, 1e-9);
  EXPECT_NEAR(m.rails[1].power_mw->mean, 100.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
