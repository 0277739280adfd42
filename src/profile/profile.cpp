#include "layerwatt/profile.hpp"

#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/nvml.hpp"
#include "core/temperature.hpp"
#include "layerwatt/error.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "record/excite_recorder.hpp"
#include "record/recorder.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

constexpr double kDefaultMaxTimeS = 60.0;
// Two rounds over sixty layers with a sensor that takes half a second to settle.
constexpr double kDefaultExciteTimeS = 900.0;
constexpr const char* kSimulatedEngine = "sim";

// What the real attribution says of the recording so far: the loader takes what is on disk, up to
// its last whole row.
std::vector<LayerPrecision> precision_so_far(const std::filesystem::path& directory,
                                             const AttributionOptions& options) {
  try {
    return precision_of(attribute(load_recording(directory), options));
  } catch (const Error&) {
    return {};  // nothing to judge by yet
  }
}

RunOptions run_options(const ProfileOptions& options, const std::filesystem::path& directory,
                       bool has_sensor) {
  RunOptions run;
  run.iterations = options.iterations;
  run.rule.target_ci_pct = options.target_ci_pct;
  run.max_time_s = options.max_time_s;
  if (!run.max_time_s && !run.iterations) run.max_time_s = kDefaultMaxTimeS;
  run.warmup = options.warmup;
  run.steady_s = options.steady_s;
  run.idle_baseline = options.idle_baseline;
  run.interval_ms = options.sensor_options.interval_ms;
  run.on_progress = options.on_progress;
  run.stop = options.stop;
  if (has_sensor) {
    run.refine = [directory, attribution = options.attribution] {
      return precision_so_far(directory, attribution);
    };
  }
  return run;
}

void refuse_used_directory(const std::filesystem::path& directory) {
  std::error_code failed;
  // The writer would refuse it too, but only after the model was loaded and warmed up.
  if (std::filesystem::exists(directory / "manifest.json", failed)) {
    throw Error(ErrorKind::usage, "already holds a recording", directory.string(),
                "give another folder, or remove this one first");
  }
}

// Whether to repeat layers on purpose; prepares the run, since that is known of it only then.
bool wants_excitation(const ProfileOptions& options, Clock& clock, Engine& engine, Sensor* sensor,
                      RunOptions& run) {
  if (options.attribution.method == Method::excite) {
    if (!options.iterations) return true;
    throw Error(ErrorKind::usage, "method excite measures windows of seconds, not inferences",
                "--iterations", "leave it out; --target-ci or --max-time end the run");
  }
  if (options.attribution.method || options.iterations || sensor == nullptr) return false;
  run.prepared = prepare_run(clock, engine, sensor, run);
  const std::string why = why_excite(run.prepared->sensor, run.prepared->pass_ms);
  // Some engines run passes to find out whether they can: not where it is not wanted.
  if (why.empty()) return false;
  const bool can = engine.repeating() != nullptr;
  const std::string why_not = engine.why_not_repeating();
  if (options.on_note && can) options.on_note(why);
  if (options.on_note && !can && !why_not.empty()) {
    options.on_note("not method excite, though the sensor is slow: " + why_not);
  }
  return can;
}

// The GPU's own temperature where there is one to ask, else the machine's warmest zone; a simulated
// board has none.
std::function<std::optional<double>()> thermometer(const Host& host, bool on_gpu, int device) {
  if (host.simulated) return {};
  if (on_gpu) {
    try {
      const nvml::Machine machine = nvml::open(host.sys);
      const auto index = static_cast<std::size_t>(device);
      if (index < machine.gpus.size() && machine.gpus[index].temperature_c()) {
        return [gpu = machine.gpus[index]]() -> std::optional<double> {
          const Known<unsigned> celsius = gpu.temperature_c();
          return celsius ? std::optional<double>(*celsius) : std::nullopt;
        };
      }
    } catch (const Error&) {  // no NVML: a Jetson has thermal zones
    }
  }
  return [sys = host.sys] { return warmest_zone_c(sys); };
}

// A simulated model brings its own board, and its own time.
Host host_for(const Host& given, const ChosenEngine& chosen, const std::filesystem::path& model) {
  Host host = given;
  if (chosen.backend->name == kSimulatedEngine && !host.simulated) sim::attach_device(host, model);
  return host;
}

void tell(const ProfileOptions& options, const std::string& note) {
  if (options.on_note) options.on_note(note);
}

