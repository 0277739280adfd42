// NVIDIA GPUs' own power sensor. docs/sensors.md, "nvml".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/nvml.hpp"
#include "layerwatt/host.hpp"
#include "sensor/nvml_choice.hpp"
#include "sensor/nvml_response.hpp"
#include "sensor/polled_sensor.hpp"

namespace layerwatt {

class NvmlReader final : public PowerReader {
 public:
  NvmlReader(const Host& host, const SensorOptions& options);
  SensorInfo open() override;
  std::optional<std::int64_t> read(std::span<double> values, Problems& problems) override;

 private:
  struct Gpu {
    nvml::Device device;
    GpuWatch watch;
    double first_mj = 0.0;  // the counter has run since the driver was loaded
  };
  // What is read decides the rails: the counter; or the instant power, the average beside it.
  Known<double> ask(const Gpu& gpu) const;
  double call_ms() const;  // how long asking all GPUs takes
  void watch(std::int64_t now_ns, Problems& problems);

  const Host host_;
  const SensorOptions options_;
  NvmlReading reading_ = NvmlReading::energy;
  nvml::Power power_ = nvml::Power::instant;
  bool with_average_ = false;
  std::vector<Gpu> gpus_;
  std::vector<FreshReading> fresh_;          // one a GPU
  std::vector<std::optional<double>> held_;  // new values that wait for those of the other GPUs
  std::int64_t watched_ns_ = 0;
};

}  // namespace layerwatt
