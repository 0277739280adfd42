// What method excite says in words.
#pragma once

#include <string>
#include <vector>

#include "attribution/excite_bursts.hpp"
#include "attribution/excite_fit.hpp"
#include "attribution/excite_windows.hpp"
#include "attribution/timeline.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// What layers and outside add up to, beside the pass; half_mj: how far apart chance can bring them
// (95 %).
struct ExciteSum {
  double sum_mj = 0.0;
  double pass_mj = 0.0;
  double half_mj = 0.0;
  // By how much of the pass they are apart beyond chance, as the root of what is left of its
  // square; 0: by nothing.
  double excess() const;
};

// Of a fit without the doubtful parts; doubtful: those.
std::vector<Warning> excite_warnings(const Recording& recording, const SlotTimes& times,
                                     const ObservedWindows& observed, const ExciteFit& fit,
                                     const std::vector<std::size_t>& doubtful);

// closure_off, where they are apart.
std::vector<Warning> closure_warning(const ExciteSum& sum, bool half_passes = false);

// One sentence on how the figures came about.
std::string excite_reason(const ObservedWindows& observed, const ExciteFit& fit,
                          const Adaptation& adaptation, bool half_passes = false);

}  // namespace layerwatt
