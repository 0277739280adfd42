#include "record/sink.hpp"

#include <cmath>

#include "layerwatt/units.hpp"

namespace layerwatt {

RecordingSink::RecordingSink(RecordingWriter& writer, const SensorInfo& info,
                             RunningEstimate* estimate)
    : writer_(writer), info_(info), estimate_(estimate) {}

template <class Write>
void RecordingSink::write(const Write& do_write) {
  if (error_) return;
  try {
    do_write();
  } catch (...) {
    error_ = std::current_exception();
    failed_.store(true, std::memory_order_release);
  }
}

void RecordingSink::sample(std::int64_t time_ns, std::span<const double> values) {
  const std::lock_guard lock(mutex_);
  // The raw lines are what is stored for tegrastats: a later, better parser can read them again.
  if (info_.format != PowerFormat::tegrastats) {
    write([&] { writer_.sample(time_ns, values); });
  }
  if (estimate_ != nullptr) {
    if (const auto total = total_mw(time_ns, values)) estimate_->add_power(*total);
    tell_rails(time_ns, values);
  }
  last_ns_.store(time_ns, std::memory_order_release);
}

void RecordingSink::line(std::int64_t time_ns, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (info_.format == PowerFormat::tegrastats) write([&] { writer_.line(time_ns, text); });
}

void RecordingSink::incident(const Incident& incident) {
  const std::lock_guard lock(mutex_);
  write([&] { writer_.incident(incident); });
}

void RecordingSink::rethrow() {
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
}

std::optional<double> RecordingSink::total_mw(std::int64_t time_ns,
                                              std::span<const double> values) {
  const std::optional<double> total = sum_in_total(info_.rails, values);
  if (!total || info_.reading == Reading::power) return total;
  const std::optional<double> before = energy_mj_;
  const std::int64_t before_ns = energy_ns_;
  energy_mj_ = total;
  energy_ns_ = time_ns;
  if (!before || time_ns <= before_ns) return std::nullopt;
  return (Millijoules{*total - *before} / milliseconds_between(before_ns, time_ns)).value;
}

void RecordingSink::tell_rails(std::int64_t time_ns, std::span<const double> values) {
  if (info_.reading == Reading::power) return estimate_->add_rails(values);
  if (rail_mj_.size() == values.size() && time_ns > rail_ns_) {
    std::vector<double> rail_mw(values.size());
    for (std::size_t i = 0; i < rail_mw.size(); ++i) {
      rail_mw[i] =
          (Millijoules{values[i] - rail_mj_[i]} / milliseconds_between(rail_ns_, time_ns)).value;
    }
    estimate_->add_rails(rail_mw);
  }
  rail_mj_.assign(values.begin(), values.end());
  rail_ns_ = time_ns;
}

std::optional<double> sum_in_total(std::span<const Rail> rails, std::span<const double> values) {
  std::optional<double> sum;
  for (std::size_t i = 0; i < rails.size() && i < values.size(); ++i) {
    if (!rails[i].in_total) continue;
    if (std::isnan(values[i])) return std::nullopt;
    sum = sum.value_or(0.0) + values[i];
  }
  return sum;
}

}  // namespace layerwatt
