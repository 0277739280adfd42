// Draws inferences: how long each layer takes this time, and what it draws.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/random.hpp"
#include "sim/spec.hpp"

namespace layerwatt::sim {

// One inference: the layers in order and, where the spec has it, the time outside them as the last
// stretch. Whole nanoseconds, so that stamps, times and energies agree exactly.
struct DrawnInference {
  std::vector<std::int64_t> stretch_ns;
  std::vector<double> power_mw;  // row-major, stretches × rails
};

class Workload {
 public:
  Workload(const Spec& spec, std::uint64_t seed);

  // elapsed_s: since the device was made; moves the drift.
  void draw(double elapsed_s, DrawnInference& out);

 private:
  std::vector<StretchSpec> stretches_;
  double common_jitter_;
  DriftSpec drift_;
  Random random_;
};

// By how much all power is multiplied at this time.
double drift_factor(const DriftSpec& drift, double elapsed_s);

}  // namespace layerwatt::sim
