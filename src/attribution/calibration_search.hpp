// Where the response behind a square-wave load may lie: many starts, coarse to fine.
#pragma once

#include <vector>

#include "attribution/calibration_data.hpp"
#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/response_refine.hpp"

namespace layerwatt {

// The segments with all that runs in a burst as one: what a response much longer than a pass can
// see of it.
CalibrationSegments merged(const CalibrationSegments& full);

// How long a step takes to show, nearly.
double length_ms(const Response& response);

// Whether a fit of every layer under such a window takes too long; then bursts are taken as a
// whole. That is not the same: which layer a burst begins and ends with moves the latency (a
// response of four passes came out 0.4 ms off).
bool too_costly(const Segments& segments, const Readings& readings, const Response& response);

// Bursts and the time between them vary from milliseconds to seconds, so the residual falls towards
// the right middle from afar; but where a burst is made of layers it has ripples, each as long as a
// pass, and others as long as a layer: hence the second, fine look along the latency.
Response find_calibration(const CalibrationSegments& full, const Readings& readings, double pass_ms,
                          const std::vector<Parameter>& free, double blur_ms, double longest_ms);

// From a response that is nearly right to the best one around it: what noise or drift put on the
// wrong side of a ripple when it was searched for, a cleaner fit does not.
Response over_ripples(const Segments& segments, const Readings& readings, const Response& found,
                      const std::vector<Parameter>& free);

}  // namespace layerwatt
