// A load that is switched on and off while a sensor is read: the recording that `layerwatt
// calibrate` learns a sensor's response from.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"
#include "layerwatt/sensor.hpp"
#include "record/recorder.hpp"

namespace layerwatt {

struct SquareLoad {
  std::vector<LayerInfo> layers;  // what a burst consists of
  std::string engine_json = "{}";
  std::string device_json = "{}";
  // Keeps the device busy from now on for that long, at least, and tells each inference of it.
  std::function<void(std::int64_t duration_ns, const std::function<void(const Inference&)>& ran)>
      burst;
};

struct SquareWaveOptions {
  double seconds = 30.0;
  double shortest_ms = 5.0;  // on, and off
  double interval_ms = 1.0;  // as asked of the sensor
  std::uint64_t seed = 1;    // of the times
  std::string sensor_note;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(double elapsed_s)> on_progress;  // a few times a second
};

// How long the load stays as it is, in ms. All times differ, and by no common measure: a response
// of milliseconds needs many edges, one of a second needs time to settle, and a sensor's period
// must meet the edges at every phase. So four in five are evenly spread, by their logarithm, from
// the shortest to 20 times that, the others from there to 300 times that.
double draw_dwell_ms(std::mt19937_64& random, double shortest_ms);

// Opens the sensor and records the bursts as iterations, with idle time before, between and after
// them. The outcome's iterations are the bursts' inferences. Throws as record_run does; what fails
// later is in the outcome.
RunOutcome record_square_wave(Clock& clock, const SquareLoad& load, Sensor& sensor,
                              const std::filesystem::path& directory,
                              const SquareWaveOptions& options);

}  // namespace layerwatt
