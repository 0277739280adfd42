// Flags that several commands share.
#pragma once

#include <optional>
#include <string>

#include "cli/help.hpp"
#include "layerwatt/result.hpp"
#include "layerwatt/sensor.hpp"

namespace CLI {
class App;
}

namespace layerwatt::cli {

// --sensor, --interval, --device; the command's page must describe them.
void add_sensor_flags(CLI::App& app, const Help& help, std::string& sensor, SensorOptions& options);

// "auto" → empty.
std::optional<Method> method_of_flag(const std::string& name);

}  // namespace layerwatt::cli
