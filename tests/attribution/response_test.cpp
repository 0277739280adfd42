#include "attribution/response.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

TEST(StepResponse, BoxIsARampOfItsLength) {
  const StepResponse step({4.0, 0.0, 0.0, 0.0});
  EXPECT_DOUBLE_EQ(step(-1.0), 0.0);
  EXPECT_DOUBLE_EQ(step(1.0), 0.25);
  EXPECT_DOUBLE_EQ(step(3.0), 0.75);
  EXPECT_DOUBLE_EQ(step(5.0), 1.0);
}

TEST(StepResponse, LowPassIsOneMinusTheExponential) {
  const StepResponse step({0.0, 0.0, 2.0, 0.0});
  EXPECT_DOUBLE_EQ(step(0.0), 0.0);
  EXPECT_NEAR(step(2.0), 1.0 - std::exp(-1.0), 1e-14);
  EXPECT_NEAR(step(6.0), 1.0 - std::exp(-3.0), 1e-14);
}

TEST(StepResponse, BoxBehindLowPassHasItsClosedForm) {
  // Within the box: (x − τ(1 − e^{−x/τ})) / w; after it: 1 − τ/w (e^{w/τ} − 1) e^{−x/τ}.
  const StepResponse step({3.0, 0.0, 2.0, 0.0});
  EXPECT_NEAR(step(1.0), (1.0 - 2.0 * (1.0 - std::exp(-0.5))) / 3.0, 1e-14);
  EXPECT_NEAR(step(5.0), 1.0 - 2.0 / 3.0 * (std::exp(1.5) - 1.0) * std::exp(-2.5), 1e-14);
}

TEST(StepResponse, BlurIsTheNormalDistribution) {
  const StepResponse step({0.0, 0.0, 0.0, 0.1});
  EXPECT_NEAR(step(0.0), 0.5, 1e-14);
  EXPECT_NEAR(step(0.1), 0.8413447460685429, 1e-12);
  // A blurred box keeps its centre.
  EXPECT_NEAR(StepResponse({2.0, 0.0, 0.0, 0.3})(1.0), 0.5, 1e-12);
}

// The mean of h is ∫ (1 − step) right of 0 minus ∫ step left of 0; here by a fine sum, which only a
// test may do.
double mean_of(const StepResponse& step) {
  double sum = 0.0;
  const double dx = 1e-3;
  for (double x = step.begin_ms() - 1.0; x < step.end_ms() + 1.0; x += dx) {
    sum += dx * (x + dx / 2 < 0.0 ? -step(x + dx / 2) : 1.0 - step(x + dx / 2));
  }
  return sum;
}

TEST(StepResponse, MeanDelayIsHalfTheWindowPlusTheTimeConstant) {
  EXPECT_NEAR(mean_of(StepResponse({3.0, 0.0, 0.0, 0.0})), 1.5, 1e-3);
  EXPECT_NEAR(mean_of(StepResponse({3.0, 0.0, 1.0, 0.0})), 2.5, 1e-3);
  EXPECT_NEAR(mean_of(StepResponse({3.0, 0.0, 1.0, 0.2})), 2.5, 1e-3);
}

TEST(StepResponse, NeverDecreasesAndStaysBetweenZeroAndOne) {
  const Response shapes[] = {
      {1.1, 0, 0, 0}, {1.1, 0, 0.2, 0.05}, {6.6, 0, 5.0, 0.1}, {0.0, 0, 0.05, 0.4}};
  for (const Response& shape : shapes) {
    const StepResponse step(shape);
    double last = 0.0;
    for (double x = step.begin_ms() - 0.5; x <= step.end_ms() + 0.5; x += 0.003) {
      const double here = step(x);
      ASSERT_GE(here, last - 1e-12) << "at " << x;
      ASSERT_LE(here, 1.0);
      last = std::max(last, here);
    }
    EXPECT_DOUBLE_EQ(last, 1.0);
  }
}

}  // namespace
}  // namespace layerwatt
