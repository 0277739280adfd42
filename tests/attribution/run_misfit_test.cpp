#include "attribution/run_misfit.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace layerwatt
