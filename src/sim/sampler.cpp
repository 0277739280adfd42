#include "sim/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/nanoseconds.hpp"

namespace layerwatt::sim {
namespace {

constexpr std::uint64_t kStream = 2;
constexpr std::uint64_t kPhaseStream = 3;
// Conversions have a stream each, far from the others'.
constexpr std::uint64_t kConversionStream = 0x100000000u;

Response response_of(const SensorSpec& sensor, std::uint64_t seed) {
  Response response;
  response.window_ns = sensor.window_ms * 1e6;
  response.latency_ns = sensor.latency_ms * 1e6;
  if (sensor.grid) {
    const double period_ns = sensor.grid->period_ms * 1e6;
    const double phase_ns = sensor.grid->phase_ms
                                ? *sensor.grid->phase_ms * 1e6
                                : Random(seed, kPhaseStream).uniform() * period_ns;
    response.grid = Grid{period_ns, phase_ns};
  }
  return response;
}

}  // namespace

Sampler::Sampler(const Spec& spec, std::uint64_t seed)
    : sensor_(spec.sensor),
      seed_(seed),
      response_(response_of(spec.sensor, seed)),
      random_(seed, kStream),
      last_stamp_ns_(std::numeric_limits<std::int64_t>::min()) {
  for (const RailSpec& rail : spec.rails) steps_.push_back(rail.step);
}

void Sampler::begin(std::int64_t first_ns, double period_ms) {
  period_ns_ = sensor_.period_ms.value_or(period_ms) * 1e6;
  next_ns_ = first_ns;
  next_exact_ns_ = static_cast<double>(first_ns);
}

bool Sampler::take(const Waveform& waveform, Sample& out) {
  // All draws are made for every reading, so that whether one is lost moves none of the others.
  const auto now_ns = static_cast<double>(next_ns_);
  const bool lost = random_.uniform() < sensor_.drop_probability;
  const double stamp_error_ns = random_.normal() * sensor_.stamp_error_ms * 1e6;
  const double late_ns = random_.normal() * sensor_.period_jitter_ms * 1e6;

  const Conversion conversion = conversion_at(response_, now_ns);
  out.values.resize(steps_.size());
  read(waveform, conversion, out.values);
  // A log is written in the order of reading, whatever the stamps' errors.
  out.time_ns = std::max(next_ns_ + rounded_ns(stamp_error_ns), last_stamp_ns_ + 1);
  if (!lost) last_stamp_ns_ = out.time_ns;

  // Every interval is drawn on its own, so the cadence wanders as that of a sleeping loop does.
  next_exact_ns_ += std::max(period_ns_ + late_ns, 0.05 * period_ns_);
  next_ns_ = std::max(next_ns_ + 1, rounded_ns(next_exact_ns_));
  return !lost;
}

void Sampler::read(const Waveform& waveform, const Conversion& conversion,
                   std::vector<double>& values) {
  const bool energy = sensor_.reading == Reading::energy;
  if (energy) {
    waveform.filtered_mj(conversion.end_ns, values);
  } else {
    mean_power_mw(waveform, response_, conversion.end_ns, scratch_, values);
    add_noise(conversion, random_, values);
  }
  for (std::size_t rail = 0; rail < values.size(); ++rail) {
    const double step = steps_[rail];
    if (step <= 0.0) continue;
    // A counter shows the steps that are complete; a converter the nearest one.
    const double steps = values[rail] / step;
    values[rail] = (energy ? std::floor(steps) : std::round(steps)) * step;
  }
  // Lines of tegrastats hold whole milliwatts, and none below zero.
  if (sensor_.tegrastats) {
    for (double& value : values) value = std::max(0.0, std::round(value));
  }
}

void Sampler::add_noise(const Conversion& conversion, Random& own,
                        std::vector<double>& values) const {
  if (!response_.grid) {
    for (double& value : values) value += own.normal() * sensor_.noise_mw;
    return;
  }
  // The noise is in the conversion: who reads one twice reads the same value twice.
  Random of_conversion(seed_, kConversionStream + static_cast<std::uint64_t>(conversion.index));
  for (double& value : values) value += of_conversion.normal() * sensor_.noise_mw;
}

}  // namespace layerwatt::sim
