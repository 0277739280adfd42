#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "attribution/recordings.hpp"
#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using testing::at_ms;
using testing::Builder;
using testing::find_warning;
using ::testing::HasSubstr;
using testing::kNaN;
using testing::rail;

// Two layers and time outside; a fast and exactly known sensor; 100 mW in a, 400 in b, 50 outside.
Builder known_truth() {
  Builder b({"a", "b"});
  b.response(0, 0, 0, 0);
  for (int i = 0; i < 40; ++i) {
    const double t = 10.0 * i;
    b.inference(t, t + 10, {2, 5});
    b.sample(t + 1, 100).sample(t + 3, 400).sample(t + 5, 400).sample(t + 9, 50);
  }
  return b;
}

TEST(Attribute, PutsEverythingTogether) {
  Builder b = known_truth();
  Manifest& manifest = b.get().manifest;
  manifest.layers = {{"a", "Convolution", "FP16"}, {"b", "Pooling", std::nullopt}};
  manifest.device_json = R"({"name":"board"})";
  manifest.engine_json = R"({"name":"engine"})";
  manifest.sensor.measured = false;
  manifest.sensor.notes = "picked by hand";
  b.get().warnings.push_back({"truncated_row", "the last row was cut", ""});
  b.get().incidents.push_back({at_ms(3), "sensor_gap", "12 ms without a reading"});
  b.get().incidents.push_back({at_ms(4), "sensor_gap", "13 ms without a reading"});
  const Result r = attribute(b.get());

  EXPECT_EQ(r.method, Method::overlap);
  EXPECT_THAT(r.method_reason, HasSubstr("per layer"));
  EXPECT_EQ(r.iterations, 40u);
  EXPECT_EQ(r.device_json, R"({"name":"board"})");
  EXPECT_EQ(r.engine_json, R"({"name":"engine"})");
  EXPECT_FALSE(r.sensor.measured);
  EXPECT_EQ(r.sensor.kind, "test");
  EXPECT_EQ(r.sensor.scope, "module");
  EXPECT_EQ(r.sensor.notes, "picked by hand");
  EXPECT_DOUBLE_EQ(*r.sensor.model.window_ms, 0.0);

  ASSERT_EQ(r.layers.size(), 2u);
  EXPECT_EQ(r.layers[1].index, 1u);
  EXPECT_EQ(r.layers[1].name, "b");
  EXPECT_EQ(r.layers[0].type, "Convolution");
  EXPECT_EQ(r.layers[0].precision, "FP16");
  EXPECT_DOUBLE_EQ(r.layers[1].time_ms->mean, 5.0);
  EXPECT_DOUBLE_EQ(r.layers[0].power_mw->mean, 100.0);
  EXPECT_DOUBLE_EQ(r.layers[1].energy_mj->mean, 2.0);
  EXPECT_EQ(r.layers[1].samples, 80u);
  EXPECT_EQ(r.layers[1].rails[0].rail, "VDD_IN");
  EXPECT_DOUBLE_EQ(r.layers[1].rails[0].energy_mj->mean, 2.0);
  EXPECT_TRUE(r.layers[1].power_mw->ci95);
  EXPECT_FALSE(r.layers[1].reason);
  EXPECT_DOUBLE_EQ(r.outside_layers.time_ms->mean, 3.0);
  EXPECT_DOUBLE_EQ(r.outside_layers.energy_mj->mean, 0.15);
  EXPECT_DOUBLE_EQ(r.total.time_ms->mean, 10.0);
  EXPECT_EQ(r.total.rails[0].rail, "VDD_IN");
  EXPECT_EQ(r.power_draw_mw->count, 160u);
  EXPECT_EQ(r.energy_mj->count, 40u);

  EXPECT_NE(find_warning(r.warnings, "truncated_row"), nullptr);
  EXPECT_THAT(find_warning(r.warnings, "sensor_gap")->message,
              HasSubstr("12 ms without a reading (and 1 more of its kind while measuring)"));
  EXPECT_EQ(find_warning(r.warnings, "few_samples"), nullptr);
  EXPECT_EQ(find_warning(r.warnings, "few_iterations"), nullptr);
}

// D1: the reference's report drops power and energy of the layers. D9: and calls them sorted, which
// they are not; here they stand in execution order.
TEST(Attribute, D1_D9_EveryLayerCarriesPowerAndEnergyInExecutionOrder) {
  Builder b = known_truth();
  const Result r = attribute(b.get());
  for (std::size_t j = 0; j < r.layers.size(); ++j) {
    EXPECT_EQ(r.layers[j].index, j);
    EXPECT_EQ(r.layers[j].name, b.get().iterations.layers[j]);
    EXPECT_TRUE(r.layers[j].power_mw) << j;
    EXPECT_TRUE(r.layers[j].energy_mj) << j;
  }
}

