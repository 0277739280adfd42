// How far to trust a counter's step that saw two windows.
#pragma once

#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_burst_steps.hpp"

namespace layerwatt {

// What differs between two windows counts in a step by how much of each the step saw, which is
// known to within some time: when the device begins with what it was given, and which of its own
// power samples the counter adds up in which step. So the residual of a step has the variance
//
//   σ² + (δ J / length)²     J: by how much power changes at the boundaries in it
//
// with σ from steps that saw one window, and δ from the others.
struct StepErrors {
  double plain_mw = 0.0;     // σ
  double boundary_ms = 0.0;  // δ
};

StepErrors step_errors(const BurstRecording& bursts, const BurstSteps& steps,
                       const BurstTrial& trial);

// By step of the recording: 1 where it saw one window, less where it saw several.
std::vector<double> step_weights(const BurstRecording& bursts, const BurstSteps& steps,
                                 const BurstTrial& trial);

}  // namespace layerwatt
