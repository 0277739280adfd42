#include "exporter/readings.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "layerwatt/units.hpp"
#include "record/sink.hpp"

namespace layerwatt::exporter {
namespace {

constexpr double kNsPerS = 1e9;
constexpr double kLeastStaleS = 5.0;
constexpr double kStalePeriods = 10.0;
constexpr double kGapPeriods = 5.0;
constexpr double kLeastGapMs = 1000.0;
constexpr std::int64_t kCounterWindowNs = 1'000'000'000;
// Readings from before the start, and of a clock that has run away, are of another time.
constexpr std::int64_t kStrayNs = 2'000'000'000;
constexpr std::size_t kMostUntold = 20;
constexpr std::size_t kMostSignals = 64;

double seconds(std::int64_t ns) { return static_cast<double>(ns) / kNsPerS; }
double count(std::uint64_t n) { return static_cast<double>(n); }

double unix_now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void set(std::map<std::string, double>& values, std::string_view name, double value) {
  if (std::isnan(value)) return;
  const std::string key = label_value(name);
  if (values.size() < kMostSignals || values.count(key) != 0) values[key] = value;
}

}  // namespace

void EnergyCount::add(std::int64_t time_ns, double value, Reading reading,
                      std::int64_t most_gap_ns) {
  watts_.reset();
  if (!std::isfinite(value)) {
    ++lost_;
    if (reading == Reading::power) recent_.clear();  // what lies between is not known
    return;
  }
  if (!recent_.empty()) {
    const Point before = recent_.back();
    const std::int64_t passed_ns = time_ns - before.time_ns;
    // A counter covers the time without readings; it fell only if it was set back.
    const double mj = reading == Reading::energy
                          ? value - before.value
                          : (Milliwatts{(before.value + value) / 2.0} *
                             Milliseconds{static_cast<double>(passed_ns) / kNsPerMs})
                                .value;
    const bool joined =
        passed_ns > 0 && mj >= 0.0 && (reading == Reading::energy || passed_ns <= most_gap_ns);
    if (joined) {
      joules_ += mj / 1000.0;
      observed_s_ += seconds(passed_ns);
    } else {
      recent_.clear();
    }
  }
  if (reading == Reading::power) {
    recent_.clear();
    watts_ = value / 1000.0;
  }
  recent_.push_back({time_ns, value});
  if (reading == Reading::power) return;
  while (recent_.size() > 2 && time_ns - recent_[1].time_ns >= kCounterWindowNs) {
    recent_.pop_front();
  }
  const Point& oldest = recent_.front();
  if (time_ns > oldest.time_ns) {
    watts_ = (value - oldest.value) / 1000.0 / seconds(time_ns - oldest.time_ns);
  }
}

void EnergyCount::cut() {
  recent_.clear();
  watts_.reset();
}

void LiveReadings::begin(const SensorInfo& info, double interval_ms,
                         std::shared_ptr<const Clock> clock) {
  const std::lock_guard lock(mutex_);
  begun_ns_ = clock->now_ns();
  // The latest reading is as old by the new clock as it was by the one before.
  if (last_ns_) last_ns_ = begun_ns_ - (clock_->now_ns() - *last_ns_);
  clock_ = std::move(clock);
  working_ = true;
  info_ = info;
  ++begins_;
  const double period_ms = std::max(interval_ms, info.model.period_ms.value_or(interval_ms));
  stale_after_s_ =
      asked_stale_s_.value_or(std::max(kLeastStaleS, kStalePeriods * period_ms / 1000.0));
  const bool known = info.model.period_ms.has_value();
  most_gap_ns_ = known ? std::llround(std::max(kLeastGapMs, kGapPeriods * period_ms) * kNsPerMs)
                       : std::llround(stale_after_s_ * kNsPerS);
  due_ns_.reset();
  if (known) due_ns_ = std::llround(period_ms * kNsPerMs);
  total_.cut();
  for (auto& [label, rail] : known_) rail.energy.cut();
  rails_.clear();
  for (const Rail& rail : info.rails) {
    // A name may come twice (NC on AGX Orin); two series of the same labels would be refused.
    const std::string name = label_value(rail.name);
    std::string label = name;
    const auto taken = [&](const RailCount* other) { return other->label == label; };
    for (int n = 2; std::any_of(rails_.begin(), rails_.end(), taken); ++n) {
      label = name + "_" + std::to_string(n);
    }
    RailCount& entry = known_[label];
    entry.label = label;
    entry.in_total = rail.in_total;
    rails_.push_back(&entry);
  }
}

void LiveReadings::end() {
  const std::lock_guard lock(mutex_);
  working_ = false;
}

void LiveReadings::sample(std::int64_t time_ns, std::span<const double> values) {
  const std::lock_guard lock(mutex_);
  if (!working_) return;
  if (time_ns < begun_ns_ - kStrayNs || time_ns > clock_->now_ns() + kStrayNs) {
    ++incidents_["stamp_out_of_range"];
    return;
  }
  if (last_ns_ && time_ns <= *last_ns_) return;
  if (last_ns_ && due_ns_) {
    const double dues = static_cast<double>(time_ns - *last_ns_) / static_cast<double>(*due_ns_);
    missed_ += static_cast<std::uint64_t>(std::max(std::llround(dues) - 1, 0LL));
  }
  last_ns_ = time_ns;
  ++samples_;
  for (std::size_t i = 0; i < rails_.size() && i < values.size(); ++i) {
    rails_[i]->energy.add(time_ns, values[i], info_.reading, most_gap_ns_);
  }
  total_.add(time_ns,
             sum_in_total(info_.rails, values).value_or(std::numeric_limits<double>::quiet_NaN()),
             info_.reading, most_gap_ns_);
}

void LiveReadings::line(std::int64_t, std::string_view text) {
  const std::lock_guard lock(mutex_);
  celsius_.clear();
  hertz_.clear();
  if (parse_tegrastats_line(text, parsed_)) return;
  constexpr double kHzPerMhz = 1e6;
  for (const TegraTemperature& zone : parsed_.temperatures) {
    set(celsius_, zone.name, zone.celsius);
  }
  for (const TegraUnit& unit : parsed_.units) {
    // One series a unit: of several clusters the fastest.
    const auto clocks = parsed_.clocks(unit);
    if (clocks.empty()) continue;
    set(hertz_, unit.name, *std::max_element(clocks.begin(), clocks.end()) * kHzPerMhz);
  }
  for (const TegraCore& core : parsed_.cores) {
    const auto known = hertz_.find("CPU");
    if (known != hertz_.end() && known->second >= core.mhz * kHzPerMhz) continue;
    set(hertz_, "CPU", core.mhz * kHzPerMhz);
  }
}

void LiveReadings::incident(const Incident& incident) {
  const std::lock_guard lock(mutex_);
  ++incidents_[incident.code];
  if (untold_.size() < kMostUntold) untold_.push_back(incident);
}

std::optional<double> LiveReadings::age_s() const {
  if (!last_ns_) return std::nullopt;
  return std::max(0.0, seconds(clock_->now_ns() - *last_ns_));
}

bool LiveReadings::up_now() const {
  const auto age = age_s();
  return working_ && age && *age <= stale_after_s_;
}

bool LiveReadings::up() const {
  const std::lock_guard lock(mutex_);
  return up_now();
}

double LiveReadings::stale_after_s() const {
  const std::lock_guard lock(mutex_);
  return stale_after_s_;
}

std::vector<Incident> LiveReadings::take_incidents() {
  const std::lock_guard lock(mutex_);
  return std::exchange(untold_, {});
}

void LiveReadings::collect(Families& out) const {
  const std::lock_guard lock(mutex_);
  if (begins_ == 0) return;
  const bool up = up_now();
  const std::string& kind = info_.kind;
  const std::string measured = info_.measured ? "true" : "false";
  const Labels sensor = {{"sensor", kind}};
  const Labels power = {{"sensor", kind}, {"scope", info_.scope}, {"measured", measured}};
  out.add("layerwatt_sensor_info", power, 1.0);
  out.add("layerwatt_sensor_up", sensor, up ? 1.0 : 0.0);
  if (const auto age = age_s()) {
    out.add("layerwatt_sensor_sample_age_seconds", sensor, *age);
    // Of the wall clock as it stands now: ours was set once, at the start.
    out.add("layerwatt_sensor_last_sample_timestamp_seconds", sensor, unix_now_s() - *age);
  }
  out.add("layerwatt_sensor_samples_total", sensor, count(samples_));
  if (due_ns_) out.add("layerwatt_sensor_missed_readings_total", sensor, count(missed_));
  for (const auto& [code, times] : incidents_) {
    out.add("layerwatt_sensor_incidents_total", {{"sensor", kind}, {"code", code}}, count(times));
  }
  out.add("layerwatt_sensor_restarts_total", sensor, count(begins_ - 1));
  const bool has_total = std::any_of(info_.rails.begin(), info_.rails.end(),
                                     [](const Rail& rail) { return rail.in_total; });
  if (has_total) {
    if (up && total_.watts()) out.add("layerwatt_power_watts", power, *total_.watts());
    out.add("layerwatt_energy_joules_total", power, total_.joules());
    out.add("layerwatt_observed_seconds_total", power, total_.observed_s());
  }
  for (const auto& [label, rail] : known_) {
    const Labels labels = {{"sensor", kind},
                           {"rail", label},
                           {"in_total", rail.in_total ? "true" : "false"},
                           {"measured", measured}};
    if (up && rail.energy.watts()) {
      out.add("layerwatt_rail_power_watts", labels, *rail.energy.watts());
    }
    out.add("layerwatt_rail_energy_joules_total", labels, rail.energy.joules());
    out.add("layerwatt_rail_observed_seconds_total", labels, rail.energy.observed_s());
    out.add("layerwatt_rail_lost_readings_total", labels, count(rail.energy.lost()));
  }
  if (!up) return;
  for (const auto& [zone, celsius] : celsius_) {
    out.add("layerwatt_temperature_celsius", {{"sensor", kind}, {"zone", zone}}, celsius);
  }
  for (const auto& [unit, hertz] : hertz_) {
    out.add("layerwatt_clock_hertz", {{"sensor", kind}, {"unit", unit}}, hertz);
  }
}

}  // namespace layerwatt::exporter
