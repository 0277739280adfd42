#include "attribution/response_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "attribution/expected_reading.hpp"
#include "attribution/fit_case.hpp"
#include "attribution/folded.hpp"

namespace layerwatt {
namespace {

TEST(SearchResponse, TheTruthIsAmongTheFirstCandidates) {
  const auto made =
      synthetic::make({.layers = 10, .seconds = 4.0, .window_ms = 2.2, .latency_ms = 9.4});
  const Iterations& iterations = made.recording.iterations;
  const Segments segments = make_segments(iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  const auto found = search_response(iterations, segments, readings, {}, 25.0, {}, 6);
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const Candidate& candidate) {
    return std::abs(candidate.response.window_ms - 2.2) < 0.1 &&
           std::abs(candidate.response.latency_ms - 9.4) < 0.1 &&
           candidate.response.time_constant_ms < 0.2;
  }));
  EXPECT_TRUE(
      std::is_sorted(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.misfit < b.misfit; }));
}

TEST(SearchResponse, KnownPartsStayAsTheyAre) {
  const auto made = synthetic::make({.layers = 6, .seconds = 5.0});
  const Iterations& iterations = made.recording.iterations;
  const Segments segments = make_segments(iterations);
  const Readings readings = synthetic::readings_of(made, segments);
  KnownResponse known;
  known.window_ms = 3.25;
  known.time_constant_ms = 0.5;
  known.blur_ms = 0.04;
  const auto found = search_response(iterations, segments, readings, known, 20.0, {}, 4);
  ASSERT_FALSE(found.empty());
  for (const Candidate& c : found) {
    EXPECT_DOUBLE_EQ(c.response.window_ms, 3.25);
    EXPECT_DOUBLE_EQ(c.response.time_constant_ms, 0.5);
    EXPECT_DOUBLE_EQ(c.response.blur_ms, 0.04);
  }
}

TEST(SearchResponse, TooLittleToFoldGivesNoCandidates) {
  EXPECT_TRUE(search_response({}, {}, {}, {}, 20.0, {}, 4).empty());
}

// Inferences of 8 ms, each the same, of four parts; readings of the steady state in the middle of
// each 512th of the cycle, without noise. There the folded model is exact, and a response has no
// misfit. Parts of 0.4 ms: latencies are looked at by 0.12 ms, windows by 0.2 ms, and then by 0.2
// and 0.1 ms from there.
struct Periodic {
  Iterations iterations;
  Segments segments;
  std::vector<double> column_mw;

  Periodic() {
    iterations.layers = {"a", "b", "c"};
    for (std::int64_t i = 0; i < 90; ++i) {
      iterations.start_ns.push_back(i * 8'000'000);
      iterations.end_ns.push_back((i + 1) * 8'000'000);
      iterations.layer_ms.insert(iterations.layer_ms.end(), {1.3, 2.9, 2.2});
    }
    segments = make_segments(iterations);
    // At rest it takes the mean, so that a slow sensor is soon where it stays.
    column_mw.assign(segments.columns(), 7400.0);
    column_mw[0] = 9000.0;
    column_mw[1] = 3000.0;
    column_mw[2] = 14000.0;
    column_mw[segments.outside()] = 5000.0;
  }

  // Of the last inferences but one.
  Readings readings(const Response& truth, std::size_t count = 1024) const {
    ExpectedReading expected(segments, truth, column_mw);
    Readings out;
    for (std::size_t k = 0; k < count; ++k) {
      out.time_ms.push_back(600.0 + 8.0 * (0.5 + 5.0 * static_cast<double>(k)) / 512.0);
      expected.compute(out.time_ms.back());
      out.weight.push_back(1.0);
      out.value.push_back(expected.mw());
    }
    return out;
  }

  std::vector<Candidate> found(const Response& truth, const KnownResponse& known = {},
                               double max_latency_ms = 6.0, std::size_t most = 4) const {
    return search_response(iterations, segments, readings(truth), known, max_latency_ms, {}, most);
  }
};

