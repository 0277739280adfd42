// Where the rails of INA3221 and INA238 power monitors are in sysfs. Reads, never writes.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/host.hpp"
#include "sensor/ina3221_response.hpp"

namespace layerwatt {

struct InaRail {
  // What is in the files, and so how a power comes of them.
  enum class Form {
    millivolts_milliamperes,  // two files
    volts_amperes_in_one,     // one file, "mV mA" of one conversion
    milliwatts,
    microwatts,
  };
  std::string name;  // as the driver labels it; with the chip behind it where two have the same
  std::size_t chip = 0;
  Form form = Form::milliwatts;
  std::string file;     // under SysRoot
  std::string current;  // second file of millivolts_milliamperes
};

struct InaChip {
  std::string address;  // "1-0040"; the hwmon folder's name where the bus is not to be found
  bool is_ina3221 = true;
  Ina3221Settings settings;
};

struct InaRails {
  std::vector<InaChip> chips;
  std::vector<InaRail> rails;  // by the chips' address and the channel
};

// Both of the drivers for INA3221 (mainline hwmon: L4T R34 and newer; NVIDIA's iio: up to R32), and
// the INA238 on the carrier of AGX Thor. Channels that are switched off or called NC are left out.
InaRails find_ina_rails(const SysRoot& sys);

}  // namespace layerwatt
