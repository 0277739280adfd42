#include "attribution/response.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

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
  // Also soon after the edge, and of one that is quick.
  EXPECT_NEAR(step(0.5), 1.0 - std::exp(-0.25), 1e-14);
  EXPECT_NEAR(StepResponse({0.0, 0.0, 0.5, 0.0})(0.5), 1.0 - std::exp(-1.0), 1e-14);
}

TEST(StepResponse, BoxBehindLowPassHasItsClosedForm) {
  // Within the box: (x − τ(1 − e^{−x/τ})) / w; after it: 1 − τ/w (e^{w/τ} − 1) e^{−x/τ}.
  const StepResponse step({3.0, 0.0, 2.0, 0.0});
  EXPECT_NEAR(step(1.0), (1.0 - 2.0 * (1.0 - std::exp(-0.5))) / 3.0, 1e-14);
  EXPECT_NEAR(step(5.0), 1.0 - 2.0 / 3.0 * (std::exp(1.5) - 1.0) * std::exp(-2.5), 1e-14);
  // Where one becomes the other they are the same.
  EXPECT_NEAR(step(3.0), 1.0 - 2.0 / 3.0 * (1.0 - std::exp(-1.5)), 1e-14);
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

// A box behind a low pass, without a blur.
double sharp(double x, double window, double tau) {
  const auto low_pass_area = [&](double until) {
    if (until <= 0.0) return 0.0;
    return tau > 0.0 ? until - tau * (1.0 - std::exp(-until / tau)) : until;
  };
  if (window > 0.0) return (low_pass_area(x) - low_pass_area(x - window)) / window;
  if (x <= 0.0) return 0.0;
  return tau > 0.0 ? 1.0 - std::exp(-x / tau) : 1.0;
}

// Simpson's rule over eight deviations to both sides; with a corner wherever the sharp one has it.
double blurred(double x, const Response& of) {
  const auto at = [&](double shift) {
    return 0.3989422804014327 / of.blur_ms *
           std::exp(-0.5 * shift * shift / of.blur_ms / of.blur_ms) *
           sharp(x - shift, of.window_ms, of.time_constant_ms);
  };
  std::vector<double> corners = {-8.0 * of.blur_ms, x - of.window_ms, x, 8.0 * of.blur_ms};
  for (double& corner : corners) corner = std::clamp(corner, -8.0 * of.blur_ms, 8.0 * of.blur_ms);
  std::sort(corners.begin(), corners.end());
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < corners.size(); ++i) {
    const int steps = 400;
    // Not at the corner itself, where a step is half on either side.
    const double a = corners[i] + 1e-12;
    const double h = (corners[i + 1] - 1e-12 - a) / steps;
    if (h <= 0.0) continue;
    for (int k = 0; k <= steps; ++k) {
      const double factor = k == 0 || k == steps ? 1.0 : k % 2 == 1 ? 4.0 : 2.0;
      sum += factor * h / 3.0 * at(a + k * h);
    }
  }
  return sum;
}

TEST(StepResponse, ABlurIsTheMeanOverNormalShifts) {
  for (const double window : {0.0, 0.7, 5.0}) {
    for (const double tau : {0.0, 0.3, 4.0}) {
      for (const double blur : {0.05, 0.4, 2.0}) {
        const Response response{window, 0.0, tau, blur};
        const StepResponse step(response);
        for (double x = -4.0 * blur - 0.2; x < window + 3.0 * tau + 4.0 * blur; x += 0.37) {
          EXPECT_NEAR(step(x), blurred(x, response), 1e-5)
              << window << ' ' << tau << ' ' << blur << ' ' << x;
        }
      }
    }
  }
}

// A blur more than eight times the low pass: the tail by its asymptote, to 3 / z⁴ of it.
TEST(StepResponse, OfALongBlurTheLowPassIsItsDelayNearly) {
  const Response response{0.0, 0.0, 0.05, 0.6};
  const StepResponse step(response);
  for (double x = -2.0; x < 2.5; x += 0.13) {
    EXPECT_NEAR(step(x), blurred(x, response), 1e-5) << x;
  }
}

TEST(StepResponse, WithoutABlurEdgesAreSharp) {
  const StepResponse none({0.0, 0.0, 0.0, 0.0});
  EXPECT_EQ(none(0.0), 0.0);
  EXPECT_EQ(none(1e-9), 1.0);
  EXPECT_EQ(none.begin_ms(), 0.0);
  EXPECT_EQ(none.end_ms(), 0.0);
  const StepResponse box({3.0, 7.0, 0.0, 0.0});
  EXPECT_EQ(box.begin_ms(), 0.0) << "whatever the latency";
  EXPECT_EQ(box.end_ms(), 3.0);
  EXPECT_EQ(box(0.0), 0.0);
  EXPECT_EQ(box(3.0), 1.0);
  // Six deviations, and twenty-one time constants.
  const StepResponse all({3.0, 0.0, 2.0, 0.5});
  EXPECT_DOUBLE_EQ(all.begin_ms(), -3.0);
  EXPECT_DOUBLE_EQ(all.end_ms(), 3.0 + 3.0 + 42.0);
  EXPECT_EQ(all(-3.0), 0.0);
  EXPECT_EQ(all(48.0), 1.0);
  // Less than 20 ns is nothing, and so is less than nothing.
  const StepResponse short_ones({1e-5, 0.0, 1e-5, 1e-5});
  EXPECT_EQ(short_ones(1e-9), 1.0);
  EXPECT_EQ(short_ones.begin_ms(), 0.0);
  EXPECT_EQ(short_ones.end_ms(), 0.0);
  EXPECT_EQ(StepResponse({-1.0, 0.0, -1.0, -1.0}).end_ms(), 0.0);
}

}  // namespace
}  // namespace layerwatt
