// Whether the bursts that repeat a part say the same of it, and what to make of it if not.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "attribution/excite_burst_search.hpp"
#include "attribution/excite_burst_steps.hpp"

namespace layerwatt {

// By row of steps.parts().
struct Agreement {
  std::vector<std::size_t> windows;  // how many repeat it and were seen by the steps that are used
  // By how much its standard deviation has to grow (1 or more): until its windows agree (Birge's
  // ratio); where a single one repeats it, by what such ones were found to be off, see kOnce.
  std::vector<double> factor;
  // Added to the variance of e_j, of the total, (mW ms)²: a single window with idle time in it says
  // what a part draws only as well as it is known that this time was idle.
  std::vector<double> idle_variance;
};

// trial: with its solution in full (Wanted::all). extra_ms: by row, how long one more run takes. On
// an H100, one such window with idle time in seven was off by 40 to 90 % of the layer: its passes
// took longer than their parts, and the device was not idle then.
Agreement window_agreement(const BurstRecording& bursts, const BurstSteps& steps,
                           const BurstTrial& trial, const Eigen::VectorXd& extra_ms);

}  // namespace layerwatt
