// What a reading sees of a waveform: y(t) = (h * P)(t − latency), h a box, a first-order low pass
// (the waveform's), or both; and, for a sensor that converts by its own clock, only at the ends of
// its conversions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/waveform.hpp"

namespace layerwatt::sim {

struct Grid {
  double period_ns = 0.0;
  double phase_ns = 0.0;  // a conversion ends at phase, phase + period, …, and before phase too
};

struct Response {
  double window_ns = 0.0;
  double latency_ns = 0.0;
  std::optional<Grid> grid;

  // How far back of a reading the waveform must be known.
  double memory_ns() const;
};

// Where the window of a reading at `time_ns` ends.
struct Conversion {
  double end_ns = 0.0;
  std::int64_t index = 0;  // on the grid; 0 without one
};
Conversion conversion_at(const Response& response, double time_ns);

// Mean power over the window that ends at end_ns, mW; the instant's power for a window of 0.
// `scratch` is resized; out has one value a rail.
void mean_power_mw(const Waveform& waveform, const Response& response, double end_ns,
                   std::vector<double>& scratch, std::span<double> out);

}  // namespace layerwatt::sim
