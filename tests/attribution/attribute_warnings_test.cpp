// What attribute() says of recordings in which something is missing, short or late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "attribution/excite_board.hpp"
#include "attribution/recordings.hpp"
#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::at_ms;
using testing::Board;
using testing::Builder;
using ::testing::ElementsAre;
using testing::find_warning;
using ::testing::HasSubstr;
using testing::kNaN;
using ::testing::StartsWith;

// 2 ms in b and 3 ms outside without a reading, 5 ms at 1 W in c, and a that never ran.
TEST(AttributeWarnings, WhatNoReadingFellIntoIsMissingFromTheSumAndTold) {
  Builder b({"a", "b", "c"});
  b.response(0, 0, 0, 0);
  for (int i = 0; i < 40; ++i) {
    const double t = 10.0 * i;
    b.inference(t, t + 10, {kNaN, 2, 5}).sample(t + 3, 1000).sample(t + 5, 1000);
  }
  const Result r = attribute(b.get(), {Method::overlap});
  EXPECT_EQ(r.layers[1].reason, "no_samples");
  EXPECT_EQ(r.outside_layers.reason, "no_samples");
  EXPECT_NEAR(r.closure->layers_plus_outside_mj, 5.0, 1e-9);
  EXPECT_NEAR(r.closure->ratio, 0.5, 1e-9) << "of 10 ms at 1 W";
  ASSERT_NE(find_warning(r.warnings, "layers_without_samples"), nullptr);
  EXPECT_THAT(find_warning(r.warnings, "layers_without_samples")->message,
              HasSubstr("1 of 3 layers (20 % of the inference)"));
  EXPECT_EQ(find_warning(r.warnings, "few_samples"), nullptr);
}

TEST(AttributeWarnings, ThirtyReadingsAndThirtyInferencesAreEnough) {
  const auto of = [](int count) {
    Builder b({"a"});
    b.response(0, 0, 0, 0);
    for (int i = 0; i < count; ++i) b.inference(10.0 * i, 10.0 * i + 10, {10}).sample(10.0 * i, 50);
    return attribute(b.get(), {Method::overlap});
  };
  const Result enough = of(30);
  EXPECT_EQ(enough.layers[0].samples, 30u);
  EXPECT_EQ(find_warning(enough.warnings, "few_samples"), nullptr);
  EXPECT_EQ(find_warning(enough.warnings, "few_iterations"), nullptr);
  const Result few = of(29);
  EXPECT_NE(find_warning(few.warnings, "few_samples"), nullptr);
  EXPECT_NE(find_warning(few.warnings, "few_iterations"), nullptr);
}

TEST(AttributeWarnings, OfNoEnergyThereIsNoShareAndOfLittleThereIs) {
  const auto closure = [](double mw) {
    Builder b({"a"});
    b.inference(0, 10, {10}).sample(5, mw).sample(10, mw);
    return attribute(b.get(), {Method::overlap}).closure;
  };
  EXPECT_EQ(closure(0).reason(), "no_energy");
  ASSERT_TRUE(closure(50));
  EXPECT_DOUBLE_EQ(closure(50)->measured_mj, 0.5);
  EXPECT_NEAR(closure(50)->ratio, 1.0, 1e-9);
}

TEST(AttributeWarnings, LayersThatExceedTheInferenceByAHundredthPass) {
  const auto told = [](double inference_ms, double layer_ms) {
    Builder b({"a"});
    b.inference(0, inference_ms, {layer_ms}).sample(0, 100);
    return find_warning(attribute(b.get(), {Method::overlap}).warnings,
                        "layers_exceed_inference") != nullptr;
  };
  EXPECT_FALSE(told(100, 101));
  EXPECT_TRUE(told(100, 101.5));
  EXPECT_TRUE(told(0.1, 0.12));
}

