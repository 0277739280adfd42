// Bursts of load whose edges are known, and readings of them, for the tests of fit_calibration().
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "attribution/calibration_fit.hpp"

namespace layerwatt::synthetic {

// Bursts of 17 to 57 ms whose edges are at whole milliseconds, and readings every 1.5 ms that are
// 0.3 or 0.8 ms off them, so that none shows hardly any of an edge. Low pass: none.
struct Bursts {
  std::size_t count = 36;
  double gap_ms = 1.5;
  double first_ms = -59.7;
  double tail_ms = 60.0;
  double window_ms = 2.0;
  double latency_ms = 3.0;
  double idle_mw = 3000.0;
  double busy_mw = 11000.0;
  double noise_mw = 10.0;
  std::vector<double> on_ms;
  std::vector<double> off_ms;

  void place() {
    on_ms.clear();
    off_ms.clear();
    double at = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
      on_ms.push_back(at);
      at += static_cast<double>(17 + (5 * k * k + 3 * k) % 41);
      off_ms.push_back(at);
      at += static_cast<double>(19 + (7 * k * k + k) % 37);
    }
  }

  CalibrationSegments segments(double block_ms = 1e9) const {
    Iterations iterations;
    iterations.layers = {"busy"};
    for (std::size_t k = 0; k < on_ms.size(); ++k) {
      iterations.start_ns.push_back(std::llround(on_ms[k] * 1e6));
      iterations.end_ns.push_back(std::llround(off_ms[k] * 1e6));
      iterations.layer_ms.push_back(off_ms[k] - on_ms[k]);
    }
    return calibration_segments(iterations, block_ms);
  }

  // The share of the load in a reading.
  double share(double time_ms) const {
    const double end = time_ms - latency_ms;
    double sum = 0.0;
    for (std::size_t k = 0; k < on_ms.size(); ++k) {
      sum += std::max(0.0, std::min(end, off_ms[k]) - std::max(end - window_ms, on_ms[k]));
    }
    return sum / window_ms;
  }

  Readings readings() const {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    Readings out;
    for (double t = first_ms; t < off_ms.back() + tail_ms; t += gap_ms) {
      out.time_ms.push_back(t);
      out.weight.push_back(1.0);
      out.value.push_back(idle_mw + (busy_mw - idle_mw) * share(t) + noise_mw * normal(random));
    }
    return out;
  }
};

inline Bursts bursts(std::size_t count = 36) {
  Bursts out;
  out.count = count;
  out.place();
  return out;
}

inline CalibrationFit fit_of(const Bursts& load, const Readings& readings,
                             double longest_ms = 30.0) {
  return *fit_calibration(load.segments(), readings, 0.0, 0.0, longest_ms);
}

}  // namespace layerwatt::synthetic
