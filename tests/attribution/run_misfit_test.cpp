#include "attribution/run_misfit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/expected_reading.hpp"
#include "attribution/fit_case.hpp"
#include "attribution/transients.hpp"

namespace layerwatt {
namespace {

// What the full model says, reading by reading.
double expected_misfit(const Segments& segments, const Readings& readings, const Response& response,
                       const std::vector<double>& column_mw) {
  ExpectedReading expected(segments, response, column_mw);
  double mean = 0.0;
  double square = 0.0;
  double left = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    readings.compute(expected, k);
    mean += readings.value[k];
    square += readings.value[k] * readings.value[k];
    left += (readings.value[k] - expected.mw()) * (readings.value[k] - expected.mw());
  }
  return left / (square - mean * mean / static_cast<double>(readings.size()));
}

TEST(RunMisfit, SaysWhatTheFullModelSays) {
  const auto of = synthetic::fit_case({.layers = 10, .seconds = 10.0, .time_constant_ms = 2.4});
  const Readings part = telling_part(of.readings, 200, {});
  std::vector<double> column_mw = of.made.power_mw;
  column_mw.insert(column_mw.end(), {4000.0, 3000.0, 3600.0});
  const RunMisfit misfit(of.segments, part, {0.0, 2.4, 50.0});
  const Response responses[] = {{1.1, 7.3, 2.4, 0.0},
                                {1.1, 7.3, 0.0, 0.0},
                                {6.0, 19.0, 2.4, 0.0},
                                {90.0, 0.0, 0.0, 0.0},
                                {3.0, 2.0, 2.4, 0.1}};
  for (const Response& response : responses) {
    const double full = expected_misfit(of.segments, part, response, column_mw);
    // A low pass starts from the mean a little before; a blur counts by its variance.
    const bool rough = response.time_constant_ms > 0.0 || response.blur_ms > 0.0;
    EXPECT_NEAR(misfit(response, column_mw), full, rough ? 2e-4 : 1e-9)
        << response.window_ms << " " << response.time_constant_ms;
  }
  // Of a long low pass it only knows the mean of what was before: good enough to rank by.
  const Response slow{1.1, 7.3, 50.0, 0.0};
  const double full = expected_misfit(of.segments, part, slow, column_mw);
  EXPECT_NEAR(misfit(slow, column_mw), full, 0.01 * full);
  EXPECT_LT(misfit(responses[0], column_mw), 0.05);
}

TEST(RunMisfit, ReadingsWithWindowsOfTheirOwn) {
  const auto of = synthetic::fit_case({.layers = 6, .seconds = 10.0});
  Readings part = telling_part(of.readings, 100, {});
  for (std::size_t k = 0; k < part.size(); ++k) {
    part.window_ms.push_back(k % 2 == 0 ? 1.1 : 9.0);
  }
  std::vector<double> column_mw = of.made.power_mw;
  column_mw.insert(column_mw.end(), {4000.0, 3000.0, 3600.0});
  const RunMisfit misfit(of.segments, part, {});
  const Response response{1.1, 7.3, 0.0, 0.0};
  const double full = expected_misfit(of.segments, part, response, column_mw);
  EXPECT_NEAR(misfit(response, column_mw), full, 1e-6 * full);
}

// A run of a few segments, with powers drawn for its columns, and readings over some of it.
struct Drawn {
  Segments segments;
  std::vector<double> column_mw;
  Readings readings;
};

// A ms apart, one value and the other in turn.
void read_ten_times(Drawn& of, double from_ms, double even_mw, double odd_mw) {
  for (int k = 0; k < 10; ++k) {
    of.readings.time_ms.push_back(from_ms + k);
    of.readings.weight.push_back(1.0);
    of.readings.value.push_back(k % 2 == 0 ? even_mw : odd_mw);
  }
}

Drawn drawn(std::mt19937_64& random, double from_ms, double until_ms, bool windows) {
  std::uniform_real_distribution<double> uniform;
  Drawn out;
  out.segments.layers = 3;
  for (std::size_t j = 0; j < out.segments.columns(); ++j) {
    out.column_mw.push_back(1000.0 + 9000.0 * uniform(random));
  }
  out.segments.edge_ms = {0.0};
  while (out.segments.edge_ms.back() < 400.0) {
    // Few are long: what a reading sees may all lie in one.
    const double ms = uniform(random) < 0.2 ? 60.0 * uniform(random) : 4.0 * uniform(random);
    out.segments.edge_ms.push_back(out.segments.edge_ms.back() + 0.01 + ms);
    out.segments.column.push_back(static_cast<std::uint32_t>(random() % 6));
  }
  for (double t = from_ms; t < until_ms; t += 0.5 + 6.0 * uniform(random)) {
    out.readings.time_ms.push_back(t);
    out.readings.weight.push_back(1.0);
    out.readings.value.push_back(1000.0 + 9000.0 * uniform(random));
    if (windows) out.readings.window_ms.push_back(1.0 + 9.0 * uniform(random));
  }
  return out;
}

double power_at(const Drawn& of, double time_ms) {
  const std::vector<double>& edges = of.segments.edge_ms;
  if (time_ms < edges.front() || time_ms >= edges.back()) return of.column_mw[of.segments.idle()];
  std::size_t i = 0;
  while (edges[i + 1] <= time_ms) ++i;
  return of.column_mw[of.segments.column[i]];
}

// The mean between two times of what the low pass holds that starts, at `begin_ms`, from the mean
// reading: piece by piece, from the begin on.
double mean_between(const Drawn& of, double tau_ms, double begin_ms, double from_ms,
                    double until_ms) {
  std::vector<double> stops = of.segments.edge_ms;
  stops.insert(stops.end(), {begin_ms, from_ms, until_ms});
  std::sort(stops.begin(), stops.end());
  double state = 0.0;
  for (const double mw : of.readings.value) {
    state += mw / static_cast<double>(of.readings.size());
  }
  double energy = 0.0;
  for (std::size_t i = 0; i + 1 < stops.size(); ++i) {
    const double ms = stops[i + 1] - stops[i];
    if (stops[i] < begin_ms || stops[i + 1] > until_ms || ms <= 0.0) continue;
    const double mw = power_at(of, 0.5 * (stops[i] + stops[i + 1]));
    const double next = tau_ms > 0.0 ? mw + (state - mw) * std::exp(-ms / tau_ms) : mw;
    // What the low pass lets through late is what its state has grown by.
    if (stops[i] >= from_ms) {
      energy += mw * ms - (tau_ms > 0.0 ? tau_ms * (next - state) : 0.0);
    }
    state = next;
  }
  return energy / (until_ms - from_ms);
}

double misfit_by_definition(const Drawn& of, const Response& response) {
  const Readings& readings = of.readings;
  const double wide_ms = std::max(1e-3, std::sqrt(response.window_ms * response.window_ms +
                                                  12.0 * response.blur_ms * response.blur_ms));
  double longest_ms = wide_ms;
  for (const double ms : readings.window_ms) longest_ms = std::max(longest_ms, ms);
  const double n = static_cast<double>(readings.size());
  const double late_ms = response.latency_ms + 0.5 * (response.window_ms - wide_ms);
  // From five time constants before all that the first reading sees, and the edge before that.
  const double enough_ms =
      readings.time_ms.front() - late_ms - longest_ms - 5.0 * response.time_constant_ms;
  double begin_ms = -1e3;
  if (response.time_constant_ms > 0.0) begin_ms = of.segments.edge_ms.front();
  for (const double edge : of.segments.edge_ms) {
    if (edge <= enough_ms) begin_ms = std::max(begin_ms, edge);
  }
  double mean = 0.0;
  for (const double mw : readings.value) mean += mw / n;
  double left = 0.0;
  double variation = 0.0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double until_ms = readings.time_ms[k] - late_ms;
    const double own_ms = readings.window_ms.empty() ? wide_ms : readings.window_ms[k];
    const double mw =
        mean_between(of, response.time_constant_ms, begin_ms, until_ms - own_ms, until_ms);
    left += (readings.value[k] - mw) * (readings.value[k] - mw);
    variation += (readings.value[k] - mean) * (readings.value[k] - mean);
  }
  return left / variation;
}

