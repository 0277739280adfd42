#include "attribution/response.hpp"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

// Below these lengths (ms) the closed forms divide by nearly nothing; 20 ns is far under any
// sensor.
constexpr double kNegligibleMs = 2e-5;
constexpr double kSigmas = 6.0;          // Φ(−6) = 1e-9
constexpr double kTimeConstants = 21.0;  // e^−21 = 8e-10

double normal_pdf(double z) { return 0.3989422804014327 * std::exp(-0.5 * z * z); }
double normal_cdf(double z) { return 0.5 * std::erfc(-z * 0.7071067811865476); }

// exp(σ²/2τ² − x/τ) Φ(x/σ − σ/τ): the tail of an exponential blurred by a Gaussian. For a long blur
// the first factor overflows while the second vanishes; there their product is written with the
// asymptotic Φ(−z) ≈ φ(z)/z · (1 − 1/z²).
double blurred_tail(double x, double tau, double sigma) {
  const double ratio = sigma / tau;
  const double z = x / sigma - ratio;
  if (z > -8.0) return std::exp(0.5 * ratio * ratio - x / tau) * normal_cdf(z);
  return normal_pdf(x / sigma) * (1.0 - 1.0 / (z * z)) / -z;
}

}  // namespace

StepResponse::StepResponse(const Response& response)
    : window_(std::max(response.window_ms, 0.0)),
      tau_(response.time_constant_ms > kNegligibleMs ? response.time_constant_ms : 0.0),
      sigma_(response.blur_ms > kNegligibleMs ? response.blur_ms : 0.0) {
  if (window_ < kNegligibleMs) window_ = 0.0;
  begin_ms_ = -kSigmas * sigma_;
  end_ms_ = window_ + kSigmas * sigma_ + kTimeConstants * tau_;
}

// Step response of the low pass and the blur, without the box, for an x between begin and end.
double StepResponse::unit_step(double x) const {
  if (sigma_ > 0.0) {
    const double z = x / sigma_;
    if (tau_ == 0.0) return normal_cdf(z);
    const double ratio = sigma_ / tau_;
    if (z < kSigmas + ratio) return normal_cdf(z) - blurred_tail(x, tau_, sigma_);
    return -std::expm1(0.5 * ratio * ratio - x / tau_);  // no edge of the blur is near
  }
  return -std::expm1(-x / tau_);
}

// Its integral.
double StepResponse::ramp(double x) const {
  if (sigma_ > 0.0) {
    const double z = x / sigma_;
    if (z <= -kSigmas) return 0.0;
    const double gauss = z >= kSigmas ? x : sigma_ * (z * normal_cdf(z) + normal_pdf(z));
    return tau_ > 0.0 ? gauss - tau_ * unit_step(x) : gauss;
  }
  if (x <= 0.0) return 0.0;
  return tau_ > 0.0 ? x + tau_ * std::expm1(-x / tau_) : x;
}

double StepResponse::operator()(double x) const {
  if (x <= begin_ms_) return 0.0;
  if (x >= end_ms_) return 1.0;
  if (window_ == 0.0) return unit_step(x);
  if (tau_ == 0.0 && sigma_ == 0.0) return std::clamp(x / window_, 0.0, 1.0);
  return std::clamp((ramp(x) - ramp(x - window_)) / window_, 0.0, 1.0);
}

}  // namespace layerwatt
