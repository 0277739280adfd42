// The main job as one call: run an engine, sample power beside it, attribute, report.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/attribution.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

// A rail, as it was last read.
struct RailNow {
  std::string name;
  double mw = 0.0;
};

// A layer, as far as it is known while the run goes on: its time, not yet its energy.
struct LayerNow {
  std::string name;
  double time_ms = 0.0;          // mean so far
  double share = 0.0;            // of the layers' time
  std::optional<double> ci_pct;  // of that time
};

struct Progress {
  std::size_t iterations = 0;
  std::optional<std::size_t> iterations_wanted;  // empty: until precise enough or out of time
  double elapsed_s = 0.0;
  double limit_s = 0.0;            // 0 = none
  std::optional<double> power_mw;  // the latest total
  std::optional<double>
      worst_ci_pct;  // of the layers above 1 % of the energy (of the time, so far)
  // Until the target is met, by the last real attribution: intervals narrow with the square root of
  // time. Empty before the first one that could say.
  std::optional<double> predicted_s;
  std::vector<RailNow> rails;        // those that were read last, in the sensor's order
  std::vector<LayerNow> top_layers;  // a few, the longest first
};

struct ProfileOptions {
  std::string engine = "auto";
  std::string sensor = "auto";  // a name, "none", or "NAME:ARGUMENT" ("file:F")
  EngineOptions engine_options;
  SensorOptions sensor_options;
  AttributionOptions attribution;
  std::optional<std::size_t> iterations;  // given: exactly so many; else until target_ci_pct
  double target_ci_pct = 5.0;
  // Of the measurement, without loading and warm-up. Empty: 60 s, and no limit with `iterations`.
  std::optional<double> max_time_s;
  std::size_t warmup = 10;
  // After the warm-up, go on warming up for as long as power and temperature still change, at most
  // so many seconds. Empty: not at all.
  std::optional<double> steady_s;
  // Measure the idle device before and after, and report energy beyond that too.
  bool idle_baseline = false;
  // Where the recording is kept; empty: a temporary directory that is removed afterwards.
  std::filesystem::path save;
  // Called a few times a second from the measuring thread.
  std::function<void(const Progress&)> on_progress;
  // One sentence each, before the run: which engine and which sensor, and why.
  std::function<void(const std::string&)> on_note;
  // Set from a signal handler: the run ends early, and what was measured is reported.
  const std::atomic<bool>* stop = nullptr;
};

struct Profile {
  Recording recording;
  Result result;
  bool interrupted = false;
  // What ended the run before its time, when something had been measured by then: the recording and
  // the result tell that part.
  std::optional<Error> failure;
};

// Engine and sensor are found in the registry; readings and times go through a recording on disk,
// so that a live profile and a replayed one are the same arithmetic. One thread; throws Error.
Profile profile(const Host& host, const ProfileOptions& options);

// The same with an engine of the caller's own, such as make_graph_engine()'s, which is loaded here;
// options.engine and engine_options were settled when it was made, but for the seed.
// sensor_options.on_gpu says where it runs, for the sensor "auto".
Profile profile(const Host& host, Engine& engine, const ProfileOptions& options);

}  // namespace layerwatt