TEST(RunMisfit, IsTheSquareOfWhatIsLeftByDefinition) {
  std::mt19937_64 random(11);
  const std::vector<double> taus = {0.0, 0.4, 3.0, 12.0};
  for (int trial = 0; trial < 12; ++trial) {
    const Drawn of = drawn(random, 230.0, 330.0, trial % 3 == 2);
    const RunMisfit misfit(of.segments, of.readings, taus);
    for (const double tau : taus) {
      for (const Response& shape :
           {Response{0.0, 0.0, 0.0, 0.0}, Response{0.5, 3.0, 0.0, 0.0},
            Response{7.0, 11.0, 0.0, 0.6}, Response{55.0, 90.0, 0.0, 0.0}}) {
        Response response = shape;
        response.time_constant_ms = tau;
        const double by_definition = misfit_by_definition(of, response);
        EXPECT_NEAR(misfit(response, of.column_mw), by_definition, 1e-7 * by_definition)
            << trial << ' ' << response.window_ms << ' ' << tau;
      }
    }
  }
}

TEST(RunMisfit, BeforeAndAfterTheRunItIsIdle) {
  std::mt19937_64 random(12);
  for (int trial = 0; trial < 4; ++trial) {
    const Drawn of = drawn(random, trial < 2 ? -40.0 : 300.0, trial < 2 ? 60.0 : 600.0, false);
    const RunMisfit misfit(of.segments, of.readings, {0.0, 2.0});
    for (const Response& response : {Response{0.7, 2.0, 0.0, 0.0}, Response{20.0, 5.0, 0.0, 0.0}}) {
      const double by_definition = misfit_by_definition(of, response);
      EXPECT_NEAR(misfit(response, of.column_mw), by_definition, 1e-7 * by_definition) << trial;
    }
    if (trial < 2) continue;
    const Response slow{3.0, 2.0, 2.0, 0.0};
    const double by_definition = misfit_by_definition(of, slow);
    EXPECT_NEAR(misfit(slow, of.column_mw), by_definition, 1e-7 * by_definition) << trial;
  }
}

