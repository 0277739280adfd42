// Draws inferences: how long each layer takes this time, and what it draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  // One more run of a stretch of the inference drawn last; power_mw: one a rail.
  std::int64_t draw_again(std::size_t stretch, const RepeatSpec& as, std::vector<double>& power_mw);
  // One emptying of the cache, likewise; the spec has it.
  std::int64_t draw_emptying(std::vector<double>& power_mw);

 private:
  std::int64_t duration_ns(const StretchSpec& stretch);
  std::int64_t draw_one(StretchSpec stretch, const RepeatSpec& as, std::vector<double>& power_mw);

  std::vector<StretchSpec> stretches_;
  std::optional<StretchSpec> emptying_;
  double common_jitter_;
  DriftSpec drift_;
  Random random_;
  // Of the inference drawn last.
  double common_ = 1.0;
  double drift_now_ = 1.0;
};

// By how much all power is multiplied at this time.
double drift_factor(const DriftSpec& drift, double elapsed_s);

}  // namespace layerwatt::sim
