// The power source of last resort: a model of the CPUs. docs/sensors.md, "estimate".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"
#include "sensor/cpu_power_model.hpp"
#include "sensor/polled_sensor.hpp"

namespace layerwatt {

class EstimateReader final : public PowerReader {
 public:
  // own_cpu_ns: CPU time of this process so far; injectable for tests.
  EstimateReader(Host host, double interval_ms, std::function<std::int64_t()> own_cpu_ns);
  SensorInfo open() override;
  std::optional<std::int64_t> read(std::span<double> values, Problems& problems) override;

 private:
  std::optional<CpuUse> machine() const;
  double frequency() const;

  const Host host_;
  const double interval_ms_;
  const std::function<std::int64_t()> own_cpu_ns_;
  std::optional<CpuEnergy> energy_;
  std::optional<std::int64_t> last_look_ns_;
  struct Policy {
    std::string current;  // the file with the frequency of now
    double nominal_khz;
  };
  std::vector<Policy> policies_;
};

}  // namespace layerwatt