// Far from the run's begin no more is gone through than 200 ms and five time constants before the
// first reading, however late they are.
TEST(RunMisfit, ALatencyBeyondTheFarthestIsStillCounted) {
  Drawn of;
  of.segments.layers = 1;
  for (int i = 0; i <= 2000; ++i) of.segments.edge_ms.push_back(i);
  of.segments.column.assign(2000, 0);
  of.column_mw = {5000.0, 0.0, 1000.0, 0.0};
  read_ten_times(of, 1000.0, 4999.0, 5001.0);
  // The readings' mean is the power, so wherever the low pass starts it stays: 1 mW is left of
  // each.
  const RunMisfit misfit(of.segments, of.readings, {20.0});
  EXPECT_NEAR(misfit({10.0, 250.0, 20.0, 0.0}, of.column_mw), 1.0, 1e-9);
}

// Stamps that are up to 200 ms early: the last reading shows what ran 200 ms after it.
TEST(RunMisfit, ReadingsMayComeAsFarBeforeWhatTheyShow) {
  Drawn of;
  of.segments.layers = 1;
  for (int i = 0; i <= 2000; ++i) of.segments.edge_ms.push_back(i);
  of.segments.column.assign(2000, 0);
  for (std::size_t i = 0; i < 2000; i += 3) of.segments.column[i] = 1;
  of.column_mw = {5000.0, 2000.0, 1000.0, 0.0};
  read_ten_times(of, 1000.5, 4000.0, 3500.0);
  const RunMisfit misfit(of.segments, of.readings, {0.0, 20.0});
  for (const double tau_ms : {0.0, 20.0}) {
    const Response early{10.0, -200.0, tau_ms, 0.0};
    const double by_definition = misfit_by_definition(of, early);
    EXPECT_NEAR(misfit(early, of.column_mw), by_definition, 1e-7 * by_definition);
  }
}

// 1 W of the idle device is what they say, but for 1 mW each.
TEST(RunMisfit, LongAfterTheRunReadingsShowTheIdleDevice) {
  Drawn of;
  of.segments.layers = 1;
  of.segments.edge_ms = {0.0, 50.0, 100.0};
  of.segments.column = {0, 1};
  of.column_mw = {5000.0, 4000.0, 1000.0, 3000.0};
  ASSERT_EQ(of.segments.idle(), 2u);
  read_ten_times(of, 400.0, 999.0, 1001.0);
  const RunMisfit misfit(of.segments, of.readings, {2.0});
  EXPECT_NEAR(misfit({3.0, 5.0, 0.0, 0.0}, of.column_mw), 1.0, 1e-9);
  EXPECT_NEAR(misfit({3.0, 5.0, 2.0, 0.0}, of.column_mw), 1.0, 1e-9);
}

TEST(RunMisfit, OfReadingsThatAreAllTheSameNothingIsLeft) {
  Drawn of;
  of.segments.layers = 1;
  of.segments.edge_ms = {0.0, 100.0};
  of.segments.column = {0};
  of.column_mw = {4096.0, 0.0, 0.0, 0.0};
  of.readings.time_ms = {50.0, 60.0, 70.0, 80.0};
  of.readings.weight = {1.0, 1.0, 1.0, 1.0};
  of.readings.value = {4096.0, 4096.0, 4096.0, 4096.0};
  const RunMisfit misfit(of.segments, of.readings, {});
  EXPECT_EQ(misfit({2.0, 0.0, 0.0, 0.0}, of.column_mw), 0.0);
}

}  // namespace
}  // namespace layerwatt
