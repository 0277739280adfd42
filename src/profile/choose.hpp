// From the words of the command line to an engine and a sensor, and one sentence on why.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "layerwatt/engine.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

struct ChosenSensor {
  std::unique_ptr<Sensor> sensor;  // empty for "none"
  std::string why;                 // one sentence
};

// `name`: "auto", "none", a name of the registry, or "NAME:ARGUMENT" ("file:power.csv"). With a
// simulated host, "auto" is its own sensor: any other would measure this machine. Throws
// Error(usage) for an unknown name, Error(sensor) with the reason and the hint of the backend's own
// probe where it cannot be used; Error(usage) where that is for a GPU that is not there.
ChosenSensor open_sensor_choice(const Host& host, const std::string& name, SensorOptions options);

// Why layers have to be repeated on purpose to tell them apart (one sentence), or empty where the
// sensor is not known to be slower than two passes.
std::string why_excite(const SensorInfo& sensor, std::optional<double> pass_ms);

struct ChosenEngine {
  const EngineBackend* backend = nullptr;
  std::string why;
};

// `name`: "auto" (by the model's ending) or a name of the registry. Throws Error(bad_input) when
// there is no such model, Error(usage) for an unknown name or ending, Error(engine) with the reason
// where the engine cannot be used.
ChosenEngine choose_engine(const Host& host, const std::string& name,
                           const std::filesystem::path& model);

// For an engine of a model that is loaded already.
ChosenEngine choose_loaded_engine(const std::string& name);

}  // namespace layerwatt
