// The fit behind calibrate_response(): search, refinement, and what it leaves.
#pragma once

#include <optional>
#include <vector>

#include "attribution/calibration_data.hpp"
#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/response_refine.hpp"

namespace layerwatt {

struct CalibrationFit {
  Response response;
  std::vector<Parameter> free;
  std::vector<double> std_ms;  // of the free parameters
  // Variance of the parameters over what white noise makes it: correlated residuals, at least 1.
  double inflation = 1.0;
  double mean_square = 0.0;  // weighted, mW²
  double noise_mw = 0.0;
  double idle_mw = 0.0;
  double busy_mw = 0.0;
  double explained = 0.0;  // by the load, in units of the noise's variance
  // Of the residual that follows the edges: beyond chance, as a share of the step, and as the
  // factor by which it makes the variance larger.
  double misfit_share = 0.0;
  double misfit_scale = 1.0;
  std::size_t mixed = 0;  // readings that show both the load and its absence
  Readings readings;      // with the weights that were used
  bool merged = false;
};

// `pass_ms`: the longest iteration. `longest_ms`: as in CalibrationSettings. Empty where no
// response makes the readings follow the load at all.
std::optional<CalibrationFit> fit_calibration(const CalibrationSegments& full,
                                              const Readings& readings, double pass_ms,
                                              double declared_blur_ms, double longest_ms);

// The 95 % interval of a free parameter: all its values at which the other ones can be chosen so
// that the residual grows by no more than chance allows. Right at the bound 0 as well, where a
// standard deviation is not.
Interval profile_interval(const CalibrationSegments& segments, const CalibrationFit& fit,
                          std::size_t parameter);

}  // namespace layerwatt