Profile measure(const Host& host, Engine& engine, const ChosenSensor& chosen, bool on_gpu,
                const std::filesystem::path& directory, const ProfileOptions& options) {
  Sensor* sensor = chosen.sensor.get();
  RunOptions run = run_options(options, directory, sensor != nullptr);
  run.sensor_note = chosen.why;
  run.temperature_c = thermometer(host, on_gpu, options.sensor_options.device);
  // Virtual time would not wait for it; and on the CPUs, what the attribution takes would be
  // measured too.
  run.refine_aside = host.simulated ? host.simulated->real_time() : on_gpu;
  RunOutcome outcome;
  if (wants_excitation(options, *host.clock, engine, sensor, run)) {
    ExciteOptions excite;
    excite.seed = options.engine_options.seed;
    if (!options.max_time_s) run.max_time_s = kDefaultExciteTimeS;
    outcome = record_excitation(*host.clock, engine, sensor, directory, run, excite);
  } else {
    outcome = record_run(*host.clock, engine, sensor, directory, run);
  }
  if (outcome.failure && outcome.iterations == 0) throw *outcome.failure;

  Profile profile;
  profile.interrupted = outcome.interrupted;
  profile.failure = outcome.failure;
  try {
    profile.recording = load_recording(directory);
    profile.result = attribute(profile.recording, options.attribution);
  } catch (const Error&) {
    // What broke the run is also what makes its remains unusable: tell the cause.
    if (outcome.failure) throw *outcome.failure;
    throw;
  }
  return profile;
}

void check_empty_cache(const ProfileOptions& options, const std::string& engine) {
  if (options.engine_options.empty_cache != EmptyCache::always) return;
  if (engine != "cuda-graph" && engine != "tensorrt") {
    throw Error(ErrorKind::usage, "engine " + engine + " has no cache to empty", "--empty-cache",
                "it is for engines that repeat layers on a GPU: tensorrt and cuda-graph");
  }
  if (options.attribution.method != Method::excite) {
    throw Error(ErrorKind::usage, "only method excite repeats layers", "--empty-cache",
                "use --method excite");
  }
}

void check_half_passes(const ProfileOptions& options, const std::string& engine) {
  if (!options.engine_options.half_passes) return;
  if (engine == "tensorrt") {
    throw Error(ErrorKind::usage,
                "TensorRT lets layers share memory, so that half a pass would run on what other "
                "layers wrote",
                "--half-passes", "use --empty-cache=auto");
  }
  if (engine != "cuda-graph" && engine != kSimulatedEngine) {
    throw Error(ErrorKind::usage, "engine " + engine + " cannot run half a pass", "--half-passes",
                "it is for the engine cuda-graph");
  }
  if (options.attribution.method != Method::excite) {
    throw Error(ErrorKind::usage, "only method excite runs layers more than once", "--half-passes",
                "use --method excite");
  }
  if (options.engine_options.empty_cache != EmptyCache::never) {
    throw Error(ErrorKind::usage, "half passes have the cache as it is in a pass", "--half-passes",
                "leave it or --empty-cache out");
  }
}

// Where the recording goes: the caller's folder, or one that goes away with this.
class Place {
 public:
  explicit Place(const std::filesystem::path& save) : directory_(save) {
    if (save.empty()) directory_ = temporary_.emplace("layerwatt").path() / "recording";
    refuse_used_directory(directory_);
  }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::optional<TemporaryDirectory> temporary_;
  std::filesystem::path directory_;
};

}  // namespace

Profile profile(const Host& given, const ProfileOptions& options) {
  const ChosenEngine chosen =
      options.engine_options.cuda_engine != nullptr
          ? choose_loaded_engine(options.engine)
          : choose_engine(given, options.engine, options.engine_options.model);
  check_empty_cache(options, chosen.backend->name);
  check_half_passes(options, chosen.backend->name);
  const Host host = host_for(given, chosen, options.engine_options.model);
  SensorOptions sensor_options = options.sensor_options;
  sensor_options.on_gpu = chosen.backend->on_gpu;
  const ChosenSensor sensor = open_sensor_choice(host, options.sensor, sensor_options);
  tell(options, chosen.why);
  tell(options, sensor.why);
  const Place place(options.save);
  const std::unique_ptr<Engine> engine = chosen.backend->create(host, options.engine_options);
  return measure(host, *engine, sensor, chosen.backend->on_gpu, place.directory(), options);
}

Profile profile(const Host& host, Engine& engine, const ProfileOptions& options) {
  const ChosenSensor sensor = open_sensor_choice(host, options.sensor, options.sensor_options);
  tell(options, sensor.why);
  const Place place(options.save);
  return measure(host, engine, sensor, options.sensor_options.on_gpu.value_or(false),
                 place.directory(), options);
}

}  // namespace layerwatt
