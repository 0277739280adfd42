#include "layerwatt/benchmark.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "layerwatt/error.hpp"
#include "profile/choose.hpp"
#include "profile/temporary_directory.hpp"
#include "profile/whole_inference.hpp"
#include "record/recorder.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

constexpr const char* kSimulatedEngine = "sim";

std::optional<std::size_t> batch_of(const std::string& engine_json) {
  const auto engine = nlohmann::json::parse(engine_json, nullptr, false);
  if (!engine.is_object() || !engine.contains("inputs")) return std::nullopt;
  const auto& inputs = engine["inputs"];
  if (!inputs.is_array() || inputs.empty() || !inputs[0].is_object()) return std::nullopt;
  const auto shape = inputs[0].find("shape");
  if (shape == inputs[0].end() || !shape->is_array() || shape->size() < 2) return std::nullopt;
  if (!(*shape)[0].is_number_unsigned()) return std::nullopt;
  const auto batch = (*shape)[0].get<std::size_t>();
  return batch > 0 ? std::optional<std::size_t>(batch) : std::nullopt;
}

BenchmarkResult run(const Host& given, const std::vector<std::filesystem::path>& models,
                    const BenchmarkOptions& options) {
  Host host = given;
  std::vector<std::unique_ptr<Engine>> engines;
  SensorOptions sensor_options = options.sensor_options;
  for (const auto& model : models) {
    const ChosenEngine chosen = choose_engine(host, options.engine, model);
    if (chosen.backend->name == kSimulatedEngine && !host.simulated) {
      sim::attach_device(host, model);
    }
    EngineOptions engine_options = options.engine_options;
    engine_options.model = model;
    sensor_options.on_gpu = chosen.backend->on_gpu;
    engines.push_back(chosen.backend->create(host, engine_options));
  }
  const ChosenSensor sensor = open_sensor_choice(host, options.sensor, sensor_options);
  if (options.on_note) options.on_note(sensor.why);

  WholeInference whole(std::move(engines));
  const TemporaryDirectory temporary("layerwatt-benchmark");
  RunOptions run_options;
  run_options.iterations = options.iterations;
  run_options.warmup = options.warmup;
  run_options.interval_ms = sensor_options.interval_ms;
  run_options.sensor_note = sensor.why;
  run_options.stop = options.stop;
  const RunOutcome outcome = record_run(*host.clock, whole, sensor.sensor.get(),
                                        temporary.path() / "recording", run_options);
  if (outcome.failure) throw *outcome.failure;

  const Recording recording = load_recording(temporary.path() / "recording");
  const Result result = attribute(recording, {});
  BenchmarkResult benchmark;
  benchmark.models = models;
  benchmark.iterations = outcome.iterations;
  benchmark.latency_ms = result.total.time_ms;
  const Iterations& rows = recording.iterations;
  if (rows.size() > 0 && rows.end_ns.back() > rows.start_ns.front()) {
    benchmark.throughput_per_s = static_cast<double>(rows.size()) * 1e9 /
                                 static_cast<double>(rows.end_ns.back() - rows.start_ns.front());
  }
  benchmark.batch = batch_of(recording.manifest.engine_json);
  benchmark.power_mw = result.total.power_mw;
  benchmark.energy_mj = result.total.energy_mj;
  benchmark.sensor = result.sensor;
  // There is one layer, the inference, and nothing to tell it from.
  std::copy_if(result.warnings.begin(), result.warnings.end(),
               std::back_inserter(benchmark.warnings), [](const Warning& warning) {
                 return warning.code != "not_separable" &&
                        warning.code != "sensor_response_unknown";
               });
  benchmark.interrupted = outcome.interrupted;
  return benchmark;
}

}  // namespace

std::vector<BenchmarkResult> benchmark(const Host& host,
                                       const std::vector<std::filesystem::path>& models,
                                       const BenchmarkOptions& options) {
  if (models.empty()) throw Error(ErrorKind::usage, "no engine to run", "MODEL");
  std::vector<BenchmarkResult> results;
  if (options.parallel) return {run(host, models, options)};
  for (const auto& model : models) {
    results.push_back(run(host, {model}, options));
    if (results.back().interrupted) break;
  }
  return results;
}

}  // namespace layerwatt
