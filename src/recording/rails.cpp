#include "recording/rails.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "sensor/rail_map.hpp"

namespace layerwatt::recording {
namespace {

bool any_in_total(const std::vector<Rail>& rails) {
  return std::any_of(rails.begin(), rails.end(), [](const Rail& rail) { return rail.in_total; });
}

std::string sum_of(const std::vector<Rail>& rails) {
  std::vector<std::string> names;
  for (const auto& rail : rails) {
    if (rail.in_total) names.push_back(rail.name);
  }
  return fmt::format("{} {}", names.size() == 1 ? "rail" : "sum of", fmt::join(names, " + "));
}

void by_manifest(const std::vector<std::string>& columns, SensorInfo& sensor,
                 std::vector<Warning>& warnings) {
  std::vector<Rail> rails;
  std::vector<bool> taken(sensor.rails.size(), false);
  std::vector<std::string> unknown;
  for (const auto& column : columns) {
    // A name may repeat: the second column of a name is the second rail of that name.
    std::size_t i = 0;
    while (i < taken.size() && (taken[i] || sensor.rails[i].name != column)) ++i;
    if (i < taken.size()) {
      taken[i] = true;
    } else {
      unknown.push_back(column);
    }
    rails.push_back({column, i < taken.size() && sensor.rails[i].in_total});
  }
  if (!unknown.empty()) {
    warnings.push_back({"unknown_rail",
                        fmt::format("the manifest does not name the rail(s) {}: shown, not summed",
                                    fmt::join(unknown, ", ")),
                        "add them to sensor.rails in manifest.json"});
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i] && sensor.rails[i].in_total) missing.push_back(sensor.rails[i].name);
  }
  if (!missing.empty()) {
    for (auto& rail : rails) rail.in_total = false;
    sensor.scope.clear();
    warnings.push_back({"rail_missing",
                        fmt::format("no reading of {}, which the total needs: no total is formed",
                                    fmt::join(missing, ", ")),
                        "per-rail figures are still given"});
  }
  sensor.rails = std::move(rails);
}

void by_rail_set(const std::vector<std::string>& columns, SensorInfo& sensor,
                 std::vector<Warning>& warnings) {
  auto choice = choose_rails(std::span<const std::string>(columns));
  if (choice.scope.empty() && columns.size() == 1) choice.rails = {{columns.front(), true}};
  sensor.rails = std::move(choice.rails);
  if (sensor.scope.empty()) sensor.scope = choice.scope;
  if (any_in_total(sensor.rails)) return;
  sensor.scope.clear();
  warnings.push_back({"unknown_rail_set",
                      fmt::format("it is not known which of the rails {} add up to the total: none "
                                  "is formed ({})",
                                  fmt::join(columns, ", "), choice.reason),
                      "say it in a manifest.json: sensor.rails with \"in_total\" for every rail"});
}

}  // namespace

void decide_rails(const std::vector<std::string>& columns, const std::vector<bool>& in_total_known,
                  SensorInfo& sensor, std::vector<Warning>& warnings) {
  const bool manifest_says =
      !in_total_known.empty() &&
      std::all_of(in_total_known.begin(), in_total_known.end(), [](bool known) { return known; });
  if (manifest_says) {
    by_manifest(columns, sensor, warnings);
  } else {
    by_rail_set(columns, sensor, warnings);
  }
  if (sensor.scope.empty() && any_in_total(sensor.rails)) sensor.scope = sum_of(sensor.rails);
}

}  // namespace layerwatt::recording
