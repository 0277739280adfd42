#include "record/square_wave.hpp"

#include <algorithm>
#include <cmath>

#include "layerwatt/recording.hpp"
#include "record/sensor_session.hpp"

namespace layerwatt {
namespace {

constexpr double kShortShare = 0.8;
constexpr double kShortRatio = 20.0;
constexpr double kLongRatio = 300.0;
constexpr double kLeadMs = 500.0;
constexpr std::int64_t kProgressNs = 250'000'000;

std::int64_t ns_of_ms(double ms) { return std::llround(ms * 1e6); }

}  // namespace

double draw_dwell_ms(std::mt19937_64& random, double shortest_ms) {
  // Not by std::uniform_real_distribution: libraries differ in what they make of the same seed.
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const bool is_short = uniform() < kShortShare;
  const double from = is_short ? 1.0 : kShortRatio;
  const double to = is_short ? kShortRatio : kLongRatio;
  return shortest_ms * from * std::pow(to / from, uniform());
}

RunOutcome record_square_wave(Clock& clock, const SquareLoad& load, Sensor& sensor,
                              const std::filesystem::path& directory,
                              const SquareWaveOptions& options) {
  const auto stopped = [&] {
    return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  };
  sensor.open();
  const SensorInfo info = with_note(sensor.info(), options.sensor_note);
  Manifest manifest;
  manifest.created = iso8601_utc(clock.now_ns());
  manifest.device_json = load.device_json;
  manifest.engine_json = load.engine_json;
  manifest.sensor = info;
  manifest.layers = load.layers;
  RecordingWriter writer(directory, manifest);
  SensorSession session(clock, &sensor, info, options.interval_ms, writer, nullptr);
  RunOutcome outcome;
  std::int64_t last_end_ns = clock.now_ns();
  try {
    session.start({}, stopped);
    if (stopped())
      throw Error(ErrorKind::interrupted, "interrupted before the load was switched on");
    clock.sleep_until_ns(clock.now_ns() + ns_of_ms(kLeadMs));
  } catch (const std::exception& thrown) {
    writer.close("error: " + std::string(thrown.what()));
    throw;
  }
  try {
    std::mt19937_64 random(options.seed);
    const std::int64_t begin_ns = clock.now_ns();
    std::int64_t next_progress_ns = begin_ns;
    const auto elapsed_s = [&] { return static_cast<double>(clock.now_ns() - begin_ns) / 1e9; };
    while (elapsed_s() < options.seconds && !stopped()) {
      load.burst(ns_of_ms(draw_dwell_ms(random, options.shortest_ms)),
                 [&](const Inference& inference) {
                   writer.iteration(inference.start_ns, inference.end_ns, inference.layer_ms);
                   last_end_ns = inference.end_ns;
                   ++outcome.iterations;
                 });
      clock.sleep_until_ns(clock.now_ns() + ns_of_ms(draw_dwell_ms(random, options.shortest_ms)));
      session.check();
      if (options.on_progress && clock.now_ns() >= next_progress_ns) {
        next_progress_ns = clock.now_ns() + kProgressNs;
        options.on_progress(elapsed_s());
      }
    }
    outcome.interrupted = stopped();
  } catch (const std::exception& thrown) {
    outcome.failure = as_error(thrown, ErrorKind::engine);
  }
  try {
    session.finish(last_end_ns);
  } catch (const std::exception& thrown) {
    if (!outcome.failure) outcome.failure = as_error(thrown, ErrorKind::sensor);
  }
  try {
    writer.close(outcome.failure       ? "error: " + std::string(outcome.failure->what())
                 : outcome.interrupted ? "interrupted"
                                       : "done");
  } catch (const std::exception& thrown) {
    if (!outcome.failure) outcome.failure = as_error(thrown, ErrorKind::io);
  }
  return outcome;
}

}  // namespace layerwatt
