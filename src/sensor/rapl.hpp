// The energy counters of Intel and AMD CPUs, by the kernel's powercap files. docs/sensors.md,
// "rapl".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/host.hpp"
#include "sensor/polled_sensor.hpp"
#include "sensor/sysfs_file.hpp"

namespace layerwatt {

// Counts on where a counter starts again from 0 after `range`.
class UnwrappedCounter {
 public:
  explicit UnwrappedCounter(double range) : range_(range) {}
  // Since the first call. Right as long as the counter does not go round between two calls (a
  // minute at the very least).
  double add(double raw);

 private:
  double range_;
  std::optional<double> last_;
  double sum_ = 0.0;
};

class RaplReader final : public PowerReader {
 public:
  RaplReader(SysRoot sys, double interval_ms, ReadFile read_file = default_read_file());
  SensorInfo open() override;
  std::optional<std::int64_t> read(std::span<double> values, Problems& problems) override;

 private:
  struct Zone {
    std::string rail;
    SysfsFile energy;
    UnwrappedCounter counter;
  };
  const SysRoot sys_;
  const double interval_ms_;
  const ReadFile read_file_;
  std::vector<Zone> zones_;
};

}  // namespace layerwatt