void expect_first(const std::vector<Candidate>& found, const Response& truth) {
  ASSERT_FALSE(found.empty());
  const Response& first = found.front().response;
  EXPECT_NEAR(first.window_ms, truth.window_ms, 1e-9);
  EXPECT_NEAR(first.latency_ms, truth.latency_ms, 1e-9);
  EXPECT_NEAR(first.time_constant_ms, truth.time_constant_ms, 1e-9);
  EXPECT_EQ(first.blur_ms, 0.0);
  EXPECT_LT(found.front().misfit, 1e-4);
}

KnownResponse known_window(double ms) { return {ms, {}, {}, {}}; }
KnownResponse known_latency(double ms) { return {{}, ms, {}, {}}; }
KnownResponse known_tau(double ms) { return {{}, {}, ms, {}}; }

TEST(SearchResponse, FindsWhatIsOnItsGridExactly) {
  const Periodic run;
  const Response all_unknown{1.0, 4.2, 1.2, 0.0};
  expect_first(run.found(all_unknown), all_unknown);
  for (const double tau : {0.0, 0.5, 2.4, 4.2, 6.5, 15.0}) {
    const Response truth{1.0, 3.0, tau, 0.0};
    expect_first(run.found(truth, known_window(1.0)), truth);
  }
  // By 0.2 ms, by 3 % from 6.8 ms on, by 0.3 ms from 24 ms on.
  for (const double window : {0.2, 6.6, 6.8 * 1.03, 27.3}) {
    const Response truth{window, 2.4, 0.5, 0.0};
    expect_first(run.found(truth, known_tau(0.5)), truth);
  }
  const Response of_latency{2.2, 5.0, 0.5, 0.0};
  expect_first(run.found(of_latency, known_latency(5.0)), of_latency);
  for (const double latency : {0.0, 6.0}) {
    const Response truth{2.2, latency, 0.5, 0.0};
    expect_first(run.found(truth, {2.2, {}, 0.5, {}}), truth);
  }
}

TEST(SearchResponse, WalksOnFromItsGridBySmallerSteps) {
  const Periodic run;
  const auto expect_found = [&](const Response& truth, const KnownResponse& known) {
    expect_first(run.found(truth, known), truth);
  };
  // From a window of 2.2 or 2.4 ms by 0.1, the middle kept; or the latency, where it is known.
  expect_found({2.3, 3.0 - 0.05, 0.0, 0.0}, known_tau(0.0));
  expect_found({2.3, 3.0, 0.0, 0.0}, {{}, 3.0, 0.0, {}});
  // The time constant by 0.1 or 0.2, or by a quarter of it.
  expect_found({1.0, 4.2 - 0.1, 0.1, 0.0}, known_window(1.0));
  expect_found({1.0, 4.2 - 0.2, 0.2, 0.0}, known_window(1.0));
  expect_found({1.0, 3.86, 1.2 + 0.3, 0.0}, known_window(1.0));
  expect_found({1.0, 3.94, 1.2 - 0.3, 0.0}, known_window(1.0));
}

// Latencies that differ by an inference are the same where no inference differs. What is slow is
// looked at up to one of 8 ms, and the rest as far as asked.
TEST(SearchResponse, OfSlowResponsesALatencyIsLessThanAnInference) {
  const Periodic run;
  const Response fast{1.0, 9.24, 0.5, 0.0};
  expect_first(run.found(fast, {1.0, {}, 0.5, {}}, 12.0), fast);
  expect_first(run.found({1.0, 9.2, 15.0, 0.0}, known_window(1.0), 12.0), {1.0, 1.2, 15.0, 0.0});
  const std::vector<Candidate> slow = run.found({27.3, 9.24, 0.5, 0.0}, known_tau(0.5), 12.0);
  ASSERT_FALSE(slow.empty());
  EXPECT_LT(slow.front().response.latency_ms, 8.5);
}

