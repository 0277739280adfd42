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
    : emptying_(spec.engine.emptying),
      common_jitter_(spec.engine.common_jitter),
      drift_(spec.engine.drift),
      random_(seed, kStream) {
  for (const LayerSpec& layer : spec.engine.layers) stretches_.push_back(layer.stretch);
  if (spec.engine.outside) stretches_.push_back(*spec.engine.outside);
}

std::int64_t Workload::duration_ns(const StretchSpec& stretch) {
  const double time_ns = stretch.time_ms * 1e6 * common_ * random_.factor(stretch.jitter);
  return std::max<std::int64_t>(1, rounded_ns(time_ns));
}

void Workload::draw(double elapsed_s, DrawnInference& out) {
  out.stretch_ns.clear();
  out.power_mw.clear();
  common_ = random_.factor(common_jitter_);
  drift_now_ = drift_factor(drift_, elapsed_s);
  for (const StretchSpec& stretch : stretches_) {
    out.stretch_ns.push_back(duration_ns(stretch));
    const double power = drift_now_ * random_.factor(stretch.power_jitter);
    for (const double power_mw : stretch.power_mw) out.power_mw.push_back(power_mw * power);
  }
}

std::int64_t Workload::draw_one(StretchSpec stretch, const RepeatSpec& as,
                                std::vector<double>& power_mw) {
  stretch.time_ms *= as.time;
  const std::int64_t time_ns = duration_ns(stretch);
  const double power = drift_now_ * random_.factor(stretch.power_jitter) * as.power;
  power_mw.clear();
  for (const double mw : stretch.power_mw) power_mw.push_back(mw * power);
  return time_ns;
}

std::int64_t Workload::draw_again(std::size_t stretch, const RepeatSpec& as,
                                  std::vector<double>& power_mw) {
  return draw_one(stretches_[stretch], as, power_mw);
}

std::int64_t Workload::draw_emptying(std::vector<double>& power_mw) {
  return draw_one(*emptying_, {}, power_mw);
}

double drift_factor(const DriftSpec& drift, double elapsed_s) {
  return 1.0 - drift.rise * std::expm1(-elapsed_s / drift.time_constant_s) +
         drift.amplitude * std::sin(2.0 * std::numbers::pi * elapsed_s / drift.period_s);
}

}  // namespace layerwatt::sim