// D10: the author's own consumer spreads the total by time, which knows nothing of the layers: a
// has 2 of 7 ms but 1 of 11 parts of the energy.
TEST(Attribute, D10_EnergyIsMeasuredPerLayerAndNotSpreadByTime) {
  const Result r = attribute(known_truth().get());
  const double a = r.layers[0].energy_mj->mean;
  EXPECT_NEAR(a / (a + r.layers[1].energy_mj->mean), 1.0 / 11.0, 1e-9);
}

// D8: in the reference, sum(layers) is unrelated to the overall energy.
TEST(Attribute, D8_ConstantPowerClosesToTheMeasuredEnergy) {
  Builder b({"a", "b"});
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> spread(0.5, 3.0);
  double t = 0;
  for (int i = 0; i < 200; ++i) {
    const double a = spread(random);
    const double c = i % 7 == 0 ? kNaN : spread(random);
    const double end = t + a + (i % 7 == 0 ? 0 : c) + spread(random);
    b.inference(t, end, {a, c});
    t = end;
  }
  for (double s = 0; s < t; s += 0.37) b.sample(s, 5000);
  const Result r = attribute(b.get());
  ASSERT_TRUE(r.closure);
  EXPECT_NEAR(r.closure->ratio, 1.0, 1e-9);
  EXPECT_NEAR(r.closure->measured_mj, 5.0 * r.total.time_ms->mean, 1e-9);
}

struct Truth {
  std::vector<double> power_mw;  // layers, then outside
  std::vector<double> layer_ms;
};

// What an ideal sensor with a box window sees of 20 layers with powers of their own; inferences one
// after the other, readings at moments that have nothing to do with them.
Recording ideal_recording(const Truth& truth, double window_ms, std::uint64_t seed,
                          int inferences) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < truth.layer_ms.size(); ++j) names.push_back(std::to_string(j));
  Builder b(names);
  b.response(window_ms, 0, 0, 0);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> jitter(0.95, 1.05);
  std::normal_distribution<double> noise(0.0, 100.0);
  std::vector<double> edges;      // of all parts, in order of time
  std::vector<double> energy_mj;  // drawn before each edge
  double t = 0;
  double drawn = 0;
  const auto run = [&](double ms, double mw) {
    edges.push_back(t);
    energy_mj.push_back(drawn);
    t += ms;
    drawn += ms * mw;
  };
  for (int i = 0; i < inferences; ++i) {
    const double start = t;
    std::vector<double> row;
    for (std::size_t j = 0; j < truth.layer_ms.size(); ++j) {
      row.push_back(truth.layer_ms[j] * jitter(random));
      run(row.back(), truth.power_mw[j]);
    }
    run(0.5, truth.power_mw.back());
    b.inference(start, t, row);
  }
  run(0, 0);
  const auto until = [&](double time) {
    const auto after = std::upper_bound(edges.begin(), edges.end(), time);
    const auto k = static_cast<std::size_t>(after - edges.begin()) - 1;
    if (k + 1 == edges.size()) return energy_mj[k];
    const double share = (time - edges[k]) / (edges[k + 1] - edges[k]);
    return energy_mj[k] + share * (energy_mj[k + 1] - energy_mj[k]);
  };
  std::uniform_real_distribution<double> step(0.1, 0.3);
  for (double s = window_ms + 0.01; s < t; s += step(random)) {
    b.sample(s, (until(s) - until(s - window_ms)) / window_ms + noise(random));
  }
  return b.get();
}

Truth twenty_layers() {
  Truth truth;
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> power(3000, 20000);
  std::uniform_real_distribution<double> time(0.2, 1.5);
  for (int j = 0; j < 20; ++j) {
    truth.layer_ms.push_back(time(random));
    truth.power_mw.push_back(power(random));
  }
  truth.power_mw.push_back(2000);
  return truth;
}

TEST(Attribute, FindsEveryLayerOfAnIdealRecordingWithinOnePercent) {
  const Truth truth = twenty_layers();
  const Result r = attribute(ideal_recording(truth, 0.002, 1, 1000));
  for (std::size_t j = 0; j < 20; ++j) {
    EXPECT_NEAR(r.layers[j].power_mw->mean / truth.power_mw[j], 1.0, 0.01) << j;
    const double energy = truth.power_mw[j] * truth.layer_ms[j] / 1000;
    EXPECT_NEAR(r.layers[j].energy_mj->mean / energy, 1.0, 0.01) << j;
  }
  EXPECT_NEAR(r.outside_layers.power_mw->mean / 2000, 1.0, 0.02);
  EXPECT_NEAR(r.closure->ratio, 1.0, 0.01);
}

