#include "record/idle_window.hpp"

#include <algorithm>
#include <cmath>

#include "record/settling.hpp"

namespace layerwatt {
namespace {

constexpr double kUnknownSettleMs = 1500.0;
constexpr std::int64_t kSliceNs = 50'000'000;

std::int64_t ns_of_ms(double ms) { return std::llround(ms * 1e6); }

}  // namespace

double idle_settle_ms(const SensorModel& model, double interval_ms) {
  return settle_ms_of(model, interval_ms).value_or(kUnknownSettleMs);
}

std::int64_t measure_idle(Clock& clock, RecordingWriter& writer, SensorSession& session,
                          const SensorModel& model, double interval_ms,
                          const std::function<bool()>& stopped) {
  IdleWindow window;
  window.start_ns = clock.now_ns();
  window.settled_ns = window.start_ns + ns_of_ms(idle_settle_ms(model, interval_ms));
  window.end_ns = window.settled_ns + ns_of_ms(kIdleWindowMs);
  while (clock.now_ns() < window.end_ns) {
    if (stopped()) return clock.now_ns();
    clock.sleep_until_ns(std::min(window.end_ns, clock.now_ns() + kSliceNs));
    session.check();
  }
  writer.idle(window);
  return window.end_ns;
}

}  // namespace layerwatt
