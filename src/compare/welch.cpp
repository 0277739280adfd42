#include "compare/welch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace layerwatt {
namespace {

// The continued fraction of the incomplete beta function (Lentz's method), which converges quickly
// for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr double kEnough = 1e-13;
  constexpr int kMost = 500;
  double c = 1.0;
  double d = 1.0 - (a + b) * x / (a + 1.0);
  if (std::abs(d) < kTiny) d = kTiny;
  d = 1.0 / d;
  double value = d;
  for (int m = 1; m <= kMost; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const double term : {even, odd}) {
      d = 1.0 + term * d;
      if (std::abs(d) < kTiny) d = kTiny;
      c = 1.0 + term / c;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1.0 / d;
      value *= d * c;
    }
    if (std::abs(d * c - 1.0) < kEnough) break;
  }
  return value;
}

// I_x(a, b), the regularized incomplete beta function.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
  return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

}  // namespace

double student_p(double t, double degrees) {
  if (std::isnan(t)) return 1.0;
  if (std::isinf(t)) return 0.0;
  return incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t));
}

double student_t95(double degrees) {
  // p(t) falls and is convex, so Newton from the left comes nearer with every step and never
  // passes.
  double t = 1.9;
  for (int i = 0; i < 100; ++i) {
    const double density =
        std::exp(std::lgamma((degrees + 1.0) / 2.0) - std::lgamma(degrees / 2.0) -
                 (degrees + 1.0) / 2.0 * std::log1p(t * t / degrees)) /
        std::sqrt(degrees * 3.14159265358979323846);
    const double step = (student_p(t, degrees) - 0.05) / (2.0 * density);
    t += step;
    if (step < 1e-12 * t) break;
  }
  return t;
}

double degrees_of(std::size_t readings) {
  if (readings >= 200) return 19.0;
  if (readings >= 40) return 9.0;
  return readings < 2 ? 1.0 : static_cast<double>(readings - 1);
}

std::optional<MeanError> mean_error(const Estimate& estimate, double degrees) {
  if (!estimate.ci95 || !std::isfinite(estimate.mean)) return std::nullopt;
  const double half =
      std::max(estimate.ci95->hi - estimate.mean, estimate.mean - estimate.ci95->lo);
  if (!std::isfinite(half) || half < 0.0) return std::nullopt;
  return MeanError{estimate.mean, half / student_t95(degrees), degrees};
}

WelchTest welch(const MeanError& before, const MeanError& after) {
  WelchTest test;
  test.difference = after.mean - before.mean;
  const double a = before.error * before.error;
  const double b = after.error * after.error;
  const double error = std::sqrt(a + b);
  if (!(error > 0.0)) {
    test.ci95 = {test.difference, test.difference};
    test.p = test.difference == 0.0 ? 1.0 : 0.0;
    return test;
  }
  // Divided by the sum first, so that tiny errors do not vanish in their fourth powers.
  const double share = a / (a + b);
  const double degrees =
      1.0 / (share * share / before.degrees + (1.0 - share) * (1.0 - share) / after.degrees);
  const double half = student_t95(degrees) * error;
  test.ci95 = {test.difference - half, test.difference + half};
  test.p = student_p(test.difference / error, degrees);
  return test;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double floor = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = p[order[rank]] * static_cast<double>(p.size() - rank);
    floor = std::max(floor, std::min(1.0, scaled));
    adjusted[order[rank]] = floor;
  }
  return adjusted;
}

}  // namespace layerwatt