TEST(SearchResponse, GivesAsManyAsAskedThatDiffer) {
  const Periodic run;
  const Response truth{2.2, 3.0, 0.5, 0.0};
  EXPECT_EQ(run.found(truth, known_tau(0.5), 6.0, 1).size(), 1u);
  const std::vector<Candidate> found = run.found(truth, known_tau(0.5), 6.0, 7);
  ASSERT_EQ(found.size(), 7u);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(same_place(found[i].response, found[j].response, 0.12)) << i << ' ' << j;
      EXPECT_LE(found[j].misfit, found[i].misfit);
    }
  }
}

TEST(SamePlace, IsNearerInEveryFigure) {
  const Response at{1.0, 2.0, 3.0, 4.0};
  EXPECT_TRUE(same_place(at, {1.25, 1.75, 3.25, 9.0}, 0.5));
  EXPECT_FALSE(same_place(at, {1.5, 2.0, 3.0, 4.0}, 0.5)) << "as far as that";
  EXPECT_FALSE(same_place(at, {1.0, 1.5, 3.0, 4.0}, 0.5));
  EXPECT_FALSE(same_place(at, {1.0, 2.0, 3.5, 4.0}, 0.5));
  EXPECT_FALSE(same_place(at, at, 0.0));
}

// Of what is known altogether the one candidate is that, and its misfit that of the fold nearest to
// its middle: at every 2 ms for an inference of 8 ms or more, and to 100 ms at most.
TEST(SearchResponse, OfACompleteResponseSaysTheMisfitAlone) {
  const auto of = synthetic::fit_case({.layers = 16, .seconds = 4.0});
  const Iterations& iterations = of.made.recording.iterations;
  const Cycle cycle = mean_cycle(iterations, of.segments);
  const std::size_t harmonics = 2 * (16 + 2);
  const FoldedProblem problem(cycle, harmonics);
  const Folds folds(iterations, of.segments, of.readings, harmonics, 2.0, 100.0);
  for (const Response& response : {Response{1.1, 7.3, 0.0, 0.04}, Response{3.0, 12.9, 2.0, 0.0},
                                   Response{1.0, 90.3, 1.0, 0.0}, Response{2.0, 0.0, 0.5, 0.0},
                                   Response{2.0, 130.0, 0.5, 0.0}, Response{40.0, 1.0, 0.5, 0.0}}) {
    const auto found = search_response(
        iterations, of.segments, of.readings,
        {response.window_ms, response.latency_ms, response.time_constant_ms, response.blur_ms},
        25.0, {}, 6);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].response.window_ms, response.window_ms);
    EXPECT_EQ(found[0].response.latency_ms, response.latency_ms);
    EXPECT_EQ(found[0].response.time_constant_ms, response.time_constant_ms);
    EXPECT_EQ(found[0].response.blur_ms, response.blur_ms);
    const double middle_ms =
        response.latency_ms + 0.5 * response.window_ms + response.time_constant_ms;
    const long fold = std::min(50L, std::lround(middle_ms / 2.0));
    const Eigen::VectorXd y =
        problem.reading(folds.at(fold), response.latency_ms - 2.0 * static_cast<double>(fold));
    Eigen::Index least = 0;
    const double misfit =
        problem.misfit_of_powers(response.window_ms, response.time_constant_ms, y, least);
    EXPECT_NEAR(found[0].misfit, misfit, 1e-9 * misfit) << middle_ms;
  }
}

TEST(SearchResponse, ThreeInferencesAndSixteenReadingsAreEnough) {
  const Periodic run;
  const KnownResponse known{1.0, 3.0, 0.0, 0.0};
  const auto found = [&](std::size_t inferences, std::size_t count) {
    Iterations few = run.iterations;
    few.start_ns.resize(inferences);
    few.end_ns.resize(inferences);
    few.layer_ms.resize(3 * inferences);
    Readings readings = run.readings({1.0, 3.0, 0.0, 0.0}, count);
    for (double& ms : readings.time_ms) ms -= 600.0;
    return search_response(few, make_segments(few), readings, known, 6.0, {}, 4).size();
  };
  EXPECT_EQ(found(3, 16), 1u);
  EXPECT_EQ(found(2, 16), 0u);
  EXPECT_EQ(found(3, 15), 0u);
}

