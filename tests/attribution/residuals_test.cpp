#include "attribution/residuals.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "attribution/fit_case.hpp"

namespace layerwatt {
namespace {

using synthetic::fit_case;
using synthetic::FitCase;

TEST(ResidualsOf, AreTheNoiseUnderTheTrueResponse) {
  const FitCase s = fit_case({.layers = 6, .noise_mw = 50.0, .step_mw = 0.0});
  const Residuals residuals = residuals_of(s.segments, s.readings, {1.1, 7.3, 0.0, 0.0}, 0.05);
  double sum = 0.0;
  for (const double r : residuals.residual_mw) sum += r * r;
  EXPECT_NEAR(std::sqrt(sum / static_cast<double>(s.readings.size())), 50.0, 3.0);
}

TEST(StructureLeft, IsNoneForTheTruthAndMuchForAWrongResponse) {
  const FitCase s = fit_case({.layers = 6});
  const Iterations& iterations = s.made.recording.iterations;
  const auto left = [&](const Response& response) {
    return structure_left(iterations, s.segments, s.readings,
                          residuals_of(s.segments, s.readings, response, 0.05))
        .share;
  };
  EXPECT_LT(left({1.1, 7.3, 0.0, 0.0}), 0.02);
  EXPECT_GT(left({1.1, 5.3, 0.0, 0.0}), 0.2);
  EXPECT_GT(left({4.4, 7.3, 0.0, 0.0}), 0.2);
}

TEST(StructureLeft, SeesALatencyThatIsOffByAWholeInference) {
  const FitCase s = fit_case({.layers = 6, .seconds = 60.0});
  const Iterations& iterations = s.made.recording.iterations;
  const double turn =
      s.segments.ms(iterations.start_ns.back()) / static_cast<double>(iterations.size() - 1);
  const Structure structure =
      structure_left(iterations, s.segments, s.readings,
                     residuals_of(s.segments, s.readings, {1.1, 7.3 + turn, 0.0, 0.0}, 0.05));
  EXPECT_GT(structure.share, 0.05);
  EXPECT_GT(structure.share, 3.0 * structure.chance());
}

TEST(Structure, WidensWhatWasFitted) {
  const Structure none{0.0, 100.0, 10000.0};
  EXPECT_DOUBLE_EQ(none.variance_scale(), 1.0);
  const Structure some{0.03, 100.0, 10000.0};
  EXPECT_DOUBLE_EQ(some.variance_scale(), 4.0);
  EXPECT_NEAR(some.chance(), 0.00566, 1e-5);
}

TEST(NeighbourCorrelation, IsOneForADriftAndMinusOneForAFlicker) {
  Readings readings;
  readings.weight.assign(6, 1.0);
  readings.time_ms.assign(6, 0.0);
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, 2, 2, 2, 2}, {}}, readings), 1.0);
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, -2, 2, -2, 2, -2}, {}}, readings), -1.0);
  // Over 2, 2, −2, −2, 2, 2: 4 − 4 + 4 − 4 + 4 over 20.
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, -2, -2, 2, 2}, {}}, readings), 0.2);
  readings.weight[2] = 0.0;  // an outlier is no neighbour
  EXPECT_DOUBLE_EQ(neighbour_correlation({{2, 2, 9, -2, -2, -2}, {}}, readings), 1.0);
}

// Inferences of these lengths one after another, and one of 8 ms more.
Iterations of_lengths(const std::vector<double>& length_ms) {
  Iterations iterations;
  std::int64_t at_ns = 0;
  for (const double ms : length_ms) {
    iterations.start_ns.push_back(at_ns);
    at_ns += std::llround(ms * 1e6);
    iterations.end_ns.push_back(at_ns);
  }
  iterations.start_ns.push_back(at_ns);
  iterations.end_ns.push_back(at_ns + 8'000'000);
  return iterations;
}

struct Left {
  Readings readings;
  Residuals residuals;

  void add(double time_ms, double residual_mw, double weight = 1.0) {
    readings.time_ms.push_back(time_ms);
    readings.weight.push_back(weight);
    residuals.residual_mw.push_back(residual_mw);
  }
  Structure structure(const Iterations& iterations) const {
    return structure_left(iterations, make_segments(iterations), readings, residuals);
  }
};

