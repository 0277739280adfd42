#include "record/warm_up.hpp"

#include <fmt/core.h>

#include <cmath>
#include <mutex>

#include "layerwatt/units.hpp"
#include "record/sink.hpp"
#include "record/steady.hpp"

namespace layerwatt {
namespace {

constexpr std::int64_t kStretchNs = 2'000'000'000;

// The mean power of each stretch, whatever the sensor's kind of reading.
class PowerMeans final : public SampleSink {
 public:
  explicit PowerMeans(SensorInfo info) : info_(std::move(info)) {}

  void sample(std::int64_t time_ns, std::span<const double> values) override {
    const std::lock_guard lock(mutex_);
    const std::optional<double> total = sum_in_total(info_.rails, values);
    if (!total) return;
    if (info_.reading == Reading::power) {
      sum_ += *total;
      weight_ += 1.0;
      return;
    }
    if (energy_ns_ && time_ns > *energy_ns_) {
      sum_ += *total - energy_mj_;
      weight_ += milliseconds_between(*energy_ns_, time_ns).value / 1e3;
    }
    energy_mj_ = *total;
    energy_ns_ = time_ns;
  }
  void line(std::int64_t, std::string_view) override {}
  void incident(const Incident&) override {}

  // Since the last call; empty without a reading.
  std::optional<double> take() {
    const std::lock_guard lock(mutex_);
    std::optional<double> mean;
    if (weight_ > 0.0) mean = sum_ / weight_;
    sum_ = 0.0;
    weight_ = 0.0;
    return mean;
  }

 private:
  const SensorInfo info_;
  std::mutex mutex_;  // guards what follows
  double sum_ = 0.0;
  double weight_ = 0.0;
  double energy_mj_ = 0.0;
  std::optional<std::int64_t> energy_ns_;
};

std::string words(const SteadyWatch& watch) {
  return fmt::format("power still changed by {:.2g} % and temperature by {:.2g} °C in 10 s",
                     watch.power_range_pct(), watch.temperature_range_c());
}

// Stops on every way out; the means it writes to live as long.
class Started {
 public:
  Started(Sensor* sensor, SampleSink& sink) : sensor_(sensor) {
    if (sensor_ != nullptr) sensor_->start(sink);
  }
  ~Started() {
    try {
      if (sensor_ != nullptr) sensor_->stop();
    } catch (const std::exception&) {  // the recording's own session will meet it again
    }
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

 private:
  Sensor* sensor_;
};

}  // namespace

WarmUp warm_up(Clock& clock, Engine& engine, Sensor* sensor, const WarmUpOptions& options) {
  PowerMeans means(sensor == nullptr ? SensorInfo{} : sensor->info());
  const Started started(sensor, means);
  SteadyWatch watch;
  Inference inference;
  const std::int64_t begin_ns = clock.now_ns();
  const auto most_ns = static_cast<std::int64_t>(std::llround(options.most_s * 1e9));
  std::int64_t next_ns = begin_ns + kStretchNs;
  WarmUp done;
  while (!done.steady && clock.now_ns() - begin_ns < most_ns) {
    if (options.stopped && options.stopped()) break;
    engine.infer(inference);
    if (clock.now_ns() < next_ns) continue;
    next_ns = clock.now_ns() + kStretchNs;
    watch.add(means.take(),
              options.temperature_c ? options.temperature_c() : std::optional<double>());
    done.steady = watch.steady();
  }
  done.seconds = static_cast<double>(clock.now_ns() - begin_ns) / 1e9;
  if (!done.steady) done.left = words(watch);
  return done;
}

}  // namespace layerwatt
