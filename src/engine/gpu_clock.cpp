#include "engine/gpu_clock.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kRenewNs = 1'000'000'000;
constexpr int kAttempts = 8;

}  // namespace

std::size_t narrowest(std::span<const Bracket> brackets) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < brackets.size(); ++i) {
    if (brackets[i].after_ns - brackets[i].before_ns <
        brackets[best].after_ns - brackets[best].before_ns) {
      best = i;
    }
  }
  return best;
}

GpuClock::GpuClock(const cuda::Device& device, const Clock& clock)
    : device_(device), clock_(clock), stream_(device), tied_(device) {
  tie();
}

void GpuClock::keep_fresh() {
  if (clock_.now_ns() - tied_ns_ >= kRenewNs) tie();
}

void GpuClock::tie() {
  std::vector<Bracket> brackets;
  std::vector<cuda::Event> events;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const cuda::Event& event = events.emplace_back(device_);
    Bracket bracket;
    bracket.before_ns = clock_.now_ns();
    stream_.record(event);
    // By asking: a thread that sleeps learns of it tens of µs late.
    while (!event.done()) {
    }
    bracket.after_ns = clock_.now_ns();
    brackets.push_back(bracket);
  }
  const std::size_t best = narrowest(brackets);
  const Bracket& bracket = brackets[best];
  // The newest event is the tie, reached over the best one: the differences are milliseconds.
  const double after_best_ms = events.back().ms_since(events[best]);
  tied_ns_ = bracket.before_ns + (bracket.after_ns - bracket.before_ns) / 2 +
             std::llround(after_best_ms * kNsPerMs);
  uncertainty_us_ = static_cast<double>(bracket.after_ns - bracket.before_ns) / 2000.0;
  tied_.swap(events.back());
}

std::int64_t GpuClock::time_ns(const cuda::Event& event) const {
  return tied_ns_ + std::llround(event.ms_since(tied_) * kNsPerMs);
}

}  // namespace layerwatt
