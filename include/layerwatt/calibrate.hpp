// Measures a sensor's response with a load that is switched on and off.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "layerwatt/calibration.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

enum class CalibrationLoad { automatic, cpu, gpu };

struct CalibrateOptions {
  // A simulated device (.sim.json) to calibrate the sensor of; empty: this machine.
  std::filesystem::path model;
  std::string sensor = "auto";
  SensorOptions sensor_options;  // calibration and response in it are left aside
  CalibrationLoad load = CalibrationLoad::automatic;
  double max_time_s = 30.0;
  std::optional<std::uint64_t> seed;  // of the load's times; empty: another one each time
  std::filesystem::path save;         // keep the recording here; empty: it is not kept
  std::function<void(const std::string&)> on_note;
  std::function<void(double elapsed_s)> on_progress;
  const std::atomic<bool>* stop = nullptr;
};

// What calibrate() would do, found out without switching anything on.
struct CalibrationPlan {
  std::string why_sensor;  // one sentence
  std::string load;        // "arithmetic on 1 of 2 CPU threads"
  double seconds = 0.0;
  SensorInfo sensor;  // what the driver says of it
};

// Both throw Error(usage) for wrong words, Error(sensor) for a sensor that cannot be used,
// Error(engine) for a load that cannot be run.
CalibrationPlan plan_calibration(const Host& host, const CalibrateOptions& options);

// Throws Error(interrupted) when it was stopped, and what ended the run before its time. The
// figures say themselves what could not be found.
StoredCalibration calibrate(const Host& host, const CalibrateOptions& options);

}  // namespace layerwatt
