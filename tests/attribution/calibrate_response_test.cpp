#include "attribution/calibrate_response.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "attribution/square_wave.hpp"

namespace layerwatt {
namespace {

Calibration calibrated(const synthetic::SquareWave& wave) {
  const Recording recording = synthetic::make(wave);
  CalibrationSettings settings;
  settings.interval_ms = wave.period_ms;
  return calibrate_response(recording.iterations, recording.power, SensorModel{}, settings);
}

void expect_figure(const CalibratedFigure& figure, double truth, double close, const char* what) {
  ASSERT_TRUE(figure.value_ms) << what << ": " << figure.reason;
  ASSERT_TRUE(figure.ci95_ms) << what;
  EXPECT_NEAR(*figure.value_ms, truth, close) << what;
  EXPECT_LE(figure.ci95_ms->lo, truth) << what;
  EXPECT_GE(figure.ci95_ms->hi, truth) << what;
  EXPECT_LT(figure.ci95_ms->hi - figure.ci95_ms->lo, 4.0 * close) << what << ": says nothing";
}

void expect_response(const synthetic::SquareWave& wave, double close) {
  const Calibration found = calibrated(wave);
  expect_figure(found.window, wave.window_ms, close, "window");
  expect_figure(found.latency, wave.latency_ms, close, "latency");
  expect_figure(found.time_constant, wave.time_constant_ms, close, "time constant");
  EXPECT_NEAR(*found.idle_mw, wave.idle_mw, 20.0);
  // What rounding adds to noise is a twelfth of a step's square.
  EXPECT_NEAR(*found.noise_mw, std::hypot(wave.noise_mw, wave.step_mw / std::sqrt(12.0)), 3.0);
}

TEST(CalibrateResponse, AShortWindow) { expect_response({}, 0.03); }

TEST(CalibrateResponse, AWindowOfSeveralReadings) {
  synthetic::SquareWave wave;
  wave.window_ms = 6.6;
  wave.latency_ms = 13.3;
  expect_response(wave, 0.15);
}

TEST(CalibrateResponse, AWindowAndALowPass) {
  synthetic::SquareWave wave;
  wave.window_ms = 4.4;
  wave.time_constant_ms = 5.0;
  expect_response(wave, 0.1);
}

TEST(CalibrateResponse, AWindowOfATenthOfASecond) {
  synthetic::SquareWave wave;
  wave.window_ms = 100.0;
  wave.latency_ms = 20.0;
  wave.period_ms = 10.0;
  expect_response(wave, 1.5);
}

TEST(CalibrateResponse, ALowPassOfHalfASecond) {
  synthetic::SquareWave wave;
  wave.time_constant_ms = 500.0;
  wave.period_ms = 20.0;
  wave.seconds = 30.0;
  wave.seed = 2;  // one in twenty 95 % intervals does not hold the truth: that of seed 1 does not
  const Calibration found = calibrated(wave);
  expect_figure(found.time_constant, 500.0, 3.0, "time constant");
  ASSERT_TRUE(found.latency.ci95_ms);
  EXPECT_LE(found.latency.ci95_ms->lo, 3.0);
  EXPECT_GE(found.latency.ci95_ms->hi, 3.0);
}

TEST(CalibrateResponse, ConversionsOnAGridOfTheirOwn) {
  synthetic::SquareWave wave;
  wave.period_ms = 1.0;
  wave.grid_ms = 6.6;
  wave.seconds = 25.0;
  const Calibration found = calibrated(wave);
  expect_figure(found.grid, 6.6, 1e-3, "grid");
  expect_figure(found.period, 6.6, 1e-3, "period");
  expect_figure(found.window, 1.1, 0.05, "window");
  expect_figure(found.latency, 3.0, 0.1, "latency");
}

TEST(CalibrateResponse, AGridMuchSlowerThanTheReadings) {
  synthetic::SquareWave wave;
  wave.grid_ms = 100.0;
  wave.window_ms = 25.0;
  wave.seconds = 40.0;
  const Calibration found = calibrated(wave);
  expect_figure(found.grid, 100.0, 0.01, "grid");
  expect_figure(found.window, 25.0, 0.5, "window");
  expect_figure(found.latency, 3.0, 1.0, "latency");
}

TEST(CalibrateResponse, StampErrorsPowersThatDriftAndLostReadings) {
  synthetic::SquareWave wave;
  wave.stamp_error_ms = 0.1;
  wave.drift = 0.05;
  wave.drop = 0.02;
  wave.seconds = 30.0;
  const Calibration found = calibrated(wave);
  ASSERT_TRUE(found.latency.ci95_ms);
  EXPECT_LE(found.latency.ci95_ms->lo, 3.0);
  EXPECT_GE(found.latency.ci95_ms->hi, 3.0);
  ASSERT_TRUE(found.window.ci95_ms);
  EXPECT_LE(found.window.ci95_ms->lo, 1.1);
  EXPECT_GE(found.window.ci95_ms->hi, 1.1);
}

TEST(CalibrateResponse, ACountersWindowIsTheTimeBetweenItsReadings) {
  synthetic::SquareWave wave;
  wave.energy = true;
  wave.latency_ms = 2.0;
  wave.seconds = 30.0;
  const Calibration found = calibrated(wave);
  EXPECT_FALSE(found.window.value_ms);
  EXPECT_EQ(found.window.reason, "energy_counter");
  ASSERT_TRUE(found.latency.ci95_ms);
  EXPECT_LE(found.latency.ci95_ms->lo, 2.0);
  EXPECT_GE(found.latency.ci95_ms->hi, 2.0);
}

TEST(CalibrateResponse, ASensorThatDoesNotSeeTheLoadTellsNothing) {
  synthetic::SquareWave wave;
  wave.busy_mw = wave.idle_mw;
  wave.seconds = 10.0;
  const Calibration found = calibrated(wave);
  EXPECT_FALSE(found.latency.value_ms);
  EXPECT_FALSE(found.window.value_ms);
  EXPECT_EQ(found.time_constant.reason, "load_not_seen");
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_EQ(found.warnings[0].code, "load_not_seen");
}

TEST(CalibrateResponse, AWindowThatHardlyAnyReadingCatchesIsNotGuessed) {
  synthetic::SquareWave wave;
  wave.window_ms = 0.14;
  wave.period_ms = 5.0;
  const Calibration found = calibrated(wave);
  EXPECT_FALSE(found.window.value_ms);
  EXPECT_EQ(found.window.reason, "few_readings_on_edges");
}

TEST(CalibrateResponse, APaceOfTheSensorsOwnIsItsPeriod) {
  synthetic::SquareWave wave;
  wave.period_ms = 20.0;
  wave.window_ms = 40.0;
  const Recording recording = synthetic::make(wave);
  CalibrationSettings settings;
  settings.interval_ms = 1.0;
  const Calibration slow =
      calibrate_response(recording.iterations, recording.power, SensorModel{}, settings);
  expect_figure(slow.period, 20.0, 0.1, "period");
  settings.interval_ms = 20.0;
  const Calibration asked =
      calibrate_response(recording.iterations, recording.power, SensorModel{}, settings);
  EXPECT_FALSE(asked.period.value_ms) << "it may be renewed more often than it was asked";
  EXPECT_EQ(asked.period.reason, "every_reading_is_new");
}

TEST(CalibrateResponse, FewReadingsTellNothing) {
  const Calibration none = calibrate_response({}, {}, {}, {});
  for (const CalibrationField& field : kCalibrationFields) {
    EXPECT_FALSE((none.*field.member).value_ms) << field.name;
    EXPECT_EQ((none.*field.member).reason, "few_readings") << field.name;
  }
}

// Bursts whose edges are where they are put, and readings of a box, without a low pass.
struct Bursts {
  std::vector<double> on_ms;
  std::vector<double> off_ms;
  std::vector<double> read_ms;
  double window_ms = 2.0;
  double latency_ms = 3.0;
  double idle_mw = 3000.0;
  double busy_mw = 11000.0;
  double noise_mw = 10.0;
  double bump_mw = 0.0;  // of readings 6 to 8.5 ms after the load went on