// A fast sensor read every 4 ms: a reading is on average 1 ms from what it stands for, a hundredth
// of an inference.
TEST(AttributeWarnings, ALeakOfAHundredthBetweenInferencesPasses) {
  const auto told = [](double every_ms) {
    Builder b({"a"});
    b.response(0, 0, 0, 0);
    for (int i = 0; i < 40; ++i) b.inference(120.0 * i, 120.0 * i + 100, {100});
    for (double t = 0; t < 4800.0; t += every_ms) b.sample(t, 100);
    return find_warning(attribute(b.get(), {Method::overlap}).warnings,
                        "gaps_between_inferences") != nullptr;
  };
  EXPECT_FALSE(told(4.0));
  EXPECT_TRUE(told(5.0));
}

TEST(AttributeWarnings, AnIncidentThatHappenedOnceIsToldAsItIs) {
  Builder b({"a"});
  b.inference(0, 10, {10}).sample(5, 100);
  b.get().incidents.push_back({at_ms(3), "sensor_gap", "12 ms without a reading"});
  EXPECT_EQ(find_warning(attribute(b.get(), {Method::overlap}).warnings, "sensor_gap")->message,
            "12 ms without a reading");
}

TEST(AttributeWarnings, ClocksThatMovedAreInTheResult) {
  Builder b({"a"});
  b.inference(0, 10, {10}).sample(5, 100);
  b.get().power.signals = {{"GPU clock", "MHz", {at_ms(0), at_ms(5)}, {1000, 600}}};
  const Result r = attribute(b.get(), {Method::overlap});
  ASSERT_EQ(r.conditions.size(), 1u);
  EXPECT_DOUBLE_EQ(r.conditions[0].mean, 800.0);
  EXPECT_NE(find_warning(r.warnings, "clock_changed"), nullptr);
}

TEST(AttributeWarnings, ReadingsOutOfOrderAreRefused) {
  Builder b({"a"});
  b.inference(0, 10, {10}).sample(5, 100).sample(4, 100);
  EXPECT_THROW(attribute(b.get()), Error);
}

// 20 s of inferences of `busy_ms` every 10 ms, and readings every 10 ms from the first start on
// that say 3 W for the first `late_ms` and then 10 W.
Builder late(double late_ms, double busy_ms = 10.0) {
  Builder b({"a"});
  for (double t = 0.0; t < 20e3; t += 10.0) {
    b.inference(t, t + busy_ms, {busy_ms}).sample(t, t < late_ms ? 3000.0 : 10000.0);
  }
  return b;
}

Result overlap_of(Builder b, const SensorModel& known) {
  b.get().manifest.sensor.model = known;
  return attribute(b.get(), {Method::overlap});
}

// Half as long again as the 0.3 s in which the readings are below.
TEST(AttributeWarnings, WhatAnUnknownSensorReadsAtFirstIsLeftOut) {
  const Result r = overlap_of(late(300.0), {});
  EXPECT_DOUBLE_EQ(r.total.power_mw->mean, 10000.0);
  ASSERT_NE(find_warning(r.warnings, "sensor_settles"), nullptr);
  EXPECT_THAT(find_warning(r.warnings, "sensor_settles")->message, HasSubstr(" 0.45 s after"));
}

// 0.3 of 20 s with 7 W less.
TEST(AttributeWarnings, WhatASensorOfKnownResponseReadsAtFirstIsDrawn) {
  SensorModel window;
  window.window_ms = 2.0;
  SensorModel low_pass;
  low_pass.time_constant_ms = 1.0;
  for (const SensorModel& known : {window, low_pass}) {
    const Result r = overlap_of(late(300.0), known);
    EXPECT_NEAR(r.total.power_mw->mean, 10000.0 - 105.0, 8.0);
    EXPECT_EQ(find_warning(r.warnings, "sensor_settles"), nullptr);
  }
  Builder counter({"a"});
  for (double t = 0.0; t < 20e3; t += 10.0) {
    counter.inference(t, t + 10, {10}).energy(t, t + 10, t < 300.0 ? 3000.0 : 10000.0);
  }
  const Result r = overlap_of(counter, {});
  EXPECT_NEAR(r.total.power_mw->mean, 10000.0 - 105.0, 8.0);
  EXPECT_EQ(find_warning(r.warnings, "sensor_settles"), nullptr);
}

