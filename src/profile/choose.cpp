#include "profile/choose.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "engine/cuda_driver.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/registry.hpp"
#include "profile/calibration_store.hpp"
#include "sim/device.hpp"

namespace layerwatt {
namespace {

constexpr const char* kSimulated = "simulated";
constexpr double kTimeConstants = 3.0;
constexpr double kPasses = 2.0;

ChosenSensor create(const SensorBackend& backend, const Host& host, const SensorOptions& options,
                    const std::string& why) {
  Calibrations calibrations(host, options);
  std::string said = why;
  if (!calibrations.trouble().empty()) said += "; " + calibrations.trouble();
  return {calibrated_sensor(backend.create(host, options), std::move(calibrations), options), said};
}

ChosenSensor open_choice(const Host& host, const std::string& name, SensorOptions options) {
  if (name == "none") return {nullptr, "no sensor was asked for: times alone"};
  if (name == "auto" && host.simulated != nullptr) {
    return create(find_sensor(kSimulated), host, options,
                  "sensor simulated: the model simulates it");
  }
  if (name == "auto") {
    const SensorChoice choice = choose_sensor(host, options);
    return create(*choice.backend, host, options, choice.why);
  }
  if (host.simulated != nullptr && !host.simulated->real_time() && name != kSimulated) {
    throw Error(ErrorKind::usage, "a device in virtual time cannot be measured by a real sensor",
                "--sensor " + name,
                "leave --sensor out, or set \"time\": \"real\" in the .sim.json");
  }
  const std::string::size_type colon = name.find(':');
  const SensorBackend& backend = find_sensor(name.substr(0, colon));
  if (colon != std::string::npos) options.argument = name.substr(colon + 1);
  if (backend.probe != nullptr) {
    const Availability probed = backend.probe(host, options);
    if (!probed.usable) throw Error(ErrorKind::sensor, probed.reason, backend.name, probed.hint);
  }
  return create(backend, host, options, "sensor " + backend.name + ": asked for");
}

}  // namespace

ChosenSensor open_sensor_choice(const Host& host, const std::string& name, SensorOptions options) {
  try {
    return open_choice(host, name, options);
  } catch (const Error& error) {
    // No sensor sees a GPU that is not there, and then that is what to tell.
    if (error.kind() == ErrorKind::sensor && options.on_gpu.value_or(false)) {
      const cuda::Device gpu(host.sys, options.device);
    }
    throw;
  }
}

std::string why_excite(const SensorInfo& sensor, std::optional<double> pass_ms) {
  if (!pass_ms) return {};
  const SensorModel& model = sensor.model;
  const double smear_ms =
      model.window_ms.value_or(0.0) + kTimeConstants * model.time_constant_ms.value_or(0.0);
  if (smear_ms > kPasses * *pass_ms) {
    return fmt::format(
        "method excite: a reading smears power over {:.3g} ms and a pass takes {:.3g} ms, so every "
        "reading is the same mix of layers",
        smear_ms, *pass_ms);
  }
  // A counter's reading is the mean since the one before it.
  if (sensor.reading == Reading::energy && model.period_ms.value_or(0.0) > kPasses * *pass_ms) {
    return fmt::format(
        "method excite: the energy counter steps every {:.3g} ms and a pass takes {:.3g} ms, so "
        "every step is the same mix of layers",
        *model.period_ms, *pass_ms);
  }
  return {};
}

ChosenEngine choose_engine(const Host& host, const std::string& name,
                           const std::filesystem::path& model) {
  std::error_code failed;
  if (!std::filesystem::exists(model, failed)) {
    throw Error(ErrorKind::bad_input, "no such file", model.string(),
                "give the path of a model; relative paths are taken from the current directory");
  }
  const EngineBackend& backend = name == "auto" ? engine_for_model(model) : find_engine(name);
  if (backend.unavailable) {
    const std::string reason = backend.unavailable(host);
    if (!reason.empty()) {
      throw Error(ErrorKind::engine, reason, "engine " + backend.name,
                  "`layerwatt doctor` says what is missing on this machine");
    }
  }
  return {&backend,
          "engine " + backend.name +
              (name == "auto" ? ": by the ending of " + model.filename().string() : ": asked for")};
}

ChosenEngine choose_loaded_engine(const std::string& name) {
  // Whether it is available is not asked: that opens the engine's libraries, and which of them the
  // caller has loaded could not be told any more.
  const EngineBackend& backend = find_engine(name);
  return {&backend, "engine " + name + ": it was given, loaded"};
}

}  // namespace layerwatt
