// Which columns of the power file add up to the total.
#pragma once

#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "recording/manifest.hpp"

namespace layerwatt::recording {

// Decides in_total and scope for `columns`, the rails of the power file, and puts them into
// `sensor`: by the manifest, where it says so for every rail; a single rail is the total; else by
// the known sets of sensor/rail_map.hpp; else no rail is in the total. Adds the warnings
// "unknown_rail", "rail_missing", "unknown_rail_set".
void decide_rails(const std::vector<std::string>& columns, const std::vector<bool>& in_total_known,
                  SensorInfo& sensor, std::vector<Warning>& warnings);

}  // namespace layerwatt::recording