  static std::int64_t ns(double ms) { return 1'000'000'000 + std::llround(ms * 1e6); }

  Iterations iterations() const {
    Iterations out;
    out.layers = {"busy"};
    for (std::size_t k = 0; k < on_ms.size(); ++k) {
      out.start_ns.push_back(ns(on_ms[k]));
      out.end_ns.push_back(ns(off_ms[k]));
      out.layer_ms.push_back(off_ms[k] - on_ms[k]);
    }
    return out;
  }

  double expected_mw(double time_ms) const {
    const double end = time_ms - latency_ms;
    double busy = 0.0;
    double bump = 0.0;
    for (std::size_t k = 0; k < on_ms.size(); ++k) {
      busy += std::max(0.0, std::min(end, off_ms[k]) - std::max(end - window_ms, on_ms[k]));
      const double since = time_ms - on_ms[k];
      if (since > 6.0 && since < 8.5) bump = bump_mw;
    }
    return idle_mw + (busy_mw - idle_mw) * busy / window_ms + bump;
  }

  PowerSamples power() const {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    PowerSamples out;
    out.rails = {{"VDD_IN", true}};
    for (const double at : read_ms) {
      out.time_ns.push_back(ns(at));
      out.rail_mw.push_back(expected_mw(at) + noise_mw * normal(random));
    }
    return out;
  }

  Calibration calibrated(CalibrationSettings settings = {}) const {
    settings.longest_ms = 100.0;
    return calibrate_response(iterations(), power(), SensorModel{}, settings);
  }

  void add(double on, double off) {
    on_ms.push_back(on);
    off_ms.push_back(off);
  }
  void read(double from_ms, double to_ms, double gap_ms) {
    for (double t = from_ms; t < to_ms; t += gap_ms) read_ms.push_back(t);
  }
};

// Of 17 to 57 ms, with edges at whole milliseconds.
Bursts irregular(std::size_t count = 36) {
  Bursts out;
  double at = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    const double off = at + static_cast<double>(17 + (5 * k * k + 3 * k) % 41);
    out.add(at, off);
    at = off + static_cast<double>(19 + (7 * k * k + k) % 37);
  }
  out.read(-59.7, at + 40.0, 1.5);
  return out;
}

TEST(CalibrateResponse, AHundredReadingsAndTenEdgesAreNeeded) {
  Bursts load = irregular(5);
  load.read_ms.resize(100);
  const Calibration enough = load.calibrated();
  EXPECT_EQ(enough.edges, 10u);
  EXPECT_EQ(enough.readings, 100u);
  EXPECT_TRUE(enough.idle_mw);
  load.read_ms.resize(99);
  const Calibration short_one = load.calibrated();
  load = irregular(4);
  load.read(1000.0, 1200.0, 1.5);
  const Calibration few_edges = load.calibrated();
  EXPECT_EQ(few_edges.edges, 8u);
  for (const CalibrationField& field : kCalibrationFields) {
    EXPECT_EQ((short_one.*field.member).reason, "few_readings") << field.name;
    EXPECT_EQ((few_edges.*field.member).reason, "few_edges") << field.name;
  }
}

TEST(CalibrateResponse, TheOwnPaceIsTheMeanOfTheGaps) {
  // 19 and 21 ms, 50 times each, and one of 1.5 times the usual 21 ms: a reading is missing there.
  Bursts load = irregular(20);
  load.read_ms = {0.0};
  for (int k = 0; k < 101; ++k) {
    load.read_ms.push_back(load.read_ms.back() + (k == 60 ? 31.5 : k % 2 == 0 ? 19.0 : 21.0));
  }
  CalibrationSettings settings;
  settings.interval_ms = 14.0;  // 1.5 times that is the pace
  const Calibration own = load.calibrated(settings);
  ASSERT_TRUE(own.period.value_ms) << own.period.reason;
  EXPECT_DOUBLE_EQ(*own.period.value_ms, 20.0);
  EXPECT_NEAR(own.period.ci95_ms->lo, 20.0 - 2.1 / std::sqrt(99.0), 1e-9);
  EXPECT_NEAR(own.period.ci95_ms->hi, 20.0 + 2.1 / std::sqrt(99.0), 1e-9);
  EXPECT_EQ(own.grid.reason, "none_seen");
  settings.interval_ms = 14.01;
  EXPECT_EQ(load.calibrated(settings).period.reason, "every_reading_is_new");
}

TEST(CalibrateResponse, ALoadThatLowersThePowerIsNotSeen) {
  Bursts load = irregular();
  std::swap(load.idle_mw, load.busy_mw);
  const Calibration found = load.calibrated();
  EXPECT_NEAR(*found.idle_mw, 11000.0, 20.0);
  EXPECT_NEAR(*found.busy_mw, 3000.0, 20.0);
  EXPECT_EQ(found.latency.reason, "load_not_seen");
}

TEST(CalibrateResponse, ReadingsBeforeTheLoadHaveNoLatency) {
  Bursts load = irregular();
  load.latency_ms = -0.9;
  load.noise_mw = 2.0;
  const Calibration found = load.calibrated();
  ASSERT_TRUE(found.latency.value_ms) << found.latency.reason;
  EXPECT_EQ(*found.latency.value_ms, 0.0);
  EXPECT_NEAR(found.latency.ci95_ms->lo, -0.9, 0.15);
  EXPECT_NEAR(found.latency.ci95_ms->hi, -0.9, 0.15);
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_EQ(found.warnings[0].code, "readings_before_the_load");
}

TEST(CalibrateResponse, EdgesThatMayBeOffWidenTheLatency) {
  const Bursts load = irregular();
  CalibrationSettings settings;
  const Calibration exact = load.calibrated(settings);
  EXPECT_TRUE(exact.warnings.empty());
  ASSERT_TRUE(exact.latency.value_ms);
  EXPECT_NEAR(*exact.latency.value_ms, 3.0, 0.1);
  EXPECT_NEAR(*exact.window.value_ms, 2.0, 0.1);
  settings.edge_error_ms = 0.55;
  const Calibration loose = load.calibrated(settings);
  // A quarter of its value either way is enough.
  EXPECT_TRUE(loose.latency.value_ms);
  EXPECT_NEAR(loose.latency.ci95_ms->lo, exact.latency.ci95_ms->lo - 0.55, 1e-9);
  EXPECT_NEAR(loose.latency.ci95_ms->hi, exact.latency.ci95_ms->hi + 0.55, 1e-9);
  EXPECT_DOUBLE_EQ(loose.window.ci95_ms->lo, exact.window.ci95_ms->lo);
  EXPECT_DOUBLE_EQ(loose.window.ci95_ms->hi, exact.window.ci95_ms->hi);
  EXPECT_DOUBLE_EQ(loose.time_constant.ci95_ms->hi, exact.time_constant.ci95_ms->hi);
  settings.edge_error_ms = 0.8;
  const Calibration unknown = load.calibrated(settings);
  EXPECT_FALSE(unknown.latency.value_ms);
  EXPECT_EQ(unknown.latency.reason, "not_resolved");
  EXPECT_TRUE(unknown.latency.ci95_ms);
}

TEST(CalibrateResponse, ATwentiethOfALongResponseIsEnough) {
  Bursts load = irregular(60);
  load.window_ms = 40.0;
  CalibrationSettings settings;
  settings.edge_error_ms = 1.7;
  EXPECT_TRUE(load.calibrated(settings).latency.value_ms);
  settings.edge_error_ms = 2.1;
  EXPECT_EQ(load.calibrated(settings).latency.reason, "not_resolved");
}

TEST(CalibrateResponse, ALoadThatIsNotSquareIsSaid) {
  Bursts load = irregular();
  load.bump_mw = 600.0;  // a fortieth of the step, root mean square
  const Calibration some = load.calibrated();
  EXPECT_TRUE(some.latency.ci95_ms);
  ASSERT_EQ(some.warnings.size(), 1u);
  EXPECT_EQ(some.warnings[0].code, "load_is_not_square");
  load.bump_mw = 6000.0;
  const Calibration much = load.calibrated();
  EXPECT_EQ(much.latency.reason, "no_response_explains");
  EXPECT_FALSE(much.window.ci95_ms);
  ASSERT_EQ(much.warnings.size(), 1u);
  EXPECT_EQ(much.warnings[0].code, "no_response_explains");
}

// A reading every 5 ms shows what was 3 to 5 ms ago: of each 5 ms the first 2. The first so many of
// 40 edges lie in there, and the others in between.
Calibration with_edges_seen(std::size_t seen) {
  Bursts load;
  const auto edge = [&](std::size_t i) {
    const double whole = 35.0 * static_cast<double>(i) + 5.0 * static_cast<double>(i * i % 3);
    return whole + (i < seen ? 0.4 + 0.3 * static_cast<double>(i % 5) : 3.5);
  };
  for (std::size_t k = 0; k < 20; ++k) load.add(edge(2 * k), edge(2 * k + 1));
  load.read(-200.0, 1600.0, 5.0);
  return load.calibrated();
}

TEST(CalibrateResponse, TwentyReadingsOnEdgesAreEnough) {
  const Calibration enough = with_edges_seen(20);
  EXPECT_TRUE(enough.latency.ci95_ms) << enough.latency.reason;
  const Calibration few = with_edges_seen(19);
  EXPECT_EQ(few.latency.reason, "few_readings_on_edges");
  ASSERT_EQ(few.warnings.size(), 1u);
  EXPECT_EQ(few.warnings[0].code, "few_readings_on_edges");
}

}  // namespace
}  // namespace layerwatt
