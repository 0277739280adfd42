#include "sensor/ina3221.hpp"

#include <cerrno>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"
#include "sensor/rail_map.hpp"

namespace layerwatt {
namespace {

// The response of the chips that the total rests on; unknown where they differ.
Ina3221Response response_of(const InaRails& found, const std::vector<Rail>& rails) {
  std::optional<Ina3221Response> response;
  const bool any_total = [&] {
    for (const Rail& rail : rails) {
      if (rail.in_total) return true;
    }
    return false;
  }();
  for (std::size_t i = 0; i < rails.size(); ++i) {
    if (any_total && !rails[i].in_total) continue;
    const InaChip& chip = found.chips[found.rails[i].chip];
    Ina3221Response of_chip;
    if (chip.is_ina3221) {
      of_chip = ina3221_response(chip.settings);
    } else {
      of_chip.notes =
          "INA238: the mainline driver averages 16 conversions over 50 ms; what this kernel sets "
          "is "
          "unknown, `layerwatt calibrate` measures it";
    }
    if (response && response->notes != of_chip.notes) {
      return {{}, response->notes + "; but also " + of_chip.notes};
    }
    response = std::move(of_chip);
  }
  return response.value_or(Ina3221Response{});
}

}  // namespace

Ina3221Reader::Ina3221Reader(const Host& host, const SensorOptions&, ReadFile read_file)
    : sys_(host.sys), read_file_(std::move(read_file)) {}

SensorInfo Ina3221Reader::open() {
  const InaRails found = find_ina_rails(sys_);
  if (found.rails.empty()) {
    throw Error(ErrorKind::sensor, "no INA3221 power monitor",
                "/sys/class/hwmon, /sys/bus/i2c/drivers/ina3221x",
                "on a Jetson: sudo modprobe ina3221; in a container /sys must be the host's");
  }
  rails_.clear();
  std::vector<std::string> names;
  for (const InaRail& rail : found.rails) {
    names.push_back(rail.name);
    OpenRail open{rail, SysfsFile(sys_.path(rail.file), read_file_), std::nullopt};
    if (!rail.current.empty()) open.current.emplace(sys_.path(rail.current), read_file_);
    const int error = open.file.open_error() != 0 ? open.file.open_error()
                      : open.current              ? open.current->open_error()
                                                  : 0;
    if (error != 0) {
      throw Error(
          ErrorKind::sensor, describe_errno(error), open.file.path().string(),
          error == EACCES ? "run as root, or: sudo chmod a+r " + open.file.path().string() : "");
    }
    rails_.push_back(std::move(open));
  }
  const RailChoice choice = choose_rails(std::span<const std::string>(names));
  Ina3221Response response = response_of(found, choice.rails);

  SensorInfo info;
  info.kind = "ina3221";
  info.scope = choice.scope;
  info.rails = choice.rails;
  info.model = response.model;
  info.notes = "INA3221 at";
  for (const InaChip& chip : found.chips) info.notes += " " + chip.address;
  info.notes += ": " + response.notes;
  info.identity = info.notes;  // where the chips are, and how they average
  if (!choice.reason.empty()) info.notes += "; no total: " + choice.reason;
  return info;
}

double Ina3221Reader::read_rail(OpenRail& rail, Problems& problems) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  std::string_view text;
  int error = rail.file.read(text);
  std::optional<double> first = error == 0 ? take_number(text) : std::nullopt;
  std::optional<double> second;
  if (error == 0 && rail.rail.form == InaRail::Form::volts_amperes_in_one) {
    second = take_number(text);
  } else if (error == 0 && rail.current) {
    error = rail.current->read(text);
    if (error == 0) second = take_number(text);
  }
  if (error != 0) {
    problems.report("read_error", rail.rail.name + ": " + describe_errno(error));
    return kMissing;
  }
  switch (rail.rail.form) {
    case InaRail::Form::millivolts_milliamperes:
    case InaRail::Form::volts_amperes_in_one:
      if (first && second) return *first * *second / 1000.0;
      break;
    case InaRail::Form::milliwatts:
      if (first) return *first;
      break;
    case InaRail::Form::microwatts:
      if (first) return *first / 1000.0;
      break;
  }
  problems.report("read_error", rail.rail.name + ": not a number");
  return kMissing;
}

std::optional<std::int64_t> Ina3221Reader::read(std::span<double> values, Problems& problems) {
  for (std::size_t i = 0; i < rails_.size(); ++i) values[i] = read_rail(rails_[i], problems);
  return std::nullopt;
}

SensorBackend ina3221_sensor() {
  return polled_backend<Ina3221Reader>(
      "ina3221", "the power monitors of Jetson boards (INA3221, INA238), by sysfs", 90);
}

}  // namespace layerwatt
