#include "record/sensor_session.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr double kUnknownMs = 50.0;
constexpr double kMaxTailMs = 2000.0;
constexpr double kFirstReadingMs = 5000.0;
constexpr std::int64_t kSliceNs = 1'000'000;

std::int64_t ns_of_ms(double ms) { return static_cast<std::int64_t>(ms * 1e6); }

}  // namespace

double tail_ms(const SensorModel& model, double interval_ms) {
  const double tail = model.latency_ms.value_or(kUnknownMs) + model.window_ms.value_or(kUnknownMs) +
                      3.0 * model.time_constant_ms.value_or(0.0) +
                      2.0 * std::max(interval_ms, model.period_ms.value_or(interval_ms));
  return std::min(tail, kMaxTailMs);
}

SensorSession::~SensorSession() {
  try {
    stop();
  } catch (const std::exception&) {  // what brought us here is the one to tell
  }
}

void SensorSession::start(const std::function<void()>& meanwhile,
                          const std::function<bool()>& stopped) {
  if (sensor_ == nullptr) return;
  sensor_->start(sink_);
  const double wait_ms = kFirstReadingMs + 3.0 * interval_ms_;
  const std::int64_t deadline = clock_.now_ns() + ns_of_ms(wait_ms);
  while (!sink_.any() && !sink_.failed() && !stopped() && clock_.now_ns() < deadline) {
    const std::int64_t before = clock_.now_ns();
    if (meanwhile) meanwhile();
    // Even where `meanwhile` takes no time on this clock, the wait must end.
    if (clock_.now_ns() - before < kSliceNs) clock_.sleep_until_ns(before + kSliceNs);
  }
  check();
  // Better now than after a minute without a single watt.
  if (!sink_.any() && !stopped()) {
    throw Error(ErrorKind::sensor,
                fmt::format("gave no reading within {:.0f} s of its start", wait_ms / 1000.0),
                "sensor " + info_.kind, "--sensor none measures time alone");
  }
}

// Preemption between the readings of two clocks is no suspend.
void SensorSession::note_suspend() {
  constexpr std::int64_t kLeastNs = 10'000'000;
  const std::int64_t slept_ns = clock_.suspended_ns() - suspended_ns_;
  if (slept_ns < kLeastNs) return;
  sink_.incident(
      {clock_.now_ns(), "suspended",
       fmt::format("the machine was suspended for {:.1f} s in the middle; that time is in "
                   "no figure, but readings around it may be of another state",
                   static_cast<double>(slept_ns) / 1e9)});
}

void SensorSession::finish(std::int64_t end_ns) {
  note_suspend();
  if (sensor_ == nullptr) return;
  const std::int64_t deadline = std::min(end_ns + ns_of_ms(tail_ms(info_.model, interval_ms_)),
                                         clock_.now_ns() + ns_of_ms(kMaxTailMs));
  while (!sink_.failed() && sink_.last_ns() < deadline && clock_.now_ns() < deadline) {
    clock_.sleep_until_ns(std::min(deadline, clock_.now_ns() + kSliceNs));
  }
  stop();
  check();
}

void SensorSession::check() {
  if (sink_.failed()) sink_.rethrow();
}

void SensorSession::stop() {
  if (Sensor* sensor = std::exchange(sensor_, nullptr)) sensor->stop();
}

}  // namespace layerwatt