// The shares of intervals that hold the truth, over all layers and 20 recordings.
double interval_coverage(double window_ms) {
  const Truth truth = twenty_layers();
  int held = 0;
  int given = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Result r = attribute(ideal_recording(truth, window_ms, seed, 60));
    for (std::size_t j = 0; j < 20; ++j) {
      if (!r.layers[j].power_mw || !r.layers[j].power_mw->ci95) continue;
      const Interval interval = *r.layers[j].power_mw->ci95;
      ++given;
      held += interval.lo <= truth.power_mw[j] && truth.power_mw[j] <= interval.hi ? 1 : 0;
    }
  }
  EXPECT_GT(given, 100);
  return static_cast<double>(held) / given;
}

TEST(Attribute, IntervalsHoldTheTruthWhereTheSensorIsFast) {
  const double coverage = interval_coverage(0.00005);
  EXPECT_GT(coverage, 0.92);
  EXPECT_LT(coverage, 0.985);
}

// A window a third of the layers' mean length: the neighbours leak in, and the interval says so.
TEST(Attribute, IntervalsHoldTheTruthWhereNeighboursLeakIn) {
  EXPECT_GT(interval_coverage(0.3), 0.92);
}

TEST(Attribute, ASlowSensorGivesOneGroupWithTheMeasuredEnergy) {
  Builder b({"a", "b", "c"});
  b.response(100, 0, 0, 0);
  for (int i = 0; i < 1000; ++i) b.inference(10.0 * i, 10.0 * i + 10, {1, 3, 6});
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise(5000, 50);
  for (int k = 0; k <= 1000; ++k) b.sample(9.97 * k, noise(random));
  const Result r = attribute(b.get());
  ASSERT_EQ(r.groups.size(), 1u);
  EXPECT_THAT(r.groups[0].layers, ::testing::ElementsAre(0u, 1u, 2u));
  EXPECT_NEAR(r.groups[0].energy_mj->mean, 50.0, 0.1);
  EXPECT_DOUBLE_EQ(r.groups[0].energy_mj->mean, r.total.energy_mj->mean);
  EXPECT_LE(r.groups[0].energy_mj->ci95->lo, 50.0);
  EXPECT_GE(r.groups[0].energy_mj->ci95->hi, 50.0);
  EXPECT_NEAR(r.layers[1].energy_mj->mean, r.groups[0].energy_mj->mean * 0.3, 1e-9);
  EXPECT_FALSE(r.layers[1].energy_mj->ci95);
  EXPECT_EQ(r.layers[1].group, 0u);
  EXPECT_EQ(r.layers[1].reason, "not_separable");
  EXPECT_NEAR(r.closure->ratio, 1.0, 1e-9);
  EXPECT_NE(find_warning(r.warnings, "not_separable"), nullptr);

  const Result asked = attribute(b.get(), {Method::overlap});
  EXPECT_TRUE(asked.groups.empty());
  EXPECT_FALSE(asked.layers[1].group);
  EXPECT_EQ(asked.layers[1].reason, "sensor_slower_than_layer");
  EXPECT_NE(find_warning(asked.warnings, "not_separable"), nullptr);
}

// Of a low pass of half a second nobody has told: 0.5 s of 40 less the idle power would be missing.
TEST(Attribute, ASlowSensorsRiseIsLeftOutOfTheTotal) {
  const auto made = synthetic::make({.layers = 5, .seconds = 40.0, .time_constant_ms = 500.0});
  double truth_mj = made.outside_mj;
  for (const double mj : made.energy_mj) truth_mj += mj;
  const Result r = attribute(made.recording);
  EXPECT_EQ(r.layers[0].reason, "not_separable");
  EXPECT_NEAR(r.total.energy_mj->mean / truth_mj, 1.0, 0.001);
  EXPECT_NE(find_warning(r.warnings, "sensor_settles"), nullptr);

  const Result fast = attribute(synthetic::make({.layers = 5, .seconds = 5.0}).recording);
  EXPECT_EQ(find_warning(fast.warnings, "sensor_settles"), nullptr);
}

TEST(Attribute, AResultWithoutPowerHasTimesAlone) {
  Builder b({"a"});
  b.inference(0, 10, {8}).inference(10, 20, {6});
  const Result r = attribute(b.get());
  EXPECT_DOUBLE_EQ(r.layers[0].time_ms->mean, 7.0);
  EXPECT_DOUBLE_EQ(r.outside_layers.time_ms->mean, 3.0);
  EXPECT_DOUBLE_EQ(r.total.time_ms->mean, 10.0);
  for (const std::string& reason :
       {r.layers[0].power_mw.reason(), r.layers[0].energy_mj.reason(), *r.layers[0].reason,
        r.outside_layers.power_mw.reason(), r.outside_layers.energy_mj.reason(),
        r.outside_layers.reason.value_or(""), r.total.power_mw.reason(), r.total.energy_mj.reason(),
        r.power_draw_mw.reason(), r.energy_mj.reason(), r.closure.reason()}) {
    EXPECT_EQ(reason, "no_power");
  }
  EXPECT_EQ(r.method_reason, "no power was recorded; times alone");
}

