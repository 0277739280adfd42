#include "layerwatt/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "attribution/calibrate_response.hpp"
#include "engine/builtin_workload.hpp"
#include "engine/cpu_load.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "profile/calibration_store.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "record/square_wave.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

constexpr const char* kSimulatedEngine = "sim";
constexpr double kShortestMs = 5.0;
constexpr double kGpuLayerMs = 0.25;
// On and off must be longer than what cannot be interrupted.
constexpr double kPassesPerDwell = 2.0;
constexpr int kPassesTimed = 5;

// A load, and what keeps it alive.
struct Load {
  SquareLoad square;
  std::string words;
  double shortest_ms = kShortestMs;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<CpuLoad> cpu;
};

Host host_for(const Host& given, const CalibrateOptions& options) {
  Host host = given;
  if (options.model.empty()) return host;
  const ChosenEngine chosen = choose_engine(given, "auto", options.model);
  if (chosen.backend->name != kSimulatedEngine) {
    throw Error(ErrorKind::usage, "is not a simulated device", options.model.string(),
                "calibrate brings a load of its own; give a .sim.json, or nothing");
  }
  if (!host.simulated) sim::attach_device(host, options.model);
  return host;
}

SensorOptions driver_alone(SensorOptions options) {
  options.calibration = "none";
  options.response = {};
  return options;
}

Covers covers(const std::string& kind) {
  for (const SensorBackend& backend : sensors()) {
    if (backend.name == kind) return backend.covers;
  }
  return Covers::everything;
}

void burst_of(Engine& engine, const Clock& clock, std::int64_t duration_ns,
              const std::function<void(const Inference&)>& ran) {
  const std::int64_t until_ns = clock.now_ns() + duration_ns;
  Inference inference;
  do {
    engine.infer(inference);
    ran(inference);
  } while (clock.now_ns() < until_ns);
}

void use_engine(Load& load, const Host& host) {
  Engine& engine = *load.engine;
  engine.load();
  double pass_ms = 0.0;
  Inference inference;
  for (int i = 0; i < kPassesTimed; ++i) {
    engine.infer(inference);
    pass_ms = std::max(pass_ms, static_cast<double>(inference.end_ns - inference.start_ns) / 1e6);
  }
  load.shortest_ms = std::max(kShortestMs, kPassesPerDwell * pass_ms);
  load.square.layers = engine.layers();
  load.square.engine_json = engine.engine_json();
  load.square.device_json = engine.device_json();
  load.square.burst = [&engine, clock = host.clock](std::int64_t duration_ns, const auto& ran) {
    burst_of(engine, *clock, duration_ns, ran);
  };
}

void use_cpu(Load& load, const Host& host) {
  // One is left to the sensor's thread, where there are several.
  const unsigned all = std::max(1U, std::thread::hardware_concurrency());
  const unsigned threads = std::max(1U, all - 1);
  load.cpu = std::make_unique<CpuLoad>(host.clock, threads);
  load.words = fmt::format("arithmetic on {} of {} CPU threads", threads, all);
  load.square.layers = {{"busy", "fma", "f64"}};
  load.square.engine_json = R"({"name":"calibrate","load":"cpu"})";
  load.square.device_json = R"({"kind":"cpu"})";
  load.square.burst = [&cpu = *load.cpu](std::int64_t duration_ns, const auto& ran) {
    Inference inference;
    cpu.burst(duration_ns, inference);
    ran(inference);
  };
}

Load make_load(const Host& host, const CalibrateOptions& options, const SensorInfo& sensor) {
  Load load;
  if (host.simulated) {
    if (options.load != CalibrationLoad::automatic) {
      throw Error(ErrorKind::usage, "a simulated device has a load of its own", "--load",
                  "leave it out");
    }
    EngineOptions engine_options;
    engine_options.model = options.model;
    load.engine = find_engine(kSimulatedEngine).create(host, engine_options);
    use_engine(load, host);
    load.words = "the simulated network";
    return load;
  }
  const Covers seen = covers(sensor.kind);
  if (options.load != CalibrationLoad::cpu &&
      (options.load == CalibrationLoad::gpu || seen != Covers::cpu)) {
    try {
      load.engine = make_gpu_workload(host, options.sensor_options.device, kGpuLayerMs);
      use_engine(load, host);
      load.words = "arithmetic and copies on the GPU (CUDA)";
      return load;
    } catch (const Error& error) {
      load.engine.reset();
      if (options.load == CalibrationLoad::gpu) throw;
      if (seen == Covers::gpu) {
        throw Error(
            ErrorKind::engine,
            "a load on the GPU is needed to calibrate " + sensor.kind + ", and " + error.problem(),
            error.where(), error.hint());
      }
    }
  }
  use_cpu(load, host);
  return load;
}

