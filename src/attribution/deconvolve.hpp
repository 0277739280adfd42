// Per-layer power through a sensor whose response is longer than a layer: every reading is a known
// mix of layers, y = W p, and p is solved for. What is unknown of the response is found by the
// fit's residual. Method, assumptions and limits: docs/accuracy.md.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/response_search.hpp"
#include "attribution/segments.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct Deconvolution {
  Segments segments;
  Response response;
  // Standard deviations of the parts of the response that were found here; empty where given.
  std::optional<double> latency_std_ms;
  std::optional<double> window_std_ms;
  std::optional<double> time_constant_std_ms;
  std::optional<double> grid_ms;  // readings were conversions on a grid of this period
  // Columns of segments × channels: channel 0 is the total, then each rail. mW.
  Eigen::MatrixXd power_mw;
  // Of channel 0's powers, with the response's own uncertainty, heteroscedastic and autocorrelated
  // residuals in it. mW².
  Eigen::MatrixXd covariance;
  // Residual standard deviation a channel, mW; a rail's covariance is the total's, scaled by it.
  Eigen::VectorXd residual_mw;
  std::vector<std::uint64_t> samples;  // readings that touched each column
  std::size_t readings = 0;
  std::size_t outliers = 0;
  // Share of the residual's variance that still follows the phase of the inference: > 0 means that
  // the model misses something.
  double structure_left = 0.0;
};

// What is known of the response, from the manifest.
KnownResponse known_response(const SensorModel& model);

// Throws nothing: where the data cannot carry the fit the reason is returned instead.
struct DeconvolveOutcome {
  std::optional<Deconvolution> fit;
  std::string refused;   // a clause, empty if there is a fit
  bool too_few = false;  // refused for the length of the run alone
};
DeconvolveOutcome deconvolve(const Iterations& iterations, const PowerSamples& power,
                             const SensorModel& model);

}  // namespace layerwatt
