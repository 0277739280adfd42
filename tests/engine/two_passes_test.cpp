#include "engine/two_passes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(FitLayers, ShortensLayersThatTheProfilerLengthened) {
  std::vector<double> fitted;
  EXPECT_DOUBLE_EQ(fit_layers(std::vector<double>{1.0, 3.0}, 2.0, fitted), 0.5);
  EXPECT_EQ(fitted, (std::vector<double>{0.5, 1.5}));
}

TEST(FitLayers, LeavesTheTimeBetweenLayersToTheOutside) {
  std::vector<double> fitted;
  EXPECT_DOUBLE_EQ(fit_layers(std::vector<double>{1.0, 3.0}, 5.0, fitted), 1.0);
  EXPECT_EQ(fitted, (std::vector<double>{1.0, 3.0})) << "stretching would invent work";
}

TEST(InferencesAhead, Last10MsOfTheGpusTime) {
  EXPECT_EQ(inferences_ahead(1.0), 10u);
  EXPECT_EQ(inferences_ahead(1.25), 8u);
  EXPECT_EQ(inferences_ahead(0.26), 39u);
  EXPECT_EQ(inferences_ahead(0.01), 64u);
  EXPECT_EQ(inferences_ahead(0.0), 64u);
  EXPECT_EQ(inferences_ahead(300.0), 4u);
}

TEST(WaitFor, TheMiddleOfManyAndTheFirstOfFew) {
  EXPECT_EQ(wait_for(4), 0u) << "long inferences are told one by one";
  EXPECT_EQ(wait_for(10), 5u);
  EXPECT_EQ(wait_for(64), 32u);
}

TEST(FitLayers, KeepsWhatIsMissingMissing) {
  std::vector<double> fitted;
  EXPECT_DOUBLE_EQ(fit_layers(std::vector<double>{kNan, 4.0}, 2.0, fitted), 0.5);
  EXPECT_TRUE(std::isnan(fitted[0]));
  EXPECT_EQ(fitted[1], 2.0);
  EXPECT_EQ(fit_layers(std::vector<double>{0.0, 0.0}, 0.0, fitted), 1.0);
  EXPECT_EQ(sum_of_reported(std::vector<double>{kNan, 1.0, 2.0}), 3.0);
}

}  // namespace
}  // namespace layerwatt
