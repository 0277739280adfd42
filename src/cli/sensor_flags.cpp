#include "cli/sensor_flags.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <sstream>

#include "cli/validators.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

struct ResponseWord {
  const char* name;
  std::optional<double> SensorModel::*member;
};
constexpr ResponseWord kResponseWords[] = {
    {"period", &SensorModel::period_ms},
    {"window", &SensorModel::window_ms},
    {"latency", &SensorModel::latency_ms},
    {"time-constant", &SensorModel::time_constant_ms},
    {"stamp-error", &SensorModel::timestamp_error_ms},
};

}  // namespace

SensorModel parse_response(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return Error(ErrorKind::usage, why, "--response " + text,
                 "in ms: period=, window=, latency=, time-constant=, stamp-error=, with commas "
                 "between them");
  };
  SensorModel model;
  std::istringstream words(text);
  std::string word;
  bool any = false;
  while (std::getline(words, word, ',')) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw wrong(fmt::format("'{}' is not NAME=MS", word));
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    double ms = 0.0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
    if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(ms) ||
        ms < 0.0) {
      throw wrong(fmt::format("'{}' is not a number of milliseconds from 0 on", value));
    }
    bool known = false;
    for (const ResponseWord& candidate : kResponseWords) {
      if (name != candidate.name) continue;
      model.*candidate.member = ms;
      known = true;
    }
    if (!known) throw wrong(fmt::format("a sensor has no '{}'", name));
    any = true;
  }
  if (!any) throw wrong("no figure is given");
  return model;
}

void add_response_flags(CLI::App& app, const Help& help, SensorOptions& options) {
  app.add_option("--calibration", options.calibration, help.option("--calibration"))
      ->type_name("FILE");
  app.add_option_function<std::string>(
         "--response",
         [&options](const std::string& text) { options.response = parse_response(text); },
         help.option("--response"))
      ->type_name("NAME=MS,…");
}

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
