// A device's power is not the sum of what its parts draw: it bends upwards.
//
// Losses between the meter and the chip grow with the square of the current, and the chip is warmer
// where it draws more. A window in which the parts together would draw L, by the straight line that
// touches at a plain pass, draws
//
//   P = L + κ (L − P0)² / P0                                    P0: a plain pass
//
// On an H100 κ is about 0.2: a part that draws twice what a plain pass does, repeated until it
// takes half of the time, looks 5 % hungrier than it is in its place. The touching line is what
// adds up: the shares of all parts in a plain pass sum to P0 (Euler), whatever the curve.
//
// κ shows where parts were repeated by more than one number. It is one for all parts.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "attribution/excite_burst_search.hpp"

namespace layerwatt {

struct BurstBend {
  BurstTrial trial;
  std::vector<double> bend_mw;  // by window, as trial has it; empty: κ is not known, and not in it
  double kappa = 0.0;
  double kappa_std = 0.0;  // infinite: nothing in the recording shows it
  // What is added to the variance of e_j, (mW ms)², where κ is not known: as much as a κ of 0 ± 0.2
  // moves it.
  Eigen::MatrixXd unknown;
};

// straight: a full fit (Wanted::all) without bend. Its lag, time constant and drift stay.
BurstBend bend(const BurstRecording& bursts, const BurstSteps& steps, BurstTrial straight,
               double pass_ms);

}  // namespace layerwatt
