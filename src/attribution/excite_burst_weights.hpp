// How far to trust a counter's step: one that saw two windows, and one of a window whose steps
// scatter.
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

// By step of the recording: 1 where it saw one window, less where it saw several, and less in a
// window whose steps, but for the oddest, scatter by more than six times the usual variance (then
// by what it is). A counter that adds up samples of the power (on an H200 at some multiple of 0.59
// kHz, by which passes it happens to) sees one part of the pass more often than another where a few
// passes last as long as a few samples; how often moves slowly, and all of the window is off by
// some part of what its steps scatter.
std::vector<double> step_weights(const BurstRecording& bursts, const BurstSteps& steps,
                                 const BurstTrial& trial);

}  // namespace layerwatt
