#include "attribution/transients.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace layerwatt
