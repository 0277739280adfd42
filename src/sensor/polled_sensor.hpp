// A sensor that has to be asked. The thread, the cadence, the stop and the incidents are here,
// once; a new polled sensor is a PowerReader and nothing else.
//
// The reader is a member, not a derived class: a thread that calls a virtual function of an object
// whose derived part is being destroyed is the classic crash of such bases.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "layerwatt/clock.hpp"
#include "layerwatt/sensor.hpp"
#include "sensor/incident_log.hpp"

namespace layerwatt {

// Reads the rails once when told to. open() is called before read(); never two calls at a time, but
// read() comes from another thread than open().
class PowerReader {
 public:
  virtual ~PowerReader() = default;
  // Finds the rails. Throws Error(sensor) with a hint when there is nothing to read.
  // model.timestamp_error_ms: what the source adds of its own; PolledSensor adds the read's width.
  virtual SensorInfo open() = 0;
  // Fills one value a rail: mW, or cumulative mJ for Reading::energy; NaN where a rail could not be
  // read, with the reason in `problems`. Returns the reading's stamp where the source has one of
  // its own; else it is stamped with the middle of the time the call took. Must not throw anything
  // but layerwatt::Error, which costs the whole reading and becomes an incident.
  virtual std::optional<std::int64_t> read(std::span<double> values, Problems& problems) = 0;
};

class PolledSensor final : public Sensor {
 public:
  PolledSensor(std::unique_ptr<PowerReader> reader, std::shared_ptr<Clock> clock,
               double interval_ms);
  ~PolledSensor() override;

  void open() override;
  SensorInfo info() const override;
  void start(SampleSink& sink) override;
  void stop() override;

 private:
  struct Taken {
    std::int64_t time_ns;
    std::int64_t half_width_ns;
  };
  Taken take(Problems& problems);
  void loop(SampleSink& sink);

  const std::unique_ptr<PowerReader> reader_;
  const std::shared_ptr<Clock> clock_;
  const std::chrono::nanoseconds interval_;
  SensorInfo info_;
  std::vector<double> values_;

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
};

// The probe of a polled sensor for which opening is cheap: usable if the reader opens.
// `reason` is built from the rails found.
Availability probe_reader(PowerReader& reader, std::string privilege = {});

// The registry's entry for a reader that is made from a host and options, and cheap to open.
template <class Reader>
SensorBackend polled_backend(std::string name, std::string summary, int auto_rank) {
  return {std::move(name), std::move(summary), auto_rank,
          [](const Host& host, const SensorOptions& options) {
            Reader reader(host, options);
            return probe_reader(reader);
          },
          [](const Host& host, const SensorOptions& options) -> std::unique_ptr<Sensor> {
            return std::make_unique<PolledSensor>(std::make_unique<Reader>(host, options),
                                                  host.clock, options.interval_ms);
          }};
}

// Deadlines stay on the grid start + k × interval: the one after `now` is returned, and how many
// were passed over since `last` (the deadline just served).
struct NextDeadline {
  std::int64_t time_ns;
  std::int64_t missed;
};
NextDeadline next_deadline(std::int64_t last_ns, std::int64_t now_ns, std::int64_t interval_ns);

// Standard deviation of a stamp that lies anywhere in a bracket, the source's own error added.
double stamp_error_ms(double half_width_ms, double own_ms);

}  // namespace layerwatt
