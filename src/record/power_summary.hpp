// Energy, mean and peak of every rail over one stretch of time: what `layerwatt record` reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct RailSummary {
  std::string rail;
  bool in_total = true;
  Known<Estimate> power_mw;   // mean; its interval allows for correlated readings
  Known<Estimate> energy_mj;  // mean × duration
  Known<double> peak_mw;      // highest reading: a sensor that averages hides shorter peaks
  double coverage = 0.0;      // the part of the time that readings speak of, 0 … 1
};

struct PowerSummary {
  double duration_ms = 0.0;
  std::vector<RailSummary> rails;
  RailSummary
      total;  // of the rails in the total; missing with "no_total_rails" where there is none
};

// A reading speaks of the time nearest to it: up to half-way to its neighbours, moved back by the
// sensor's latency and half its window; where readings are missing, of no more than two usual
// periods. With Reading::energy it is exact: a reading is the mean over its own interval. Below a
// coverage of one half nothing is claimed ("too_few_readings").
PowerSummary summarize_power(const PowerSamples& power, const SensorModel& model,
                             std::int64_t begin_ns, std::int64_t end_ns);

}  // namespace layerwatt
