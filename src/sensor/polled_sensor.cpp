#include "sensor/polled_sensor.hpp"

#include <fmt/core.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"
#include "sensor/lateness.hpp"

namespace layerwatt {
namespace {

using Steady = std::chrono::steady_clock;

constexpr double kShortestIntervalMs = 0.1;
constexpr int kTrialReads = 5;
constexpr int kGapIntervals = 3;
constexpr std::int64_t kMostGaps = 20;

std::chrono::nanoseconds to_interval(double interval_ms) {
  if (!std::isfinite(interval_ms) || interval_ms < kShortestIntervalMs || interval_ms > 3.6e6) {
    throw Error(ErrorKind::usage, fmt::format("an interval of {} ms cannot be kept", interval_ms),
                "--interval", "0.1 to 3600000 ms");
  }
  return std::chrono::nanoseconds(std::llround(interval_ms * kNsPerMs));
}

std::int64_t steady_ns(Steady::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

class Unheard final : public Problems {
 public:
  void report(std::string_view, std::string_view) override {}
};

class Logged final : public Problems {
 public:
  Logged(IncidentLog& log, const Clock& clock) : log_(log), clock_(clock) {}
  void report(std::string_view code, std::string_view message) override {
    log_.report(clock_.now_ns(), code, message);
    ++reports_;
  }
  std::int64_t reports() const { return reports_; }

 private:
  std::int64_t reports_ = 0;
  IncidentLog& log_;
  const Clock& clock_;
};

void prepare_thread() {
  // Signals belong to the thread that waits for them; here they would only interrupt a read.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  // The default slack lets every deadline slip by 50 µs.
  ::prctl(PR_SET_TIMERSLACK, 1000UL);
  ::prctl(PR_SET_NAME, "lw-sensor");
}

}  // namespace

NextDeadline next_deadline(std::int64_t last_ns, std::int64_t now_ns, std::int64_t interval_ns) {
  const std::int64_t passed = std::max<std::int64_t>(0, (now_ns - last_ns) / interval_ns);
  return {last_ns + (passed + 1) * interval_ns, passed};
}

double stamp_error_ms(double half_width_ms, double own_ms) {
  return std::hypot(half_width_ms / std::sqrt(3.0), own_ms);
}

PolledSensor::PolledSensor(std::unique_ptr<PowerReader> reader, std::shared_ptr<Clock> clock,
                           double interval_ms)
    : reader_(std::move(reader)), clock_(std::move(clock)), interval_(to_interval(interval_ms)) {}

PolledSensor::~PolledSensor() { stop(); }

void PolledSensor::open() {
  info_ = reader_->open();
  values_.assign(info_.rails.size(), std::numeric_limits<double>::quiet_NaN());
  // A few readings tell how wide the bracket is, before the manifest is written.
  Unheard unheard;
  std::vector<std::int64_t> half_widths;
  for (int trial = 0; trial < kTrialReads; ++trial) {
    half_widths.push_back(take(unheard).half_width_ns);
  }
  std::nth_element(half_widths.begin(), half_widths.begin() + kTrialReads / 2, half_widths.end());
  const double half_width_ms = static_cast<double>(half_widths[kTrialReads / 2]) / kNsPerMs;
  info_.model.timestamp_error_ms =
      stamp_error_ms(half_width_ms, info_.model.timestamp_error_ms.value_or(0.0));
}

SensorInfo PolledSensor::info() const { return info_; }

PolledSensor::Taken PolledSensor::take(Problems& problems) {
  std::fill(values_.begin(), values_.end(), std::numeric_limits<double>::quiet_NaN());
  const std::int64_t before = clock_->now_ns();
  const std::optional<std::int64_t> own_stamp = reader_->read(values_, problems);
  const std::int64_t after = clock_->now_ns();
  const std::int64_t half = (after - before) / 2;
  if (own_stamp) return {*own_stamp, 0};
  return {before + half, half};
}

void PolledSensor::start(SampleSink& sink) {
  stop();
  stopping_ = false;
  thread_ = std::thread([this, &sink] { loop(sink); });
}

void PolledSensor::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void PolledSensor::loop(SampleSink& sink) {
  prepare_thread();
  IncidentLog log(sink);
  Logged problems(log, *clock_);
  Lateness lateness(interval_.count(), info_.model.period_ms);
  std::int64_t gaps = 0;
  double longest_gap_ms = 0.0;
  // A source that is renewed more slowly than it is asked gives nothing in between.
  const std::int64_t longest_ns =
      kGapIntervals *
      std::max(static_cast<std::int64_t>(interval_.count()),
               static_cast<std::int64_t>(info_.model.period_ms.value_or(0.0) * kNsPerMs));
  std::optional<std::int64_t> last_stamp;
  Steady::time_point deadline = Steady::now();
  for (bool stopping = false; !stopping;) {
    try {
      const std::int64_t reports_before = problems.reports();
      const Taken taken = take(problems);
      const bool any = std::any_of(values_.begin(), values_.end(),
                                   [](double value) { return !std::isnan(value); });
      // A stamp that does not advance would make the recording unreadable.
      if (any && (!last_stamp || taken.time_ns > *last_stamp)) {
        if (last_stamp && taken.time_ns - *last_stamp > longest_ns) {
          const double gap_ms = milliseconds_between(*last_stamp, taken.time_ns).value;
          longest_gap_ms = std::max(longest_gap_ms, gap_ms);
          // On a machine that is too busy every reading would be an incident.
          if (++gaps <= kMostGaps) {
            sink.incident({taken.time_ns, "gap", fmt::format("no reading for {:.1f} ms", gap_ms)});
          }
        }
        sink.sample(taken.time_ns, values_);
        last_stamp = taken.time_ns;
        lateness.fresh(taken.time_ns);
      } else if (problems.reports() == reports_before) {
        lateness.nothing_new();
      }
    } catch (const Error& error) {
      problems.report("read_error", error.what());
    }
    const NextDeadline next =
        next_deadline(steady_ns(deadline), steady_ns(Steady::now()), interval_.count());
    lateness.passed_over(next.missed);
    deadline = Steady::time_point(std::chrono::nanoseconds(next.time_ns));
    std::unique_lock lock(mutex_);
    stopping = wake_.wait_until(lock, deadline, [this] { return stopping_; });
  }
  const std::int64_t now = clock_->now_ns();
  if (const std::string lost = lateness.words(); !lost.empty()) log.report(now, "late", lost);
  if (gaps > kMostGaps) {
    log.report(now, "gap",
               fmt::format("{} gaps more, the longest of all {:.1f} ms", gaps - kMostGaps,
                           longest_gap_ms));
  }
  log.finish(now);
}

Availability probe_reader(PowerReader& reader, std::string privilege) {
  Availability availability;
  availability.privilege = std::move(privilege);
  try {
    availability.info = reader.open();
    availability.usable = true;
    for (const Rail& rail : availability.info->rails) {
      availability.reason += (availability.reason.empty() ? "" : ", ") + rail.name;
    }
  } catch (const Error& error) {
    availability.reason =
        error.where().empty() ? error.problem() : error.where() + ": " + error.problem();
    availability.hint = error.hint();
  }
  return availability;
}

}  // namespace layerwatt
