// A small .sim.json: three layers of 2, 1 and 1 ms, with a sensor that is nearly ideal.
#pragma once

#include <string>

namespace layerwatt::fakes {

inline std::string simulated_model(const std::string& time = "virtual") {
  return R"({"format": "layerwatt-sim", "version": 1, "name": "three", "time": ")" + time +
         R"(", "seed": 7,
 "rails": [{"name": "BOARD", "idle_mw": 2000}],
 "engine": {
  "outside": {"time_ms": 0.5, "power_mw": 3000},
  "layers": [
   {"name": "conv", "type": "Convolution", "time_ms": 2.0, "jitter": 0.02, "power_mw": 10000},
   {"name": "pool, \"max\"", "type": "Pooling", "time_ms": 1.0, "jitter": 0.02, "power_mw": 5000},
   {"name": "conv", "type": "Convolution", "time_ms": 1.0, "jitter": 0.02, "power_mw": 8000}]},
 "sensor": {"period_ms": 0.3, "scope": "board"}})";
}

}  // namespace layerwatt::fakes
