#include "layerwatt/profile_engine.hpp"

#include <utility>

#include "layerwatt/error.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "record/recorder.hpp"

namespace layerwatt {
namespace {

ProfileOptions all_options(const ProfileEngineOptions& options) {
  ProfileOptions all;
  all.engine_options = options.engine_options;
  all.engine_options.dla_core = options.dla_core;
  all.engine_options.device = options.device.value_or(0);
  all.engine_options.cuda_graph = options.cuda_graph;
  all.sensor = options.sensor;
  all.sensor_options.interval_ms = options.tegra_interval_ms;
  all.sensor_options.device = options.device.value_or(0);
  all.iterations = options.iterations;
  all.warmup = options.warmup ? options.warmup_iterations : 0;
  all.on_note = options.verbose;
  all.save = options.save;
  return all;
}

}  // namespace

Profile profile_engine(const std::filesystem::path& engine, const ProfileEngineOptions& options,
                       const Host& host) {
  ProfileOptions all = all_options(options);
  all.engine_options.model = engine;
  return profile(host, all);
}

Profile profile_engine(nvinfer1::ICudaEngine& engine, const ProfileEngineOptions& options,
                       const Host& host) {
  ProfileOptions all = all_options(options);
  all.engine = "tensorrt";
  all.engine_options.cuda_engine = &engine;
  return profile(host, all);
}

Profile profile_engine(Engine& engine, const ProfileEngineOptions& options, const Host& host) {
  if (options.dla_core || options.device || options.cuda_graph) {
    throw Error(ErrorKind::usage, "dla_core, device and cuda_graph belong to the engine", {},
                "give them in EngineOptions, when the engine is made");
  }
  SensorOptions sensor_options;
  sensor_options.interval_ms = options.tegra_interval_ms;
  const ChosenSensor sensor = open_sensor_choice(host, options.sensor, sensor_options);
  if (options.verbose) options.verbose(sensor.why);
  std::optional<TemporaryDirectory> temporary;
  std::filesystem::path directory = options.save;
  if (directory.empty()) directory = temporary.emplace("layerwatt").path() / "recording";
  RunOptions run;
  run.iterations = options.iterations;
  run.warmup = options.warmup ? options.warmup_iterations : 0;
  run.interval_ms = options.tegra_interval_ms;
  run.sensor_note = sensor.why;
  const RunOutcome outcome = record_run(*host.clock, engine, sensor.sensor.get(), directory, run);
  if (outcome.failure && outcome.iterations == 0) throw *outcome.failure;
  Profile profile;
  profile.interrupted = outcome.interrupted;
  profile.failure = outcome.failure;
  profile.recording = load_recording(directory);
  profile.result = attribute(profile.recording, {});
  return profile;
}

}  // namespace layerwatt
