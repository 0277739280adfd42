// A source of power readings, and the entry by which the registry knows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "layerwatt/host.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct SensorOptions {
  double interval_ms = 5.0;  // asked-for time between readings; a sensor may be slower
  int device = 0;            // GPU index, for sensors of which a machine has several
  // What follows "file:" in --sensor file:F, or the tegrastats program to run.
  std::optional<std::string> argument;
  // Whether the work that is measured runs on a GPU; empty: not known. For --sensor auto.
  std::optional<bool> on_gpu;
  // A file of `layerwatt calibrate`; empty: the one in the user's configuration; "none": none.
  std::optional<std::filesystem::path> calibration = {};
  // Figures that the user gives: they win over a calibration, and that over the driver's own.
  SensorModel response = {};
};

// Takes readings from a sensor's own thread. Implementations must not throw and must be quick.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  // values: one a rail in SensorInfo's order; mW, or cumulative mJ for Reading::energy; NaN = none.
  virtual void sample(std::int64_t time_ns, std::span<const double> values) = 0;
  // The raw line a sample was parsed from, just before its sample(). Only tegrastats.
  virtual void line(std::int64_t time_ns, std::string_view text) = 0;
  virtual void incident(const Incident& incident) = 0;
};

// Life: open() → info() → start(sink) → stop(). One thread calls these; readings come from another.
class Sensor {
 public:
  virtual ~Sensor() = default;
  // Finds the rails. Throws Error(sensor) with a hint when there is nothing to read.
  virtual void open() = 0;
  // Valid after open().
  virtual SensorInfo info() const = 0;
  // Readings go to `sink` until stop(). The sink must outlive stop().
  virtual void start(SampleSink& sink) = 0;
  // Returns when no further reading will come. Safe to call twice, and without start().
  virtual void stop() = 0;
};

// Whether a backend can be used on this machine; else why not and what would change that.
struct Availability {
  bool usable = false;
  std::string reason;              // "3 rails on 1-0040", or "no file /sys/class/powercap"
  std::string hint;                // the command that fixes it; empty when none would
  std::string privilege;           // what it needs beyond a normal user; empty = nothing
  std::optional<SensorInfo> info;  // where probing was cheap enough to find out
};

// What a sensor sees: --sensor auto passes over one that cannot see the work. A module's rails see
// both.
enum class Covers { everything, gpu, cpu };

struct SensorBackend {
  std::string name;
  std::string summary;  // one line, for `layerwatt sensors` and the docs
  // --sensor auto takes the usable backend with the highest rank; 0 = never automatically.
  int auto_rank = 0;
  Availability (*probe)(const Host&, const SensorOptions&) = nullptr;
  std::unique_ptr<Sensor> (*create)(const Host&, const SensorOptions&) = nullptr;
  Covers covers = Covers::everything;
};

}  // namespace layerwatt
