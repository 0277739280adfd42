// Every backend of this build, from the tables that layerwatt_add() in CMake generates. The command
// line's choices, its help and the hints of its errors iterate these; no other list exists.
#pragma once

#include <span>
#include <string_view>

#include "layerwatt/engine.hpp"
#include "layerwatt/report.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

std::span<const EngineBackend> engines();
std::span<const SensorBackend> sensors();
std::span<const ReportBackend> reports();

// Throws Error(usage) whose hint lists the names there are.
const EngineBackend& find_engine(std::string_view name);
const SensorBackend& find_sensor(std::string_view name);
const ReportBackend& find_report(std::string_view name);

// The engine for a model by its file name's ending. Throws Error(usage) listing the endings.
const EngineBackend& engine_for_model(const std::filesystem::path& model);

struct SensorChoice {
  const SensorBackend* backend = nullptr;
  std::string why;  // one sentence, printed and kept in the result
};
// --sensor auto. Throws Error(sensor) when nothing is usable, with each backend's reason.
SensorChoice choose_sensor(const Host& host, const SensorOptions& options);

}  // namespace layerwatt
