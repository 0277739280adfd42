#include "cli/sensor_flags.hpp"

#include <CLI/CLI.hpp>

#include "cli/validators.hpp"

namespace layerwatt::cli {

void add_sensor_flags(CLI::App& app, const Help& help, std::string& sensor,
                      SensorOptions& options) {
  app.add_option("--sensor", sensor, help.option("--sensor"))->type_name("NAME");
  app.add_option("--interval", options.interval_ms, help.option("--interval"))
      ->check(positive())
      ->type_name("MS");
  app.add_option("--device", options.device, help.option("--device"))
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
}

std::optional<Method> method_of_flag(const std::string& name) {
  for (const Method method : {Method::overlap, Method::deconvolve, Method::excite}) {
    if (name == to_string(method)) return method;
  }
  return std::nullopt;
}

}  // namespace layerwatt::cli
