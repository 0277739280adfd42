#include "sim/response.hpp"

#include <cmath>

namespace layerwatt::sim {

double Response::memory_ns() const {
  return latency_ns + window_ns + (grid ? grid->period_ns : 0.0);
}

Conversion conversion_at(const Response& response, double time_ns) {
  const double newest = time_ns - response.latency_ns;
  if (!response.grid) return {newest, 0};
  const double index = std::floor((newest - response.grid->phase_ns) / response.grid->period_ns);
  return {response.grid->phase_ns + index * response.grid->period_ns,
          static_cast<std::int64_t>(index)};
}

void mean_power_mw(const Waveform& waveform, const Response& response, double end_ns,
                   std::vector<double>& scratch, std::span<double> out) {
  if (response.window_ns <= 0.0) {
    waveform.filtered_mw(end_ns, out);
    return;
  }
  scratch.resize(out.size());
  waveform.filtered_mj(end_ns, out);
  waveform.filtered_mj(end_ns - response.window_ns, scratch);
  for (std::size_t rail = 0; rail < out.size(); ++rail) {
    out[rail] = (out[rail] - scratch[rail]) / (response.window_ns * 1e-9);
  }
}

}  // namespace layerwatt::sim
