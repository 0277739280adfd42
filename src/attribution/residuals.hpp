// What a fit leaves of the readings, and whether it still follows the inference.
#pragma once

#include <span>
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
// corners. 0 leaves the scatter out.
Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       double trial_ms);
// The same for powers that are fitted already, one a column.
Residuals residuals_of(const Segments& segments, const Readings& readings, const Response& response,
                       std::span<const double> column_mw, double trial_ms);

// What is left in a residual that still follows the inference.
struct Structure {
  double share = 0.0;     // of its weighted variance, beyond what chance gives; 0 … 1
  double unknowns = 0.0;  // of the regression that looked for it
  double readings = 0.0;

  // Four standard deviations of `share` where there is no structure.
  double chance() const;
  // By how much the variance of what was fitted is larger than noise alone makes it: the mean
  // square of the structured part over that of noise, at least 1 (the Particle Data Group's scale
  // factor, squared).
  double variance_scale() const;
};

// Regresses the residual on the phase of the inference, alone and times how long the last few
// inferences took. A right model leaves nothing of either, whatever its noise. The lengths matter:
// a latency that is off by a whole inference leaves no mean by phase, but what it leaves follows
// them.
Structure structure_left(const Iterations& iterations, const Segments& segments,
                         const Readings& readings, const Residuals& residuals);

// Correlation of neighbouring residuals, −1 … 1; 0 for fewer than three. A right model leaves none;
// much of it, over a found response, means that the sensor is far slower than that.
double neighbour_correlation(const Residuals& residuals, const Readings& readings);

}  // namespace layerwatt
