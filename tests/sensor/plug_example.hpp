#include "layerwatt/error.hpp"
#include "sensor/polled_sensor.hpp"
#include "sensor/sysfs_file.hpp"

namespace layerwatt {

struct Plug final : PowerReader {
  Plug(const Host& host, const SensorOptions&) : file(host.sys.path("/sys/plug/power_uw")) {}
  SensorInfo open() override {
    if (file.open_error() != 0) throw Error(ErrorKind::sensor, "no plug", file.path().string());
    return {.kind = "plug", .scope = "wall", .rails = {{"PLUG", true}}, .model = {}, .notes = {}};
  }
  std::optional<std::int64_t> read(std::span<double> mw, Problems& problems) override {
    std::string_view text;
    if (file.read(text) != 0) problems.report("read_error", "PLUG");
    if (const auto microwatts = parse_number(text)) mw[0] = *microwatts / 1000.0;
    return std::nullopt;  // stamped with the middle of this call
  }
  SysfsFile file;
};

SensorBackend plug_sensor() { return polled_backend<Plug>("plug", "a metering plug", 70); }

}  // namespace layerwatt
