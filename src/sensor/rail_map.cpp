#include "sensor/rail_map.hpp"

#include <algorithm>

namespace layerwatt {
namespace {

constexpr std::array kRailSets = {
    RailSet{{"VDD_IN"},
            1,
            "module",
            "TX1, TX2, Xavier NX, Orin NX, Orin Nano: the module's input, which contains the other "
            "rails (NVIDIA forum 200883)"},
    RailSet{{"POM_5V_IN"},
            1,
            "module",
            "Nano: the 5 V input, which contains GPU and CPU (NVIDIA forum 73608)"},
    RailSet{{"VIN"},
            1,
            "devkit input",
            "AGX Thor developer kit: everything behind the carrier's INA238 (NVIDIA forum 366461)"},
    RailSet{{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"},
            3,
            "module",
            "AGX Orin: disjoint; VDDQ_VDD2_1V8AO is part of VIN_SYS_5V0 (NVIDIA forum 223111)"},
    RailSet{{"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"},
            3,
            "module part",
            "AGX Thor on a carrier without VIN: what the module's own monitor sees"},
    RailSet{{"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"},
            6,
            "module",
            "AGX Xavier: disjoint, and there is no input rail (NVIDIA forum 75574)"},
};

std::span<const std::string_view> needed(const RailSet& set) {
  return {set.rails.data(), set.count};
}

std::ptrdiff_t times(std::span<const std::string_view> names, std::string_view name) {
  return std::count(names.begin(), names.end(), name);
}

std::string join(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

// The set of which most is there tells the user which rail is gone.
std::string why_no_total(std::span<const std::string_view> names) {
  if (names.empty()) return "no rails";
  const RailSet* nearest = nullptr;
  std::size_t most = 0;
  for (const RailSet& set : kRailSets) {
    const auto there = static_cast<std::size_t>(
        std::count_if(needed(set).begin(), needed(set).end(),
                      [&](std::string_view rail) { return times(names, rail) > 0; }));
    if (there > most) {
      most = there;
      nearest = &set;
    }
  }
  if (nearest == nullptr) return "no known set of rails among " + join(names);
  std::vector<std::string_view> missing;
  for (const std::string_view rail : needed(*nearest)) {
    if (times(names, rail) == 0) missing.push_back(rail);
  }
  if (missing.empty()) return "a rail of the total is there twice: " + join(names);
  return "the total needs " + join(missing) + " as well";
}

}  // namespace

std::span<const RailSet> rail_sets() { return kRailSets; }

const RailSet* find_rail_set(std::span<const std::string_view> names) {
  for (const RailSet& set : kRailSets) {
    const auto rails = needed(set);
    if (std::all_of(rails.begin(), rails.end(),
                    [&](std::string_view rail) { return times(names, rail) == 1; })) {
      return &set;
    }
  }
  return nullptr;
}

RailChoice choose_rails(std::span<const std::string_view> names) {
  RailChoice choice;
  const RailSet* set = find_rail_set(names);
  choice.rails.reserve(names.size());
  for (const std::string_view name : names) {
    const bool in_total = set != nullptr && times(needed(*set), name) > 0;
    choice.rails.push_back({std::string(name), in_total});
  }
  if (set != nullptr) {
    choice.scope = set->scope;
  } else {
    choice.reason = why_no_total(names);
  }
  return choice;
}

RailChoice choose_rails(std::span<const std::string> names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return choose_rails(std::span<const std::string_view>(views));
}

}  // namespace layerwatt