// D3: a run whose layers were never reported gave layers = [] and TOTAL = 0.
TEST(Attribute, D3_ARunWithoutLayersStillHasItsTotal) {
  Builder b({});
  b.inference(0, 10, {}).inference(10, 20, {});
  for (int t = 0; t <= 20; ++t) b.sample(t, 400);
  const Result r = attribute(b.get());
  EXPECT_TRUE(r.layers.empty());
  EXPECT_DOUBLE_EQ(r.total.time_ms->mean, 10.0);
  EXPECT_DOUBLE_EQ(r.total.energy_mj->mean, 4.0);
  EXPECT_DOUBLE_EQ(r.outside_layers.energy_mj->mean, 4.0);
}

TEST(Attribute, ALayerThatWasNeverReportedIsMissingEverywhere) {
  Builder b({"a", "b"});
  b.inference(0, 10, {10, kNaN}).sample(5, 100).sample(10, 100);
  const Result r = attribute(b.get(), {Method::overlap});
  EXPECT_EQ(r.layers[1].time_ms.reason(), "not_reported");
  EXPECT_EQ(r.layers[1].energy_mj.reason(), "not_reported");
}

// D5: in the reference, no reading in any inference ends in an IndexError after the whole run.
TEST(Attribute, D5_NoReadingInsideIsAMissingValueAndNotAnError) {
  Builder b({"a"});
  b.inference(0, 10, {10}).sample(100, 5000).sample(101, 5000);
  const Result r = attribute(b.get(), {Method::overlap});
  EXPECT_EQ(r.layers[0].power_mw.reason(), "no_samples");
  EXPECT_EQ(r.total.energy_mj.reason(), "no_samples");
  EXPECT_EQ(r.closure.reason(), "no_samples");
  EXPECT_THAT(find_warning(r.warnings, "layers_without_samples")->message, HasSubstr("1 of 1"));
}

TEST(Attribute, D4_AnUnknownRailSetGivesRailsPerLayerAndNoTotal) {
  Builder b({"a"}, {rail("R1", false), rail("R2", false)});
  b.inference(0, 10, {10}).sample(3, {100, 200}).sample(7, {300, 400});
  const Result r = attribute(b.get(), {Method::overlap});
  EXPECT_EQ(r.layers[0].power_mw.reason(), "unknown_rail_set");
  EXPECT_DOUBLE_EQ(r.layers[0].rails[1].power_mw->mean, 300.0);
  EXPECT_EQ(r.total.power_mw.reason(), "unknown_rail_set");
  EXPECT_TRUE(r.total.rails[0].power_mw);
  EXPECT_EQ(r.closure.reason(), "unknown_rail_set");
}

TEST(Attribute, WarnsAboutWhatIsTooLittle) {
  Builder b({"a"});
  b.inference(0, 10, {10}).sample(3, 100).sample(7, 300);
  const Result r = attribute(b.get());
  EXPECT_NE(find_warning(r.warnings, "few_samples"), nullptr);
  EXPECT_NE(find_warning(r.warnings, "few_iterations"), nullptr);
  EXPECT_EQ(find_warning(r.warnings, "layers_without_samples"), nullptr);
  EXPECT_EQ(find_warning(r.warnings, "layers_exceed_inference"), nullptr);
}

TEST(Attribute, WarnsAboutLayersThatDoNotFitTheInference) {
  Builder b({"a"});
  b.inference(0, 10, {10.2}).sample(3, 100);
  EXPECT_THAT(find_warning(attribute(b.get()).warnings, "layers_exceed_inference")->message,
              HasSubstr("0.2 ms"));
}

TEST(Attribute, WarnsAboutPausesBetweenInferences) {
  Builder b({"a"});
  for (int i = 0; i < 40; ++i) b.inference(20.0 * i, 20.0 * i + 10, {10}).sample(20.0 * i + 5, 100);
  EXPECT_THAT(find_warning(attribute(b.get()).warnings, "gaps_between_inferences")->message,
              HasSubstr("49 % of the run"));
}

TEST(Attribute, ThrowsForARecordingWithoutIterations) {
  Builder b({"a"});
  try {
    attribute(b.get());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace
}  // namespace layerwatt