ChosenSensor choose(const Host& host, const CalibrateOptions& options) {
  ChosenSensor chosen =
      open_sensor_choice(host, options.sensor, driver_alone(options.sensor_options));
  if (chosen.sensor == nullptr) {
    throw Error(ErrorKind::usage, "there is nothing to calibrate without a sensor", "--sensor none",
                "`layerwatt sensors` lists what this machine has");
  }
  chosen.sensor->open();
  return chosen;
}

std::uint64_t seed_of(const Host& host, const CalibrateOptions& options) {
  if (options.seed) return *options.seed;
  // A simulation gives the same figures each time.
  if (host.simulated) return 1;
  return static_cast<std::uint64_t>(host.clock->now_ns());
}

// Of each kind the first, and how often it came.
void warn_about_incidents(Calibration& figures, const std::vector<Incident>& incidents) {
  std::map<std::string, std::pair<std::size_t, std::string>> by_code;
  for (const Incident& incident : incidents) {
    auto& [count, message] = by_code.try_emplace(incident.code, 0, incident.message).first->second;
    ++count;
  }
  for (const auto& [code, entry] : by_code) {
    figures.warnings.push_back({code,
                                entry.first == 1 ? entry.second
                                                 : fmt::format("{} (and {} more of its kind)",
                                                               entry.second, entry.first - 1),
                                ""});
  }
}

}  // namespace

CalibrationPlan plan_calibration(const Host& given, const CalibrateOptions& options) {
  const Host host = host_for(given, options);
  const ChosenSensor chosen = choose(host, options);
  CalibrationPlan plan;
  plan.sensor = chosen.sensor->info();
  plan.why_sensor = chosen.why;
  plan.load = make_load(host, options, plan.sensor).words;
  plan.seconds = options.max_time_s;
  return plan;
}

StoredCalibration calibrate(const Host& given, const CalibrateOptions& options) {
  const Host host = host_for(given, options);
  const ChosenSensor chosen = choose(host, options);
  const SensorInfo info = chosen.sensor->info();
  const Load load = make_load(host, options, info);
  if (options.on_note) {
    options.on_note(chosen.why);
    options.on_note("load: " + load.words);
  }
  std::optional<TemporaryDirectory> temporary;
  std::filesystem::path directory = options.save;
  if (directory.empty()) directory = temporary.emplace("layerwatt-calibrate").path() / "recording";

  SquareWaveOptions run;
  run.seconds = options.max_time_s;
  run.shortest_ms = load.shortest_ms;
  run.interval_ms = options.sensor_options.interval_ms;
  run.seed = seed_of(host, options);
  run.sensor_note = chosen.why;
  run.stop = options.stop;
  run.on_progress = options.on_progress;
  const RunOutcome outcome =
      record_square_wave(*host.clock, load.square, *chosen.sensor, directory, run);
  if (outcome.failure) throw *outcome.failure;
  if (outcome.interrupted) {
    throw Error(ErrorKind::interrupted, "interrupted: nothing was stored", "calibrate");
  }

  const Recording recording = load_recording(directory);
  CalibrationSettings settings;
  settings.interval_ms = options.sensor_options.interval_ms;
  if (load.cpu) settings.edge_error_ms = load.cpu->edge_error_ms();
  if (load.engine) {
    settings.edge_error_ms = clock_uncertainty_us(*load.engine).value_or(0.0) / 1e3;
  }
  StoredCalibration stored;
  stored.date = iso8601_utc(host.clock->now_ns());
  stored.host = host_hash(host.sys);
  stored.kind = info.kind;
  stored.identity = info.identity;
  stored.reading = info.reading;
  for (const Rail& rail : info.rails) stored.rails.push_back(rail.name);
  stored.figures = calibrate_response(recording.iterations, recording.power, info.model, settings);
  warn_about_incidents(stored.figures, recording.incidents);
  return stored;
}

}  // namespace layerwatt
