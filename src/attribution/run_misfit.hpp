// How badly responses with given powers miss some readings in a row: the same as the full model
// says, for thousands of responses.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "attribution/fit.hpp"
#include "attribution/response.hpp"
#include "attribution/segments.hpp"

namespace layerwatt {

// One pass over the stretch of the run under the readings adds up its energy (behind the low pass),
// and a reading is the difference of two sums: cost O(segments of the stretch + readings), where
// the sum under each reading costs a window of 100 ms a thousand segments each time.
class RunMisfit {
 public:
  // `readings` one after the other, from the midst of the run, with one channel. What a segment
  // leaves of a low pass's state is worked out once for each of `time_constants_ms`, the only ones
  // that may be asked for. Keeps references to both.
  RunMisfit(const Segments& segments, const Readings& readings,
            const std::vector<double>& time_constants_ms);

  // Residual square of the readings as a share of their variance. From several threads at once.
  double operator()(const Response& response, const std::vector<double>& column_mw) const;

 private:
  std::size_t segment_at(double time_ms) const;

  const Segments& segments_;
  const Readings& readings_;
  double longest_own_ms_ = 0.0;  // of the readings' own windows
  double mean_ = 0.0;
  double variation_ = 0.0;
  std::map<double, std::vector<double>> decays_;  // of the segments from first_[tau] on
  std::map<double, std::size_t> first_;
};

}  // namespace layerwatt
