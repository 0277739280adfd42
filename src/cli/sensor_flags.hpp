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

// --calibration and --response: whose figures of the sensor to believe.
void add_response_flags(CLI::App& app, const Help& help, SensorOptions& options);

// "window=1.1,latency=7.3" → figures; the others stay empty. Throws Error(usage).
SensorModel parse_response(const std::string& text);

// "auto" → empty.
std::optional<Method> method_of_flag(const std::string& name);

}  // namespace layerwatt::cli
