#include "sensor/ina3221_find.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "sensor/sysfs_file.hpp"

namespace layerwatt {
namespace {

constexpr const char* kHwmon = "/sys/class/hwmon";
constexpr const char* kIio = "/sys/bus/i2c/drivers/ina3221x";

std::vector<std::string> children(const SysRoot& sys, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(sys.path(folder), none)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<double> read_number(const SysRoot& sys, const std::string& file) {
  return parse_number(sys.read_text(file).value_or(std::string()));
}

bool exists(const SysRoot& sys, const std::string& file) {
  std::error_code failed;
  return std::filesystem::exists(sys.path(file), failed);
}

// "1-0040" for /sys/class/hwmon/hwmon3, whose number changes from boot to boot.
std::string address_of(const SysRoot& sys, const std::string& folder,
                       const std::string& otherwise) {
  std::error_code failed;
  const auto device = std::filesystem::canonical(sys.path(folder + "/device"), failed);
  return failed ? otherwise : device.filename().string();
}

struct Chip {
  InaChip chip;
  std::vector<InaRail> rails;
};

void add_rail(Chip& chip, std::string name, InaRail::Form form, std::string file,
              std::string current = {}) {
  // Boards label what is not connected.
  if (name == "NC" || name.empty()) return;
  chip.rails.push_back({std::move(name), 0, form, std::move(file), std::move(current)});
}

Chip hwmon_ina3221(const SysRoot& sys, const std::string& folder, const std::string& address) {
  Chip found;
  found.chip.address = address;
  found.chip.settings.channels = 0;
  for (const char* channel : {"1", "2", "3"}) {
    // in4 to in7 and curr4 are shunt voltages and sums.
    const std::string in = folder + "/in" + channel;
    const std::string current = folder + "/curr" + channel + "_input";
    if (read_number(sys, in + "_enable").value_or(1.0) == 0.0) continue;
    if (!exists(sys, in + "_input") || !exists(sys, current)) continue;
    ++found.chip.settings.channels;
    add_rail(found, sys.read_text(in + "_label").value_or(address + " channel " + channel),
             InaRail::Form::millivolts_milliamperes, in + "_input", current);
  }
  found.chip.settings.samples = read_number(sys, folder + "/samples");
  found.chip.settings.update_interval_ms = read_number(sys, folder + "/update_interval");
  return found;
}

Chip hwmon_ina238(const SysRoot& sys, const std::string& folder, const std::string& address) {
  Chip found;
  found.chip.address = address;
  found.chip.is_ina3221 = false;
  if (exists(sys, folder + "/power1_input")) {
    add_rail(found, sys.read_text(folder + "/label").value_or(address + " ina238"),
             InaRail::Form::microwatts, folder + "/power1_input");
  }
  return found;
}

Chip iio_ina3221x(const SysRoot& sys, const std::string& folder, const std::string& address) {
  Chip found;
  found.chip.address = address;
  found.chip.settings.channels = 0;
  for (const char* channel : {"0", "1", "2"}) {
    const auto name = sys.read_text(folder + "/rail_name_" + channel);
    if (!name) continue;
    ++found.chip.settings.channels;
    const std::string both = folder + "/ui_input_" + channel;
    const std::string power = folder + "/in_power" + channel + "_input";
    if (exists(sys, both)) {
      add_rail(found, *name, InaRail::Form::volts_amperes_in_one, both);
    } else if (exists(sys, power)) {
      add_rail(found, *name, InaRail::Form::milliwatts, power);
    }
  }
  return found;
}

}  // namespace

InaRails find_ina_rails(const SysRoot& sys) {
  std::vector<Chip> chips;
  for (const std::string& hwmon : children(sys, kHwmon)) {
    const std::string folder = std::string(kHwmon) + "/" + hwmon;
    const std::string name = sys.read_text(folder + "/name").value_or("");
    if (name != "ina3221" && name != "ina238") continue;
    const std::string address = address_of(sys, folder, hwmon);
    chips.push_back(name == "ina3221" ? hwmon_ina3221(sys, folder, address)
                                      : hwmon_ina238(sys, folder, address));
  }
  for (const std::string& address : children(sys, kIio)) {
    for (const std::string& device : children(sys, std::string(kIio) + "/" + address)) {
      if (!device.starts_with("iio:device")) continue;
      chips.push_back(iio_ina3221x(sys, std::string(kIio) + "/" + address + "/" + device, address));
    }
  }
  std::stable_sort(chips.begin(), chips.end(),
                   [](const Chip& a, const Chip& b) { return a.chip.address < b.chip.address; });

  InaRails all;
  for (Chip& found : chips) {
    if (found.rails.empty()) continue;
    for (InaRail& rail : found.rails) {
      rail.chip = all.chips.size();
      all.rails.push_back(std::move(rail));
    }
    all.chips.push_back(std::move(found.chip));
  }
  // The same label on two chips: neither can be taken for the rail of that name.
  std::vector<std::string> names;
  for (const InaRail& rail : all.rails) names.push_back(rail.name);
  for (InaRail& rail : all.rails) {
    if (std::count(names.begin(), names.end(), rail.name) > 1) {
      rail.name += " (" + all.chips[rail.chip].address + ")";
    }
  }
  return all;
}

}  // namespace layerwatt
