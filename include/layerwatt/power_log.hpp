// Readings of any sensor, kept in memory: what LayerProfiler::statistics takes beside its times.
//
//   layerwatt::PowerLog log(sensor->info());
//   sensor->start(log);
//   …
//   sensor->stop();
//   const layerwatt::Result result = profiler.statistics(log.samples(), log.sensor());
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

// Takes readings from the sensor's thread, gives them to any other. Must outlive Sensor::stop().
class PowerLog final : public SampleSink {
 public:
  explicit PowerLog(SensorInfo sensor) : sensor_(std::move(sensor)) {}

  void sample(std::int64_t time_ns, std::span<const double> values) override;
  void line(std::int64_t, std::string_view) override {}
  void incident(const Incident& incident) override;

  const SensorInfo& sensor() const { return sensor_; }
  std::size_t size() const;
  // What was read so far, in mW: of a counter, the mean between two readings.
  PowerSamples samples() const;
  std::vector<Incident> incidents() const;
  // Readings that did not fit into memory.
  std::size_t lost() const;

 private:
  const SensorInfo sensor_;
  mutable std::mutex mutex_;
  std::vector<std::int64_t> time_ns_;
  std::vector<double> values_;  // row-major, one a rail
  std::vector<Incident> incidents_;
  std::size_t lost_ = 0;
};

}  // namespace layerwatt
