// Warming up until power and temperature are steady, before anything is recorded.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

struct WarmUpOptions {
  double most_s = 60.0;
  // Of the device, in °C; empty, or without a value, where it cannot be read.
  std::function<std::optional<double>()> temperature_c;
  std::function<bool()> stopped;
};

struct WarmUp {
  double seconds = 0.0;
  bool steady = false;
  // What still changed, in words; empty where it is steady.
  std::string left;
};

// Inferences, one after the other, while the sensor (opened; nullptr: none) is read into nowhere:
// it is started here and stopped again, so that what runs unrecorded is not in the recording, where
// it would pass for idle power. Throws what the engine and the sensor throw.
WarmUp warm_up(Clock& clock, Engine& engine, Sensor* sensor, const WarmUpOptions& options);

}  // namespace layerwatt
