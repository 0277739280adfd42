#include "record/command_recorder.hpp"

#include <nlohmann/json.hpp>
#include <span>

#include "layerwatt/recording.hpp"
#include "record/recorder.hpp"
#include "record/sensor_session.hpp"

namespace layerwatt {
namespace {

std::string dump(const nlohmann::json& json) {
  // An argument may be any bytes.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Manifest manifest_of(const Clock& clock, const SysRoot& sys, const SensorInfo& info,
                     const std::vector<std::string>& words) {
  Manifest manifest;
  manifest.created = iso8601_utc(clock.now_ns());
  if (const auto name = sys.read_text("/proc/sys/kernel/hostname")) {
    manifest.device_json = dump({{"name", *name}});
  }
  manifest.engine_json = dump({{"name", "command"}, {"command", words}});
  manifest.sensor = info;
  return manifest;
}

}  // namespace

CommandOutcome record_command(Clock& clock, Sensor& sensor, const SysRoot& sys,
                              const std::filesystem::path& directory,
                              const CommandOptions& options) {
  const auto stopped = [&] {
    return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  };
  sensor.open();
  const SensorInfo info = with_note(sensor.info(), options.sensor_note);
  RecordingWriter writer(directory, manifest_of(clock, sys, info, options.words));
  SensorSession session(clock, &sensor, info, options.interval_ms, writer, nullptr);
  CommandOutcome outcome;
  const auto keep_failure = [&](const std::function<void()>& action, ErrorKind kind) {
    try {
      action();
    } catch (const std::exception& thrown) {
      if (!outcome.failure) outcome.failure = as_error(thrown, kind);
    }
  };
  try {
    session.start({}, stopped);
    if (stopped()) throw Error(ErrorKind::interrupted, "interrupted before the command was run");
    ChildCommand child(clock, options.words);
    outcome.start_ns = child.start_ns();
    outcome.end = child.wait([&] {
      if (outcome.interrupted || !stopped()) return;
      outcome.interrupted = true;
      if (options.on_stop) options.on_stop(child);
    });
    // Ctrl-C reaches the command at the same moment: it may be gone before the flag is looked at.
    if (stopped()) outcome.interrupted = true;
  } catch (const std::exception& thrown) {
    keep_failure([&] { writer.close("error: " + std::string(thrown.what())); }, ErrorKind::io);
    throw;
  }
  keep_failure(
      [&] { writer.iteration(outcome.start_ns, outcome.end.end_ns, std::span<const double>()); },
      ErrorKind::io);
  if (!outcome.end.status.success()) {
    keep_failure(
        [&] {
          session.incident({outcome.end.end_ns, "command_failed",
                            "the command: " + outcome.end.status.describe()});
        },
        ErrorKind::io);
  }
  keep_failure([&] { session.finish(outcome.end.end_ns); }, ErrorKind::sensor);
  keep_failure(
      [&] {
        writer.close(outcome.failure       ? "error: " + std::string(outcome.failure->what())
                     : outcome.interrupted ? "interrupted"
                                           : "done");
      },
      ErrorKind::io);
  return outcome;
}

}  // namespace layerwatt
