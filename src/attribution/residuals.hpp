// What a fit leaves of the readings, and whether it still follows the inference.
#pragma once

#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"

namespace layerwatt {

struct Residuals {
  std::vector<double> residual_mw;  // of channel 0, one a reading
  std::vector<double> scatter_mw2;  // variance that the trial stamp error gives the prediction
};

// Fits the powers for this response and subtracts the prediction. `trial_ms` is a stamp error
// (standard deviation) near the true one: scatter is not proportional to it where the power has
// corners.
Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       double trial_ms);

// The share (0 … 1) of the residual's weighted variance that its mean by phase of the inference
// explains, beyond what chance gives. A right model leaves none, whatever its noise.
double structure_left(const Iterations& iterations, const Segments& segments,
                      const Readings& readings, const Residuals& residuals);

}  // namespace layerwatt
