// The power monitors of some Jetsons in a fake /sys, as their drivers lay them out.
#pragma once

#include <string>

#include "sensor/fake_root.hpp"

namespace layerwatt {

// The mainline driver: /sys/class/hwmon/hwmonN → …/1-0040/hwmon/hwmonN, `device` → …/1-0040.
inline std::string hwmon_chip(const FakeRoot& root, const std::string& name,
                              const std::string& hwmon, const std::string& address) {
  const std::string device = "/sys/devices/platform/i2c/" + address;
  root.write(device + "/hwmon/" + hwmon + "/name", name);
  root.link(device + "/hwmon/" + hwmon + "/device", device);
  root.link("/sys/class/hwmon/" + hwmon, device + "/hwmon/" + hwmon);
  return "/sys/class/hwmon/" + hwmon;
}

inline void hwmon_channel(const FakeRoot& root, const std::string& folder, int channel,
                          const std::string& label, const std::string& millivolts,
                          const std::string& milliamperes, const std::string& enable = "1") {
  const std::string n = std::to_string(channel);
  root.write(folder + "/in" + n + "_label", label);
  root.write(folder + "/in" + n + "_enable", enable);
  root.write(folder + "/in" + n + "_input", millivolts);
  root.write(folder + "/curr" + n + "_input", milliamperes);
}

// AGX Orin under L4T R36: two chips, the second of which has one rail in use.
inline void agx_orin(const FakeRoot& root) {
  const std::string first = hwmon_chip(root, "ina3221", "hwmon3", "1-0040");
  hwmon_channel(root, first, 1, "VDD_GPU_SOC", "19888", "200");
  hwmon_channel(root, first, 2, "VDD_CPU_CV", "19896", "100");
  hwmon_channel(root, first, 3, "VIN_SYS_5V0", "5040", "860");
  root.write(first + "/in4_input", "400");
  root.write(first + "/in7_label", "sum of shunt voltages");
  root.write(first + "/in7_input", "2320");
  root.write(first + "/curr4_input", "1160");
  root.write(first + "/samples", "1");
  root.write(first + "/update_interval", "7");
  const std::string second = hwmon_chip(root, "ina3221", "hwmon1", "1-0041");
  hwmon_channel(root, second, 1, "NC", "0", "0");
  hwmon_channel(root, second, 2, "VDDQ_VDD2_1V8AO", "5032", "80");
  hwmon_channel(root, second, 3, "NC", "0", "0", "0");
  root.write(second + "/samples", "1");
  root.write(second + "/update_interval", "4");
  root.write("/sys/class/hwmon/hwmon0/name", "thermal");
}

// Xavier NX under L4T R32: NVIDIA's own driver.
inline void xavier_nx_r32(const FakeRoot& root) {
  const std::string device = "/sys/devices/c240000.i2c/7-0040";
  const std::string folder = device + "/iio:device0";
  root.link("/sys/bus/i2c/drivers/ina3221x/7-0040", device);
  root.write("/sys/bus/i2c/drivers/ina3221x/uevent", "");
  root.write(folder + "/rail_name_0", "VDD_IN");
  root.write(folder + "/ui_input_0", "5040 832");
  root.write(folder + "/in_power0_input", "4193");
  root.write(folder + "/rail_name_1", "VDD_CPU_GPU_CV");
  root.write(folder + "/in_power1_input", "1000");
  root.write(folder + "/rail_name_2", "VDD_SOC");
  root.write(folder + "/ui_input_2", "5032 240");
}

}  // namespace layerwatt
