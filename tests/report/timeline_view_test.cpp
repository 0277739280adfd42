#include "report/timeline_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMs = 1'000'000;

// A reading a millisecond from 0 on, on one rail; an inference of 2 ms every 4 ms.
Recording recording(const std::vector<double>& mw, std::size_t inferences = 0,
                    std::size_t layers = 1) {
  Recording r;
  r.power.rails = {{"VIN", true}};
  for (std::size_t i = 0; i < mw.size(); ++i)
    r.power.time_ns.push_back(static_cast<std::int64_t>(i) * kMs);
  r.power.rail_mw = mw;
  r.iterations.layers.assign(layers, "l");
  for (std::size_t i = 0; i < inferences; ++i) {
    r.iterations.start_ns.push_back(static_cast<std::int64_t>(i) * 4 * kMs);
    r.iterations.end_ns.push_back(r.iterations.start_ns.back() + 2 * kMs);
    r.iterations.layer_ms.insert(r.iterations.layer_ms.end(), layers,
                                 2.0 / static_cast<double>(layers));
  }
  return r;
}

TEST(RunOverview, KeepsLowestHighestAndMeanOfEachPiece) {
  const RunOverview view = run_overview(recording({1, 2, 9, 4, 5, 7}), 2);
  ASSERT_EQ(view.pieces, 2u);
  EXPECT_DOUBLE_EQ(view.step_ms, 2.5);
  EXPECT_THAT(view.total_mw.min, testing::ElementsAre(1, 4));
  EXPECT_THAT(view.total_mw.max, testing::ElementsAre(9, 7));
  EXPECT_THAT(view.total_mw.mean, testing::ElementsAre(4, 16.0 / 3));
  EXPECT_EQ(view.rails_mw.at(0).max, view.total_mw.max);
}

TEST(RunOverview, LosesNoPeakOfALongRun) {
  std::vector<double> mw(100'000, 5.0);
  mw[77'777] = 99.0;
  const RunOverview view = run_overview(recording(mw), 1000);
  EXPECT_EQ(view.pieces, 1000u);
  EXPECT_EQ(*std::max_element(view.total_mw.max.begin(), view.total_mw.max.end()), 99.0);
}

TEST(RunOverview, APieceWithoutReadingsIsNotZero) {
  Recording r = recording({1, 1, 1, 1, 1, 1, 1, 1});
  for (std::size_t i = 4; i < 8; ++i) r.power.time_ns[i] += 100 * kMs;
  r.power.rail_mw[1] = kNaN;
  const RunOverview view = run_overview(r, 4);
  EXPECT_EQ(view.total_mw.mean[0], 1.0) << "the reading that is missing is left out";
  EXPECT_TRUE(std::isnan(view.total_mw.mean[1]));
  EXPECT_TRUE(std::isnan(view.total_mw.min[2]));
}

TEST(RunOverview, NothingForTooFewReadings) {
  EXPECT_EQ(run_overview(recording({}), 10).pieces, 0u);
  EXPECT_EQ(run_overview(recording({1}), 10).pieces, 0u);
}

TEST(RunOverview, PutsLatenciesWhereTheInferencesEnd) {
  const RunOverview view = run_overview(recording({1, 1, 1, 1, 1, 1, 1, 1, 1}, 2), 2);
  EXPECT_THAT(view.latency_ms.mean, testing::ElementsAre(2.0, 2.0));
}

TEST(CloseUp, TakesInferencesFromTheMiddleUntilThereAreEnoughReadings) {
  const Recording r = recording(std::vector<double>(100, 1.0), 20);
  const CloseUp three = close_up(r, 1, 1000);
  EXPECT_EQ(three.inferences, std::make_pair(std::size_t{8}, std::size_t{11}));
  EXPECT_EQ(three.readings, std::make_pair(std::size_t{32}, std::size_t{43})) << "32 ms to 42 ms";
  const CloseUp more = close_up(r, 30, 1000);
  EXPECT_GE(more.readings.second - more.readings.first, 30u);
}

TEST(CloseUp, IsBoundedByItsSlices) {
  const Recording r = recording(std::vector<double>(100, 1.0), 20, 50);
  const CloseUp view = close_up(r, 1000, 100);
  EXPECT_EQ(view.inferences.second - view.inferences.first, 2u);
  const CloseUp least = close_up(r, 1000, 10);
  EXPECT_EQ(least.inferences.second - least.inferences.first, 1u) << "one is always taken";
}

TEST(CloseUp, NothingWithoutInferencesOrReadings) {
  EXPECT_EQ(close_up(recording({1, 2}), 10, 10).inferences.second, 0u);
  EXPECT_EQ(close_up(recording({}, 3), 10, 10).inferences.second, 0u);
}

}  // namespace
}  // namespace layerwatt