// Half of the window is left out at the run's begin, as of every sensor: nobody needs to be told.
TEST(AttributeWarnings, AKnownLongWindowDoesNotSettle) {
  SensorModel window;
  window.window_ms = 300.0;
  EXPECT_EQ(find_warning(overlap_of(late(0.0), window).warnings, "sensor_settles"), nullptr);
}

// What is left out of 1.5 × 100 ms beyond four times the error of the stamps.
TEST(AttributeWarnings, SettlingIsToldFromATenthOfASecondOn) {
  SensorModel stamps;
  stamps.timestamp_error_ms = 12.5;
  const Result r = overlap_of(late(100.0), stamps);
  ASSERT_NE(find_warning(r.warnings, "sensor_settles"), nullptr);
  EXPECT_THAT(find_warning(r.warnings, "sensor_settles")->message, HasSubstr(" 0.1 s after"));
  stamps.timestamp_error_ms = 13.0;
  EXPECT_EQ(find_warning(overlap_of(late(100.0), stamps).warnings, "sensor_settles"), nullptr);
}

// A slow sensor's 10 W are 8 of 10 ms with 11.75 W and 2 ms with the 3 W that it began with.
TEST(AttributeWarnings, ASlowSensorsFirstReadingIsTheIdlePowerBetweenTheInferences) {
  const Result r = overlap_of(late(300.0, 8.0), {});
  EXPECT_NEAR(r.total.power_mw->mean, 11750.0, 2.0);
}

// Of a sensor whose latency alone is not known.
TEST(AttributeWarnings, WhatWasFoundOfTheSensorFollowsItsNotes) {
  auto made = synthetic::make({.layers = 4, .seconds = 6.0});
  SensorInfo& sensor = made.recording.manifest.sensor;
  sensor.model = {std::nullopt, 1.1, std::nullopt, 0.0, 0.0};
  const auto notes_after = [&](const std::string& notes) {
    sensor.notes = notes;
    const Result r = attribute(made.recording);
    EXPECT_EQ(r.method, Method::deconvolve);
    return r.sensor.notes;
  };
  const std::string found = notes_after("");
  EXPECT_THAT(found, StartsWith("Response found from the data: latency "));
  EXPECT_EQ(notes_after("picked by hand"), "picked by hand. " + found);
  EXPECT_EQ(notes_after("picked by hand."), "picked by hand. " + found);
}

// Noise of three times what is drawn: 400 readings tell what both layers draw, and of neither how
// much.
TEST(AttributeWarnings, LayersThatNoiseDoesNotTellApartAreOneGroup) {
  auto made = synthetic::make({.layers = 2, .seconds = 2.0, .noise_mw = 30e3});
  made.recording.manifest.sensor.model = {std::nullopt, 1.1, 7.3, 0.0, 0.0};
  const Result r = attribute(made.recording, {Method::deconvolve});
  EXPECT_EQ(r.method, Method::overlap);
  EXPECT_THAT(r.method_reason, HasSubstr("every reading is nearly the same mix of them"));
  ASSERT_EQ(r.groups.size(), 1u);
  EXPECT_THAT(r.groups[0].layers, ElementsAre(0u, 1u));
}

// A plain pass of the board: 43 mJ in 7 ms.
TEST(AttributeExcitation, TotalsAreThoseOfAPlainPass) {
  Recording made = Board{}.record();
  made.idle = {{at_ms(-10), at_ms(-9), at_ms(-1)}};
  const Result r = attribute(made);
  EXPECT_NEAR(r.total.power_mw->mean, 43.0 / 7.0 * 1000.0, 1e-3);
  ASSERT_EQ(r.total.rails.size(), 1u);
  EXPECT_EQ(r.total.rails[0].rail, "VDD_IN");
  EXPECT_NEAR(r.total.rails[0].energy_mj->mean, 43.0, 1e-6);
  EXPECT_EQ(r.energy_mj.reason(), "not_measured_one_by_one");
  ASSERT_TRUE(r.idle);
  EXPECT_EQ(r.idle->before_mw.reason(), "few_samples") << "nothing was read in it";
}

}  // namespace
}  // namespace layerwatt
