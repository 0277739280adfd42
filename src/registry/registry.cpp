#include "layerwatt/registry.hpp"

#include <algorithm>
#include <string>

#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

template <class Backend>
std::string names_of(std::span<const Backend> table) {
  std::string names;
  for (const Backend& backend : table) names += (names.empty() ? "" : ", ") + backend.name;
  return names;
}

template <class Backend>
const Backend& find_in(std::span<const Backend> table, std::string_view kind,
                       std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Backend& backend) { return backend.name == name; });
  if (found != table.end()) return *found;
  throw Error(ErrorKind::usage, "no " + std::string(kind) + " named '" + std::string(name) + "'",
              {}, "there are: " + names_of(table));
}

}  // namespace

const EngineBackend& find_engine(std::string_view name) {
  return find_in(engines(), "engine", name);
}
const SensorBackend& find_sensor(std::string_view name) {
  return find_in(sensors(), "sensor", name);
}
const ReportBackend& find_report(std::string_view name) {
  return find_in(reports(), "report", name);
}

const EngineBackend& engine_for_model(const std::filesystem::path& model) {
  const std::string file = model.filename().string();
  std::string endings;
  for (const EngineBackend& backend : engines()) {
    for (const std::string& extension : backend.extensions) {
      if (file.size() > extension.size() && file.ends_with(extension)) return backend;
      endings += (endings.empty() ? "" : ", ") + extension + " (" + backend.name + ")";
    }
  }
  throw Error(ErrorKind::usage, "cannot tell the engine from the file name", model.string(),
              "give --engine NAME, or a model that ends in " + endings);
}

SensorChoice choose_sensor(const Host& host, const SensorOptions& options) {
  std::vector<const SensorBackend*> ranked;
  for (const SensorBackend& backend : sensors()) {
    const bool blind = (options.on_gpu == false && backend.covers == Covers::gpu) ||
                       (options.on_gpu == true && backend.covers == Covers::cpu);
    if (backend.auto_rank > 0 && !blind) ranked.push_back(&backend);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto* a, const auto* b) { return a->auto_rank > b->auto_rank; });
  std::string refused;
  for (const SensorBackend* backend : ranked) {
    const Availability probed = backend->probe(host, options);
    if (probed.usable) {
      std::string why = "sensor " + backend->name + ": " + probed.reason;
      if (!refused.empty()) why += "; not used: " + refused;
      return {backend, std::move(why)};
    }
    refused += (refused.empty() ? "" : "; ") + backend->name + ": " + probed.reason;
  }
  throw Error(ErrorKind::sensor, "no power source on this machine: " + refused, {},
              "--sensor none measures time alone; `layerwatt doctor` says what is missing");
}

}  // namespace layerwatt
