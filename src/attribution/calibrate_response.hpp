// A sensor's response from readings beside a load that is switched on and off at known times
// (docs/cli/calibrate.md): the same model as the deconvolution's (response.hpp), with whole bursts
// for layers, whose lengths and distances vary so much that neither the sensor's period nor a
// response of milliseconds or of a second can hide behind them.
#pragma once

#include "layerwatt/calibration.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct CalibrationSettings {
  double interval_ms = 1.0;     // that was asked of the sensor
  double edge_error_ms = 0.0;   // by how much the load's edges may be off
  double longest_ms = 3000.0;   // middle of a response that is looked for, at most
  double drift_block_ms = 1e4;  // powers may differ from one such stretch to the next
};

// iterations: the bursts; what they consist of is of no matter, as long as idle time lies between
// them. Throws nothing: what the data cannot tell has a reason.
Calibration calibrate_response(const Iterations& iterations, const PowerSamples& power,
                               const SensorModel& declared, const CalibrationSettings& settings);

}  // namespace layerwatt
