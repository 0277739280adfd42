#include "attribution/transients.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace layerwatt {
namespace {

constexpr double kRestMw = 2000.0;
constexpr double kRunMw = 10000.0;

// 50 inferences of 20 ms, 12 ms of `a` and 8 of `b`, without a pause.
Segments one_second() {
  Iterations iterations;
  iterations.layers = {"a", "b"};
  for (std::int64_t i = 0; i < 50; ++i) {
    iterations.start_ns.push_back(i * 20'000'000);
    iterations.end_ns.push_back((i + 1) * 20'000'000);
    iterations.layer_ms.insert(iterations.layer_ms.end(), {12.0, 8.0});
  }
  return make_segments(iterations);
}

// That run at kRunMw all along, and rest around it, read every 2 ms from `from_ms` to `until_ms`
// through a box of 4 ms that ended 7 ms before the stamp.
Readings through_a_box(double from_ms, double until_ms) {
  Readings readings;
  for (double t = from_ms; t < until_ms; t += 2.0) {
    const double rose = std::clamp((t - 7.0) / 4.0, 0.0, 1.0);
    const double fell = std::clamp((t - 1007.0) / 4.0, 0.0, 1.0);
    readings.time_ms.push_back(t);
    readings.weight.push_back(1.0);
    readings.value.push_back(kRestMw + (rose - fell) * (kRunMw - kRestMw));
  }
  return readings;
}

const Response kTrue{4.0, 7.0, 0.0, 0.0};
const Response kATurnLate{4.0, 27.0, 0.0, 0.0};

TEST(FindTransients, FindsTheBeginningAndTheEnd) {
  const Transients found = find_transients(one_second(), through_a_box(-500.0, 1500.0));
  ASSERT_EQ(found.steps.size(), 2U);
  EXPECT_DOUBLE_EQ(found.steps[0].time_ms, 0.0);
  EXPECT_DOUBLE_EQ(found.steps[1].time_ms, 1000.0);
  EXPECT_DOUBLE_EQ(found.steps[0].rest_mw, kRestMw);
  EXPECT_DOUBLE_EQ(found.steps[1].rest_mw, kRestMw);
  EXPECT_DOUBLE_EQ(found.run_mw, kRunMw);
}

TEST(FindTransients, NoneWhereInferencesThatWereNotRecordedLieAround) {
  const Segments segments = one_second();
  EXPECT_TRUE(find_transients(segments, through_a_box(0.0, 1000.0)).empty());
  // Read before the run too, but at the run's power: a warm-up.
  Readings warm = through_a_box(-500.0, 1000.0);
  for (std::size_t k = 0; warm.time_ms[k] < 20.0; ++k) warm.value[k] = kRunMw;
  EXPECT_TRUE(find_transients(segments, warm).empty());
  // An end alone is one.
  EXPECT_EQ(find_transients(segments, through_a_box(0.0, 1500.0)).steps.size(), 1U);
}

TEST(Transients, TheTrueResponseMissesNothing) {
  const Transients found = find_transients(one_second(), through_a_box(-500.0, 1500.0));
  EXPECT_NEAR(found.misfit(kTrue), 0.0, 1e-9);
  EXPECT_GT(found.misfit(kATurnLate), 100.0 * kWorseAtSteps);
  EXPECT_GT(found.misfit({4.0, -7.0, 0.0, 0.0}), 100.0 * kWorseAtSteps);
  EXPECT_GT(found.misfit({4.0, 7.0, 20.0, 0.0}), 100.0 * kWorseAtSteps);
}

TEST(Transients, MisfitOfGivenPowersIsThatOfTheModel) {
  const Segments segments = one_second();
  const Transients found = find_transients(segments, through_a_box(-500.0, 1500.0));
  std::vector<double> powers(segments.columns(), 0.0);
  powers[0] = powers[1] = kRunMw;
  EXPECT_NEAR(found.misfit(segments, kTrue, powers), 0.0, 1e-9);
  // 400 mW, 5 % of the step, too much in `a`: each reading of 12 ms in it is off by one deviation.
  // 45 readings see the run at the beginning and 7 to 9 the end's last, most of them partly.
  powers[0] += 0.05 * (kRunMw - kRestMw);
  const double off = found.misfit(segments, kTrue, powers);
  EXPECT_GT(off, 20.0);
  EXPECT_LT(off, 60.0);
  EXPECT_GT(found.misfit(segments, kATurnLate, powers), 10.0 * off);
}

TEST(KeepAllowed, TakesOutWhatTheStepsRuleOut) {
  const Transients found = find_transients(one_second(), through_a_box(-500.0, 1500.0));
  const auto itself = [](const Response& response) { return response; };
  std::vector<Response> responses{kATurnLate, kTrue, {4.0, 47.0, 0.0, 0.0}};
  keep_allowed(responses, found, itself);
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_DOUBLE_EQ(responses[0].latency_ms, 7.0);
  std::vector<Response> all{kATurnLate, kTrue};
  keep_allowed(all, Transients{}, itself);
  EXPECT_EQ(all.size(), 2U);
}

TEST(TellingPart, IsTheMidstOfTheRunAndTheSteps) {
  const Readings readings = through_a_box(-500.0, 1500.0);
  const Transients found = find_transients(one_second(), readings);
  const Readings part = telling_part(readings, 100, found);
  EXPECT_TRUE(std::is_sorted(part.time_ms.begin(), part.time_ms.end()));
  EXPECT_EQ(std::adjacent_find(part.time_ms.begin(), part.time_ms.end()), part.time_ms.end());
  EXPECT_EQ(part.size(), 100U + found.steps[0].readings.size() + found.steps[1].readings.size());
  EXPECT_EQ(part.value.size(), part.size());
  EXPECT_EQ(telling_part(readings, 100, Transients{}).size(), 100U);
  EXPECT_EQ(telling_part(readings, 5000, found).size(), readings.size());
}

// A run of 1000 ms at 10 W ± 50 mW and rest at 2 W ± 10 mW, read every 2 ms, with other values
// wherever nothing is taken for rest or for the run.
Readings with_levels() {
  Readings readings;
  for (int t = -500; t < 1500; t += 2) {
    const double sign = t / 2 % 2 == 0 ? 1.0 : -1.0;
    const bool rest = (t >= -100 && t < 0) || (t >= 1100 && t < 1200);
    const bool run = t >= 100 && t < 1000;
    readings.time_ms.push_back(t);
    readings.weight.push_back(1.0);
    readings.value.push_back(rest ? kRestMw + sign * 10.0 : run ? kRunMw + sign * 50.0 : 5000.0);
  }
  return readings;
}

TEST(FindTransients, LevelsAreOfTheSettledRunAndOfRestBeforeAndAfter) {
  const Transients found = find_transients(one_second(), with_levels());
  ASSERT_EQ(found.steps.size(), 2U);
  EXPECT_DOUBLE_EQ(found.run_mw, kRunMw);
  EXPECT_NEAR(found.run_std_mw, 50.0, 1e-6);
  for (const Step& step : found.steps) {
    EXPECT_DOUBLE_EQ(step.rest_mw, kRestMw);
    EXPECT_DOUBLE_EQ(step.readings.time_ms.front(), step.time_ms - 10.0);
    EXPECT_DOUBLE_EQ(step.readings.time_ms.back(), step.time_ms + 98.0);
    EXPECT_EQ(step.readings.size(), 55U);
    EXPECT_EQ(step.readings.weight.size(), 55U);
    EXPECT_EQ(step.readings.value.size(), 55U);
  }
}

TEST(FindTransients, AFlatRunScattersByAThousandthOfTheStep) {
  const Transients found = find_transients(one_second(), through_a_box(-500.0, 1500.0));
  EXPECT_DOUBLE_EQ(found.run_std_mw, 8.0);
  Readings small = through_a_box(-500.0, 1500.0);
  for (double& mw : small.value) mw /= 1000.0;  // from 2 to 10 mW
  EXPECT_NEAR(find_transients(one_second(), small).run_std_mw, 0.008, 1e-6);
}

// Only readings from −`count` × 2 ms on are there.
std::size_t steps_of(std::size_t count, double rest_mw, double scatter_mw) {
  Readings readings = through_a_box(-2.0 * static_cast<double>(count), 1000.0);
  for (std::size_t k = 0; readings.time_ms[k] < 0.0; ++k) {
    readings.value[k] = rest_mw + (k % 2 == 0 ? scatter_mw : -scatter_mw);
  }
  return find_transients(one_second(), readings).steps.size();
}

TEST(FindTransients, AStepIsClearBesideTheScatterAtRestAndTheRun) {
  EXPECT_EQ(steps_of(4, 2000.0, 0.0), 0U);
  EXPECT_EQ(steps_of(5, 2000.0, 0.0), 1U);
  EXPECT_EQ(steps_of(40, 2000.0, 800.0), 0U);
  EXPECT_EQ(steps_of(40, 2000.0, 790.0), 1U);
  EXPECT_EQ(steps_of(40, 8000.0, 0.0), 0U);
  EXPECT_EQ(steps_of(40, 7990.0, 0.0), 1U);
}

TEST(FindTransients, ARunOf400MsIsLongEnough) {
  const auto steps = [](std::int64_t length_ms) {
    Iterations iterations;
    iterations.layers = {"a"};
    iterations.start_ns = {0};
    iterations.end_ns = {length_ms * 1'000'000};
    iterations.layer_ms = {static_cast<double>(length_ms)};
    return find_transients(make_segments(iterations), through_a_box(-500.0, 300.0)).steps.size();
  };
  EXPECT_EQ(steps(400), 1U);
  EXPECT_EQ(steps(399), 0U);
}

Step step_at(double time_ms, double rest_mw, double read_at_ms, double mw) {
  Step step{time_ms, rest_mw, {}};
  step.readings.time_ms = {read_at_ms};
  step.readings.weight = {1.0};
  step.readings.value = {mw};
  return step;
}

// Through the box of 4 ms that ended 7 ms before: at 8 ms a quarter of the step has arrived, at
// 1009 ms half of the other is over.
TEST(Transients, MisfitIsInDeviationsOfTheRun) {
  Transients both;
  both.run_mw = kRunMw;
  both.run_std_mw = 100.0;
  both.steps = {step_at(0.0, 2000.0, 8.0, 4300.0), step_at(1000.0, 3000.0, 1009.0, 6300.0)};
  EXPECT_NEAR(both.misfit(kTrue), 9.0 + 4.0, 1e-9);
  Transients end = both;
  end.steps.erase(end.steps.begin());
  EXPECT_NEAR(end.misfit(kTrue), 4.0, 1e-9);
  end.steps[0].readings.time_ms = {1008.0};  // 1.95 W too little
  EXPECT_NEAR(end.misfit(kTrue), 19.5 * 19.5, 1e-9);
}

TEST(Transients, MisfitOfGivenPowersIsInTwentiethsOfTheStep) {
  const Segments segments = one_second();
  std::vector<double> powers(segments.columns(), 0.0);
  powers[0] = powers[1] = kRunMw;
  Transients both;
  both.run_mw = kRunMw;
  // Half of the box in the run: 6000 ± 400 and 6500 ± 350 mW.
  both.steps = {step_at(0.0, 2000.0, 9.0, 6800.0), step_at(1000.0, 3000.0, 1009.0, 6150.0)};
  EXPECT_NEAR(both.misfit(segments, kTrue, powers), 4.0 + 1.0, 1e-9);
}

// Ten readings of two channels, every ms; of four the midst is 3 … 6 ms.
Readings ten_readings() {
  Readings readings;
  readings.channels = 2;
  for (int t = 0; t < 10; ++t) {
    readings.time_ms.push_back(t);
    readings.weight.push_back(t + 0.5);
    readings.window_ms.push_back(0.25);
    readings.value.insert(readings.value.end(), {100.0 + t, -1.0});
  }
  return readings;
}

TEST(TellingPart, HasTheTotalOfTheMidst) {
  const Readings part = telling_part(ten_readings(), 4, {});
  EXPECT_EQ(part.time_ms, (std::vector<double>{3, 4, 5, 6}));
  EXPECT_EQ(part.weight, (std::vector<double>{3.5, 4.5, 5.5, 6.5}));
  EXPECT_EQ(part.value, (std::vector<double>{103, 104, 105, 106}));
  EXPECT_EQ(part.window_ms, (std::vector<double>(4, 0.25)));
  EXPECT_EQ(part.channels, 1U);
  EXPECT_EQ(telling_part(ten_readings(), 10, {}).channels, 2U) << "all of them";
  EXPECT_EQ(telling_part(ten_readings(), 9, {}).size(), 9U);
}

TEST(TellingPart, AStepThatReachesIntoTheMidstIsNotThereTwice) {
  const auto times = [](double before_ms, double after_ms) {
    Transients transients;
    transients.steps = {step_at(0.0, 0.0, before_ms, 7.0), step_at(9.0, 0.0, after_ms, 8.0)};
    for (Step& step : transients.steps) step.readings.window_ms = {0.25};
    return telling_part(ten_readings(), 4, transients).time_ms;
  };
  EXPECT_EQ(times(2.0, 7.0), (std::vector<double>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(times(3.0, 6.0), (std::vector<double>{3, 4, 5, 6}));
}

}  // namespace
}  // namespace layerwatt
