// The sensor of a simulated board: reads exactly what its response makes of the power that the
// simulated engine draws.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

// A stop is noticed within this time, however long the period.
constexpr std::int64_t kSliceNs = 20'000'000;

std::optional<double> declared(bool yes, double value) {
  return yes ? std::optional<double>(value) : std::nullopt;
}

SensorInfo info_of(const sim::Spec& spec, double interval_ms) {
  const sim::SensorSpec& sensor = spec.sensor;
  SensorInfo info;
  info.kind = "simulated";
  info.measured = false;
  info.scope = sensor.scope;
  for (const sim::RailSpec& rail : spec.rails) info.rails.push_back({rail.name, rail.in_total});
  const double period_ms =
      std::max(sensor.period_ms.value_or(interval_ms), sensor.grid ? sensor.grid->period_ms : 0.0);
  info.model.period_ms = declared(sensor.declare.period, period_ms);
  info.model.window_ms = declared(sensor.declare.window, sensor.window_ms);
  info.model.latency_ms = declared(sensor.declare.latency, sensor.latency_ms);
  info.model.time_constant_ms = declared(sensor.declare.time_constant, sensor.time_constant_ms);
  info.model.timestamp_error_ms = declared(sensor.declare.timestamp_error, sensor.stamp_error_ms);
  info.reading = sensor.reading;
  info.format = sensor.tegrastats                   ? PowerFormat::tegrastats
                : sensor.reading == Reading::energy ? PowerFormat::energy_csv
                                                    : PowerFormat::power_csv;
  info.notes = "simulated, not measured: " + spec.name;
  info.identity = spec.name;
  return info;
}

class SimulatedSensor final : public Sensor {
 public:
  SimulatedSensor(std::shared_ptr<sim::Device> device, double interval_ms)
      : device_(std::move(device)), interval_ms_(interval_ms) {}
  ~SimulatedSensor() override { stop(); }

  void open() override {}
  SensorInfo info() const override { return info_of(device_->spec(), interval_ms_); }

  void start(SampleSink& sink) override {
    stop();
    device_->start_sampling(sink, interval_ms_);
    started_ = true;
    if (!device_->real_time()) return;
    stopping_ = false;
    first_delivered_ = false;
    thread_ = std::thread([this] { read_until_stopped(); });
    // What is measured from here on is covered from its beginning, and the truth with it.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return first_delivered_; });
  }

  void stop() override {
    if (!std::exchange(started_, false)) return;
    if (thread_.joinable()) {
      {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      thread_.join();
    }
    device_->stop_sampling();
  }

 private:
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void tell_first_delivered() {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(first_delivered_, true)) return;
    }
    changed_.notify_one();
  }

  void read_until_stopped() {
    Clock& clock = *device_->clock();
    while (!stopping() || clock.now_ns() < device_->settled_ns()) {
      if (device_->deliver_due() > 0) tell_first_delivered();
      clock.sleep_until_ns(std::min(device_->next_reading_ns(), clock.now_ns() + kSliceNs));
    }
    device_->deliver_due();
  }

  std::shared_ptr<sim::Device> device_;
  double interval_ms_;
  bool started_ = false;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;         // guarded by mutex_
  bool first_delivered_ = false;  // guarded by mutex_
};

Availability probe(const Host& host, const SensorOptions& options) {
  Availability availability;
  if (!host.simulated) {
    availability.reason = "only for a simulated board";
    availability.hint = "profile a .sim.json; examples/sim has some";
    return availability;
  }
  availability.usable = true;
  availability.info = info_of(host.simulated->spec(), options.interval_ms);
  availability.reason = "the board of " + host.simulated->spec().name;
  return availability;
}

std::unique_ptr<Sensor> create(const Host& host, const SensorOptions& options) {
  if (!host.simulated) {
    throw Error(ErrorKind::sensor, "the sensor simulated works only beside the engine sim", "",
                "profile a .sim.json; examples/sim has some");
  }
  return std::make_unique<SimulatedSensor>(host.simulated, options.interval_ms);
}

}  // namespace

SensorBackend simulated_sensor() {
  SensorBackend backend;
  backend.name = "simulated";
  backend.summary = "the sensor that a .sim.json describes";
  // Usable only beside the simulated engine, whose power no other sensor can see.
  backend.auto_rank = 1000;
  backend.probe = &probe;
  backend.create = &create;
  return backend;
}

}  // namespace layerwatt