// Seen to rise from 0.4 W to the run's mean by this response, from a run that began at 0.
Transients rise_by(const Response& truth) {
  Transients transients;
  transients.run_mw = 7400.0;
  transients.run_std_mw = 500.0;
  const StepResponse arrived(truth);
  Step step{0.0, 400.0, {}};
  for (double t = -10.0; t < 100.0; t += 0.5) {
    step.readings.time_ms.push_back(t);
    step.readings.weight.push_back(1.0);
    step.readings.value.push_back(400.0 + 7000.0 * arrived(t - truth.latency_ms));
  }
  transients.steps.push_back(step);
  return transients;
}

// By the readings alone it may as well be 1.24 ms: an inference less.
TEST(SearchResponse, LatenciesThatTheStepsRuleOutAreNoCandidates) {
  const Periodic run;
  const Response truth{1.0, 9.24, 0.5, 0.0};
  for (const KnownResponse& known : {KnownResponse{1.0, {}, 0.5, {}}, KnownResponse{}}) {
    const auto found = search_response(run.iterations, run.segments, run.readings(truth), known,
                                       20.0, rise_by(truth), 20);
    expect_first(found, truth);
    for (const Candidate& candidate : found) {
      EXPECT_NEAR(middle_ms(candidate.response), middle_ms(truth), 1.0);
    }
  }
}

// By 0.12 ms, of which the steps are asked about every other one.
TEST(SearchResponse, TheStepsAllowTheFirstLatencyAndTheLast) {
  const Periodic run;
  for (const double last_ms : {6.0, 6.12}) {
    for (const double latency_ms : {0.0, 0.12, last_ms - 0.12, last_ms}) {
      const Response truth{1.0, latency_ms, 0.5, 0.0};
      for (const KnownResponse& known : {KnownResponse{1.0, {}, 0.5, {}}, known_window(1.0)}) {
        expect_first(search_response(run.iterations, run.segments, run.readings(truth), known,
                                     last_ms, rise_by(truth), 4),
                     truth);
      }
    }
  }
  const Response known{1.0, 3.0, 0.5, 0.0};
  expect_first(search_response(run.iterations, run.segments, run.readings(known),
                               {1.0, 3.0, 0.5, {}}, 6.0, rise_by(known), 4),
               known);
}

// Under windows longer than an inference whose inferences differ by a tenth or more, folding smears
// what was read, and the truth is not among the first 300 minima. What readings say of the minima
// one by one finds it: without that the nearest candidate is more than 1.5 ms off.
TEST(SearchResponse, WhatFoldingSmearsIsFoundByTheReadings) {
  struct Run {
    synthetic::Spec spec;
    double near_ms;
  };
  const Run runs[] = {
      {{.layers = 6, .jitter = 0.1, .common_jitter = 0.1, .window_ms = 9.0}, 0.5},
      {{.layers = 8, .jitter = 0.2, .common_jitter = 0.2, .outside_share = 0.3, .window_ms = 14.0},
       0.7}};
  for (Run run : runs) {
    run.spec.inference_ms = 8.0;
    run.spec.seconds = 5.0;
    run.spec.latency_ms = 5.3;
    const auto of = synthetic::fit_case(run.spec);
    for (const bool steps : {false, true}) {
      if (steps && run.spec.layers == 8) continue;
      const Transients transients =
          steps ? find_transients(of.segments, of.readings) : Transients{};
      EXPECT_EQ(transients.empty(), !steps);
      const auto found = search_response(of.made.recording.iterations, of.segments, of.readings,
                                         known_tau(0.0), 15.0, transients, 100);
      double nearest_ms = 1e9;
      for (const Candidate& candidate : found) {
        nearest_ms = std::min(nearest_ms,
                              std::max(std::abs(candidate.response.window_ms - run.spec.window_ms),
                                       std::abs(candidate.response.latency_ms - 5.3)));
      }
      EXPECT_LT(nearest_ms, run.near_ms) << run.spec.layers << ' ' << steps;
    }
  }
}

}  // namespace
}  // namespace layerwatt
