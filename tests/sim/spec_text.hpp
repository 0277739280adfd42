// A small spec that tests change by a JSON merge patch (RFC 7386).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "layerwatt/clock.hpp"
#include "sim/device.hpp"
#include "sim/spec.hpp"

namespace layerwatt::sim::fake {

inline nlohmann::json small_spec() {
  return nlohmann::json::parse(R"({
    "format": "layerwatt-sim", "version": 1, "name": "small",
    "rails": [{"name": "VDD_IN", "idle_mw": 1000}],
    "engine": {"layers": [
      {"name": "conv1", "type": "Convolution", "time_ms": 2, "power_mw": 5000},
      {"name": "fc", "time_ms": 1, "power_mw": 3000}]},
    "sensor": {"period_ms": 1}
  })");
}

inline Spec spec_with(const std::string& patch) {
  nlohmann::json json = small_spec();
  json.merge_patch(nlohmann::json::parse(patch));
  return parse_spec(json.dump(), "test.sim.json");
}

constexpr std::int64_t kStartNs = 1'000'000'000'000;

inline std::shared_ptr<Device> virtual_device(Spec spec) {
  return std::make_shared<Device>(std::move(spec), std::make_shared<VirtualClock>(kStartNs));
}

}  // namespace layerwatt::sim::fake
