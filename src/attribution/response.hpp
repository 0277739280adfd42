// The response h of a power sensor in closed form: y(t) = ∫ h(s) P(t − latency − s) ds.
//
// h is a box of length `window_ms` (an ADC conversion, an energy counter's step), after a
// first-order low pass of `time_constant_ms` (recursive averaging), blurred by a Gaussian of
// standard deviation `blur_ms`: the error of the stamp. That error is of Berkson type (the stamp is
// given, the true time scatters around it), so blurring the response keeps the fitted powers
// unbiased, and leaving it out does not.
//
// What the fit needs is the weight of a segment [a, b] of constant power in a reading at time t:
//   step(t − latency − a) − step(t − latency − b),
// with step(x) = ∫_{−∞}^{x} h. No quadrature anywhere: an earlier quadrature of the exponential
// cost 20–40 % of the layers' energy.
#pragma once

namespace layerwatt {

struct Response {
  double window_ms = 0.0;
  double latency_ms = 0.0;
  double time_constant_ms = 0.0;
  double blur_ms = 0.0;
};

// The step response of the shape (latency left out): 0 far left, 1 far right, never decreasing.
class StepResponse {
 public:
  explicit StepResponse(const Response& response);

  double operator()(double x_ms) const;
  // step(x) is 0 below begin() and 1 above end(), to within 1e-9.
  double begin_ms() const { return begin_ms_; }
  double end_ms() const { return end_ms_; }

 private:
  double ramp(double x_ms) const;
  double unit_step(double x_ms) const;

  double window_;
  double tau_;
  double sigma_;
  double begin_ms_;
  double end_ms_;
};

}  // namespace layerwatt
