#include "layerwatt/power_log.hpp"

#include <exception>
#include <utility>

#include "recording/power_csv.hpp"

namespace layerwatt {

void PowerLog::sample(std::int64_t time_ns, std::span<const double> values) {
  const std::lock_guard lock(mutex_);
  if (values.size() != sensor_.rails.size()) return;
  if (!time_ns_.empty() && time_ns <= time_ns_.back()) return;
  // A sink must not throw: it is called where nobody can catch it.
  try {
    values_.insert(values_.end(), values.begin(), values.end());
    time_ns_.push_back(time_ns);
  } catch (const std::exception&) {
    values_.resize(time_ns_.size() * sensor_.rails.size());
    ++lost_;
  }
}

void PowerLog::incident(const Incident& incident) {
  const std::lock_guard lock(mutex_);
  try {
    incidents_.push_back(incident);
  } catch (const std::exception&) {
    ++lost_;
  }
}

std::size_t PowerLog::size() const {
  const std::lock_guard lock(mutex_);
  return time_ns_.size();
}

std::size_t PowerLog::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

std::vector<Incident> PowerLog::incidents() const {
  const std::lock_guard lock(mutex_);
  return incidents_;
}

PowerSamples PowerLog::samples() const {
  const std::lock_guard lock(mutex_);
  PowerSamples samples;
  samples.rails = sensor_.rails;
  samples.reading = sensor_.reading;
  if (sensor_.reading == Reading::power) {
    samples.time_ns = time_ns_;
    samples.rail_mw = values_;
    return samples;
  }
  recording::PowerFromEnergy power =
      recording::power_from_energy(time_ns_, values_, sensor_.rails.size());
  samples.time_ns = std::move(power.end_ns);
  samples.begin_ns = std::move(power.begin_ns);
  samples.rail_mw = std::move(power.mw);
  return samples;
}

}  // namespace layerwatt
