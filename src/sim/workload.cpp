#include "sim/workload.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/nanoseconds.hpp"

namespace layerwatt::sim {
namespace {

constexpr std::uint64_t kStream = 1;

}  // namespace

Workload::Workload(const Spec& spec, std::uint64_t seed)
    : common_jitter_(spec.engine.common_jitter), drift_(spec.engine.drift), random_(seed, kStream) {
  for (const LayerSpec& layer : spec.engine.layers) stretches_.push_back(layer.stretch);
  if (spec.engine.outside) stretches_.push_back(*spec.engine.outside);
}

void Workload::draw(double elapsed_s, DrawnInference& out) {
  out.stretch_ns.clear();
  out.power_mw.clear();
  const double common = random_.factor(common_jitter_);
  const double drift = drift_factor(drift_, elapsed_s);
  for (const StretchSpec& stretch : stretches_) {
    const double time_ns = stretch.time_ms * 1e6 * common * random_.factor(stretch.jitter);
    out.stretch_ns.push_back(std::max<std::int64_t>(1, rounded_ns(time_ns)));
    const double power = drift * random_.factor(stretch.power_jitter);
    for (const double power_mw : stretch.power_mw) out.power_mw.push_back(power_mw * power);
  }
}

double drift_factor(const DriftSpec& drift, double elapsed_s) {
  return 1.0 - drift.rise * std::expm1(-elapsed_s / drift.time_constant_s) +
         drift.amplitude * std::sin(2.0 * std::numbers::pi * elapsed_s / drift.period_s);
}

}  // namespace layerwatt::sim
