#include "sensor/replay.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <limits>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using SteadyTime = std::chrono::steady_clock;

// The stamps of another program's clock, and a counter's reading from before the run, may be this
// much older than the start.
constexpr std::int64_t kBeforeStartNs = 1'000'000'000;
constexpr double kShortestLookMs = 1.0;
constexpr double kLongestLookMs = 100.0;

constexpr const char* kUsage =
    "--sensor file:F, where F is a power.csv, an energy.csv or stamped "
    "tegrastats lines that another program writes";

std::string file_of(const SensorOptions& options) {
  if (options.argument && !options.argument->empty()) return *options.argument;
  throw Error(ErrorKind::usage, "which file to read is not said", "--sensor file", kUsage);
}

Availability probe(const Host&, const SensorOptions& options) {
  Availability availability;
  if (!options.argument || options.argument->empty()) {
    availability.reason = "needs a file";
    availability.hint = kUsage;
    return availability;
  }
  // Not opened: what is read from a FIFO is gone.
  std::error_code failed;
  const auto status = std::filesystem::status(*options.argument, failed);
  availability.usable = std::filesystem::exists(status) && !std::filesystem::is_directory(status);
  availability.reason = *options.argument + (availability.usable ? "" : ": no such file");
  if (!availability.usable) availability.hint = "start the program that writes it first";
  return availability;
}

std::unique_ptr<Sensor> create(const Host& host, const SensorOptions& options) {
  return std::make_unique<ReplaySensor>(host.clock, options);
}

}  // namespace

// What becomes of the lines between start() and stop(). One thread.
class ReplaySensor::Stream final : public Problems {
 public:
  Stream(SampleSink& sink, SampleLines& lines, const Clock& clock)
      : sink_(sink),
        log_(sink),
        lines_(lines),
        clock_(clock),
        oldest_ns_(clock.now_ns() - kBeforeStartNs),
        values_(lines.rails().size()) {}

  void report(std::string_view code, std::string_view message) override {
    log_.report(clock_.now_ns(), code, message);
  }

  void line(std::string_view text) {
    const std::optional<std::int64_t> stamp_ns = lines_.parse(text, values_, *this);
    if (!stamp_ns) return;
    if (last_ns_ && *stamp_ns <= *last_ns_) {
      report("stamp_order", "a reading is not later than the one before, and was left out");
      return;
    }
    if (*stamp_ns < oldest_ns_) {
      // Of a file that has nothing else the last two are passed on, so that the recording shows
      // which time its readings are from.
      stale_.push_back({*stamp_ns, std::string(text), values_});
      if (stale_.size() > 2) stale_.pop_front();
      return;
    }
    last_ns_ = stamp_ns;
    give(*stamp_ns, text, values_);
  }

  bool reached(std::int64_t time_ns) const { return last_ns_ && *last_ns_ >= time_ns; }

  void finish() {
    if (!last_ns_ && !stale_.empty()) {
      report("stale_file", "every reading in the file is from before the run");
      for (const Stale& reading : stale_) give(reading.time_ns, reading.text, reading.values);
    }
    log_.finish(clock_.now_ns());
  }

 private:
  struct Stale {
    std::int64_t time_ns;
    std::string text;
    std::vector<double> values;
  };

  void give(std::int64_t time_ns, std::string_view text, const std::vector<double>& values) {
    if (lines_.format() == PowerFormat::tegrastats) {
      // The recording puts a stamp of its own in front.
      sink_.line(time_ns, text.substr(text.find("::") + 2));
    }
    sink_.sample(time_ns, values);
  }

  SampleSink& sink_;
  IncidentLog log_;
  SampleLines& lines_;
  const Clock& clock_;
  const std::int64_t oldest_ns_;
  std::optional<std::int64_t> last_ns_;
  std::deque<Stale> stale_;
  std::vector<double> values_;
};

ReplaySensor::ReplaySensor(std::shared_ptr<Clock> clock, const SensorOptions& options,
                           ReplayPatience patience)
    : clock_(std::move(clock)),
      file_(file_of(options)),
      interval_(std::llround(std::clamp(options.interval_ms, kShortestLookMs, kLongestLookMs) *
                             kNsPerMs)),
      patience_(patience) {}

ReplaySensor::~ReplaySensor() { stop(); }

void ReplaySensor::open() {
  stop();
  stopping_ = false;
  followed_ = std::make_unique<FollowedFile>(file_);
  // As the loader of recordings tells them apart.
  lines_.emplace(std::filesystem::path(file_).filename().string().starts_with("energy"));
  read_ahead_.clear();
  const auto deadline = SteadyTime::now() + patience_.header;
  for (bool understood = false; !understood;) {
    std::string_view line;
    if (followed_->next(line) == FollowedFile::Next::line) {
      try {
        understood = lines_->understand(line);
      } catch (const Error& error) {
        throw Error(error.kind(), error.problem(), file_, error.hint());
      }
      read_ahead_.emplace_back(line);
      continue;
    }
    if (SteadyTime::now() >= deadline) {
      throw Error(ErrorKind::sensor,
                  read_ahead_.empty() ? "nothing was written to it" : "no line in it names a rail",
                  file_, "start the program that writes it first; " + std::string(kUsage));
    }
    wait(interval_);
  }

  info_ = {};
  info_.kind = "file";
  info_.rails = lines_->rails();
  info_.scope = lines_->scope();
  info_.format = lines_->format();
  info_.reading = info_.format == PowerFormat::energy_csv ? Reading::energy : Reading::power;
  info_.notes = "readings that another program wrote to " + file_ + ", with its stamps";
  if (!lines_->reason().empty()) info_.notes += "; no total: " + lines_->reason();
}

void ReplaySensor::start(SampleSink& sink) {
  stop();
  stopping_ = false;
  thread_ = std::thread([this, &sink] {
    Stream stream(sink, *lines_, *clock_);
    for (const std::string& line : std::exchange(read_ahead_, {})) stream.line(line);
    std::optional<std::int64_t> end_ns;  // when stop() was called
    SteadyTime::time_point deadline = SteadyTime::time_point::max();
    try {
      for (unsigned lines = 0;; ++lines) {
        // Also while lines come faster than they are taken.
        if (!end_ns && lines % 64 == 0 && wait(nanoseconds(0))) {
          end_ns = clock_->now_ns();
          deadline = SteadyTime::now() + patience_.last;
        }
        // What was read before stop() may be written after it.
        if (end_ns && (stream.reached(*end_ns) || SteadyTime::now() >= deadline)) break;
        std::string_view line;
        const FollowedFile::Next next = followed_->next(line);
        if (next == FollowedFile::Next::line) {
          stream.line(line);
        } else if (next == FollowedFile::Next::shortened) {
          stream.report("file_shortened", "the file was shortened: read again from its start");
        } else if (next == FollowedFile::Next::ended) {
          stream.report("sensor_died", "the program that wrote the readings has ended");
          break;
        } else if (end_ns) {
          std::this_thread::sleep_for(milliseconds(1));
        } else {
          wait(interval_);
          lines = std::numeric_limits<unsigned>::max();  // the next one looks for the stop
        }
      }
    } catch (const Error& error) {
      stream.report("sensor_died", error.what());
    }
    stream.finish();
  });
}

void ReplaySensor::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// Whether it is time to stop.
bool ReplaySensor::wait(nanoseconds time) {
  std::unique_lock lock(mutex_);
  return wake_.wait_for(lock, time, [this] { return stopping_; });
}

SensorBackend replay_sensor() {
  return {"file", "readings that another program writes to a file while we measure", 0, probe,
          create};
}

}  // namespace layerwatt
