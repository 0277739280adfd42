// The power monitors of the Jetsons, read straight from sysfs. docs/sensors.md, "ina3221".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/host.hpp"
#include "sensor/ina3221_find.hpp"
#include "sensor/polled_sensor.hpp"
#include "sensor/sysfs_file.hpp"

namespace layerwatt {

class Ina3221Reader final : public PowerReader {
 public:
  Ina3221Reader(const Host& host, const SensorOptions&, ReadFile read_file = default_read_file());
  SensorInfo open() override;
  std::optional<std::int64_t> read(std::span<double> values, Problems& problems) override;

 private:
  struct OpenRail {
    InaRail rail;
    SysfsFile file;
    std::optional<SysfsFile> current;
  };
  // mW; NaN and a problem where it cannot be read.
  static double read_rail(OpenRail& rail, Problems& problems);

  const SysRoot sys_;
  const ReadFile read_file_;
  std::vector<OpenRail> rails_;
};

}  // namespace layerwatt