// A layer `a` of 100 mW from 0 on, idle before.
Segments one_step() {
  Iterations iterations;
  iterations.layers = {"a"};
  iterations.start_ns = {0};
  iterations.end_ns = {1'000'000'000};
  iterations.layer_ms = {1000.0};
  return make_segments(iterations);
}

// A window of 2 ms around the step: half of `a`, and 50 mW more with each ms. Stamps off by 0.1 ms
// scatter by 5 mW, whatever blur the response has already.
TEST(ResidualsOf, ScatterIsThatOfTheSlopeWithoutTheBlur) {
  const Segments segments = one_step();
  std::vector<double> column_mw(segments.columns(), 0.0);
  column_mw[0] = 100.0;
  Readings readings;
  readings.time_ms = {1.0, 20.0};
  readings.weight = {1.0, 1.0};
  readings.value = {60.0, 97.0};
  const Residuals sharp = residuals_of(segments, readings, {2.0, 0.0, 0.0, 0.5}, column_mw, 0.1);
  ASSERT_EQ(sharp.residual_mw.size(), 2u);
  EXPECT_NEAR(sharp.residual_mw[0], 10.0, 1e-9);
  EXPECT_NEAR(sharp.residual_mw[1], -3.0, 1e-9);
  ASSERT_EQ(sharp.scatter_mw2.size(), 2u);
  EXPECT_NEAR(sharp.scatter_mw2[0], 25.0, 1e-9);
  EXPECT_NEAR(sharp.scatter_mw2[1], 0.0, 1e-9);
  const Residuals none = residuals_of(segments, readings, {2.0, 0.0, 0.0, 0.5}, column_mw, 0.0);
  EXPECT_NEAR(none.residual_mw[0], 10.0, 1e-9);
  EXPECT_EQ(none.scatter_mw2, std::vector<double>(2, 0.0));
}

TEST(ResidualsOf, FitsThePowersWhereNoneAreGiven) {
  Readings readings;
  readings.channels = 2;
  readings.time_ms = {20.0, 30.0, 40.0};
  readings.weight = {1.0, 1.0, 1.0};
  readings.value = {90.0, 1.0, 110.0, 2.0, 103.0, 3.0};
  const Residuals of_mean = residuals_of(one_step(), readings, {2.0, 0.0, 0.0, 0.0}, 0.0);
  EXPECT_NEAR(of_mean.residual_mw[0], -11.0, 1e-6);
  EXPECT_NEAR(of_mean.residual_mw[1], 9.0, 1e-6);
  EXPECT_NEAR(of_mean.residual_mw[2], 2.0, 1e-6);
}

// Eight readings an inference, the first at its start: 900 of 1250 is always the same there, the
// rest changes sign from inference to inference. 8 bins × 5 unknowns by 400 readings are chance.
TEST(StructureLeft, IsTheShareThatFollowsThePhase) {
  const Iterations iterations = of_lengths(std::vector<double>(50, 8.0));
  Left left;
  left.add(-1.0, 1e6);  // before the first start
  for (int i = 0; i < 50; ++i) {
    left.add(8.0 * i, 3.0, 2.0);
    left.add(8.0 * i + 0.5, 1e6, 0.0);  // an outlier
    for (int j = 1; j < 8; ++j) left.add(8.0 * i + j, i % 2 == 0 ? 1.0 : -1.0);
  }
  for (int j = 0; j < 8; ++j) left.add(400.0 + j, 1e6);  // nobody knows how long the last one was
  const Structure structure = left.structure(iterations);
  EXPECT_NEAR(structure.share, 900.0 / 1250.0 - 40.0 / 400.0, 1e-8);
  EXPECT_DOUBLE_EQ(structure.unknowns, 40.0);
  EXPECT_DOUBLE_EQ(structure.readings, 400.0);
}

// Inferences of 8 ms and that much more or less in the order of Thue and Morse: as many of either,
// never periodic. How much it is does not matter.
void expect_to_follow_lengths(double more_ms) {
  std::vector<double> length_ms;
  std::vector<double> longer;
  for (unsigned i = 0; i < 64; ++i) {
    longer.push_back(std::popcount(i) % 2 == 0 ? 1.0 : -1.0);
    length_ms.push_back(8.0 + more_ms * longer.back());
  }
  const Iterations iterations = of_lengths(length_ms);
  for (std::size_t back = 0; back < 4; ++back) {
    Left left;
    double begin_ms = 0.0;
    for (std::size_t i = 0; i < 64; ++i) {
      const double r = i < back ? 0.0 : 20.0 * longer[i - back];
      for (int j = 0; j < 7; ++j) left.add(begin_ms + (j + 0.5) / 7.0 * length_ms[i], r);
      begin_ms += length_ms[i];
    }
    const Structure structure = left.structure(iterations);
    EXPECT_DOUBLE_EQ(structure.readings, 448.0);
    EXPECT_NEAR(structure.share, 1.0 - 40.0 / 448.0, 1e-7) << back << ' ' << more_ms;
  }
}

TEST(StructureLeft, FollowsTheLengthsOfTheLastFourInferences) {
  expect_to_follow_lengths(1.0);
  expect_to_follow_lengths(1e-3);
}

// −3 in the last bin but one and 3 in the last are 18 of 24 mW² an inference; the rest changes sign
// from inference to inference.
TEST(StructureLeft, TellsTheLastBinFromTheOneBeforeIt) {
  const Iterations iterations = of_lengths(std::vector<double>(50, 8.0));
  Left left;
  for (int i = 0; i < 50; ++i) {
    for (int j = 0; j < 6; ++j) left.add(8.0 * i + j + 0.5, i % 2 == 0 ? 1.0 : -1.0);
    left.add(8.0 * i + 6.5, -3.0);
    left.add(8.0 * i + 7.5, 3.0);
  }
  EXPECT_NEAR(left.structure(iterations).share, 18.0 / 24.0 - 40.0 / 400.0, 1e-8);
}

TEST(StructureLeft, SaysNothingWithTwoReadingsAnUnknown) {
  const Iterations iterations = of_lengths(std::vector<double>(10, 8.0));
  Left left;
  for (int k = 0; k < 80; ++k) left.add(k + 0.25, 0.01);
  const Structure few = left.structure(iterations);
  EXPECT_EQ(few.share, 0.0);
  EXPECT_DOUBLE_EQ(few.unknowns, 40.0);
  EXPECT_DOUBLE_EQ(few.readings, 80.0);
  left.add(79.5, 0.01);
  EXPECT_NEAR(left.structure(iterations).share, 1.0 - 40.0 / 81.0, 1e-8);
}

TEST(StructureLeft, IsNoneOfWhatOnlyChangesSign) {
  const Iterations iterations = of_lengths(std::vector<double>(50, 8.0));
  Left left;
  for (int k = 0; k < 400; ++k) left.add(k, k / 8 % 2 == 0 ? 1.0 : -1.0);
  EXPECT_EQ(left.structure(iterations).share, 0.0);
}

TEST(StructureLeft, HasABinForSixtyReadings) {
  const Iterations iterations = of_lengths(std::vector<double>(120, 8.0));
  Left left;
  for (int k = 0; k < 960; ++k) left.add(k, 1.0);
  EXPECT_DOUBLE_EQ(left.structure(iterations).unknowns, 5.0 * 16.0);
  while (left.readings.size() < 3600) left.add(959.0, 1.0);
  EXPECT_DOUBLE_EQ(left.structure(iterations).unknowns, 5.0 * 48.0);
}

// Of one inference nobody knows how long it was.
TEST(StructureLeft, OfOneInferenceNothingIsUsed) {
  Iterations iterations = of_lengths({8});
  iterations.start_ns.resize(1);
  iterations.end_ns.resize(1);
  Left left;
  for (int k = 0; k < 100; ++k) left.add(0.05 * k, 1.0);
  const Structure structure = left.structure(iterations);
  EXPECT_EQ(structure.share, 0.0);
  EXPECT_EQ(structure.readings, 0.0);
}

TEST(Structure, WithoutReadingsOrUnknownsSaysNothing) {
  EXPECT_DOUBLE_EQ((Structure{0.5, 8.0, 0.0}.chance()), 1.0);
  EXPECT_DOUBLE_EQ((Structure{0.5, 8.0, 1.0}.chance()), 16.0);  // 4 √(2 · 8)
  EXPECT_DOUBLE_EQ((Structure{0.5, 0.0, 10.0}.variance_scale()), 1.0);
  EXPECT_DOUBLE_EQ((Structure{0.5, 1.0, 10.0}.variance_scale()), 6.0);
}

TEST(NeighbourCorrelation, IsZeroForFewerThanThreeReadingsAndForNothingLeft) {
  const auto of = [](std::vector<double> residual_mw) {
    Readings readings;
    readings.weight.assign(residual_mw.size(), 1.0);
    readings.time_ms.assign(residual_mw.size(), 0.0);
    return neighbour_correlation({std::move(residual_mw), {}}, readings);
  };
  EXPECT_EQ(of({}), 0.0);
  EXPECT_EQ(of({2, 2}), 0.0);
  EXPECT_DOUBLE_EQ(of({2, 2, 2}), 1.0);
  EXPECT_DOUBLE_EQ(of({0.25, 0.25, 0.25}), 1.0);
  EXPECT_EQ(of({0, 0, 0, 0}), 0.0);
}

}  // namespace
}  // namespace layerwatt
