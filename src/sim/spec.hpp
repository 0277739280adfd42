// What a .sim.json says: a network on a board, and the sensor that watches it (docs/simulator.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt::sim {

enum class TimeMode {
  virtual_time,  // the clock jumps from event to event: as fast as the machine computes
  real_time,     // an inference lasts as long as it says, readings come from a thread
};

// How the rails stand in a line of tegrastats.
enum class TegrastatsStyle {
  bare,       // "VDD_IN 5444/5425", L4T R28 to R32
  milliwatt,  // "VDD_IN 5444mW/5425mW", R34 to R38
  maximum,    // "VDD_IN 5444mW/5425mW/5600mW", R39
};

struct RailSpec {
  std::string name;
  bool in_total = true;
  double idle_mw = 0.0;
  double step = 0.0;  // of a reading: mW, or mJ for Reading::energy; 0 = not quantised
};

// A stretch of constant power: a layer, or what is left of an inference.
struct StretchSpec {
  double time_ms = 0.0;
  double jitter = 0.0;           // standard deviation of the time, relative
  std::vector<double> power_mw;  // one a rail
  double power_jitter = 0.0;     // standard deviation of the power, relative, all rails alike
};

// A repeat of a layer, relative to the layer in its place.
struct RepeatSpec {
  double time = 1.0;
  double power = 1.0;
};

struct LayerSpec {
  std::string name;
  std::optional<std::string> type;
  StretchSpec stretch;
  RepeatSpec warm;  // right behind the layer
  RepeatSpec cold;  // behind an emptied cache
};

// Slow changes of all power drawn: 1 + rise·(1 − e^(−t/τ)) + amplitude·sin(2πt/period).
struct DriftSpec {
  double rise = 0.0;
  double time_constant_s = 60.0;
  double amplitude = 0.0;
  double period_s = 30.0;
};

struct EngineSpec {
  std::vector<LayerSpec> layers;
  std::optional<StretchSpec> outside;   // after the layers, within the inference
  std::optional<StretchSpec> emptying;  // the cache, in front of repeats; empty: it has none
  double common_jitter = 0.0;           // of all times of an inference together, relative
  double gap_ms = 0.0;                  // idle between two inferences
  DriftSpec drift;
};

struct GridSpec {
  double period_ms = 0.0;
  std::optional<double> phase_ms;  // empty: drawn from the seed
};

struct DeclareSpec {
  bool period = true;
  bool window = true;
  bool latency = true;
  bool time_constant = true;
  bool timestamp_error = true;
};

struct SensorSpec {
  std::optional<double> period_ms;  // between readings; empty: as asked for (--interval)
  double period_jitter_ms = 0.0;
  double window_ms = 0.0;
  double latency_ms = 0.0;
  double time_constant_ms = 0.0;
  double stamp_error_ms = 0.0;
  double noise_mw = 0.0;
  double drop_probability = 0.0;
  std::optional<GridSpec> grid;
  Reading reading = Reading::power;
  bool tegrastats = false;  // store the readings as lines of tegrastats
  TegrastatsStyle style = TegrastatsStyle::milliwatt;
  std::string tegrastats_tokens;  // what stands before the rails in a line: "RAM 2448/30592MB …"
  std::string scope;
  DeclareSpec declare;
};

struct Spec {
  std::string name;
  std::string description;
  std::string device_json = "{}";  // free-form
  TimeMode time = TimeMode::virtual_time;
  std::uint64_t seed = 1;
  std::vector<RailSpec> rails;
  EngineSpec engine;
  SensorSpec sensor;
};

// Throws Error(bad_input) whose `where` names file and key: "a.sim.json: engine.layers[3].time_ms".
Spec parse_spec(std::string_view text, const std::string& source);
Spec load_spec(const std::filesystem::path& path);

}  // namespace layerwatt::sim
