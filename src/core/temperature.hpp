// How warm this machine is, by the kernel's thermal zones.
#pragma once

#include <optional>

#include "layerwatt/host.hpp"

namespace layerwatt {

// The warmest of /sys/class/thermal/thermal_zone*, in °C. Zones that are switched off (a Jetson's
// read −256 °C, or give an error) and constants ("PMIC") are passed over. Empty where there is
// none.
std::optional<double> warmest_zone_c(const SysRoot& sys);

}  // namespace layerwatt
