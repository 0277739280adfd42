// A recording: everything that was measured, before any arithmetic. A directory on disk (layout in
// docs/recording.md), columns in memory. A live profile and a replayed one meet here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/result.hpp"

namespace layerwatt {

struct Rail {
  std::string name;
  bool in_total = true;  // rails that are part of another rail are shown but not summed
};

enum class Reading {
  power,   // a value is mW at (or averaged up to) its stamp
  energy,  // a value is mJ since an arbitrary start; differences are exact means
};

// How the readings are stored: power.csv, energy.csv or power.tegrastats.
enum class PowerFormat { power_csv, energy_csv, tegrastats };

struct SensorInfo {
  std::string kind;
  bool measured = true;
  std::string scope;  // empty: not known, no total is formed
  std::vector<Rail> rails;
  SensorModel model;
  Reading reading = Reading::power;
  PowerFormat format = PowerFormat::power_csv;
  std::string notes;  // e.g. why it was chosen
  // Tells the devices of one kind apart, and settings of one that change its response: a GPU's
  // UUID, a chip's address and averaging. May be empty. Calibrations are kept under it.
  std::string identity = {};
  std::string calibrated = {};  // the day on which calibrate measured `model`; empty: it did not
};

// What is known of a layer beyond its name; the columns of iterations.csv in execution order.
struct LayerInfo {
  std::string name;  // any UTF-8; may repeat
  std::optional<std::string> type;
  std::optional<std::string> precision;
};

struct Manifest {
  std::string created;             // ISO 8601, UTC
  std::string device_json = "{}";  // JSON objects, free-form
  std::string engine_json = "{}";
  SensorInfo sensor;
  std::vector<LayerInfo> layers;       // may be empty: the names then come from iterations.csv
  bool half_passes = false;            // extra runs of layers are behind the pass, not in place
  std::optional<std::string> stopped;  // "done", "interrupted", "error: …"; absent after a kill
};

// Something went wrong and the measurement went on: a lost sample, a gap, a line not understood.
struct Incident {
  std::int64_t time_ns = 0;
  std::string code;
  std::string message;
};

// Passes run back to back for method excite, in each of which some layers ran more than once.
struct ExcitationWindow {
  std::int64_t start_ns = 0;    // of the first pass
  std::int64_t settled_ns = 0;  // readings stamped from here to end_ns speak of this window alone
  std::int64_t end_ns = 0;      // of the last pass
  std::uint64_t round = 0;      // 0: before the rounds, to find out how the sensor settles
  std::uint64_t passes = 0;     // from settled_ns to end_ns
  double clock_mhz = std::numeric_limits<double>::quiet_NaN();  // of the device; NaN: not known
  // One a layer, then one for what is outside layers: runs in each pass beyond the first.
  std::vector<std::uint32_t> extra;

  bool plain() const {
    return std::all_of(extra.begin(), extra.end(), [](std::uint32_t n) { return n == 0; });
  }
};

// A stretch in which nothing ran, on purpose: the device with the model loaded, and idle.
struct IdleWindow {
  std::int64_t start_ns = 0;
  std::int64_t settled_ns = 0;  // readings stamped from here on speak of idle power alone
  std::int64_t end_ns = 0;
};

// One row an inference. Layers follow each other from start_ns; what is left up to end_ns is time
// outside layers. NaN: the layer was not reported in this inference.
struct Iterations {
  std::vector<std::string> layers;
  std::vector<std::int64_t> start_ns;
  std::vector<std::int64_t> end_ns;
  std::vector<double> layer_ms;  // row-major, size() × layers.size()

  std::size_t size() const { return start_ns.size(); }
  std::span<const double> row(std::size_t i) const {
    return {layer_ms.data() + i * layers.size(), layers.size()};
  }
};

// What was read beside the power, on its own times: a clock, a temperature. Where it did not change
// it is not repeated: a value holds until the next.
struct Signal {
  std::string name;  // "GPU clock", "temperature tj"
  std::string unit;  // "MHz", "°C"
  std::vector<std::int64_t> time_ns;
  std::vector<double> values;
};

// Power readings by ascending time. For Reading::energy the loader has already taken differences:
// value k is the mean power (mW) over (begin_ns(k), time_ns[k]].
struct PowerSamples {
  std::vector<Rail> rails;
  Reading reading = Reading::power;
  std::vector<std::int64_t> time_ns;
  std::vector<std::int64_t> begin_ns;  // only for Reading::energy, else empty
  std::vector<double> rail_mw;         // row-major, size() × rails.size(); NaN: not read
  std::vector<Signal> signals;         // only tegrastats prints some

  std::size_t size() const { return time_ns.size(); }
  std::span<const double> row(std::size_t i) const {
    return {rail_mw.data() + i * rails.size(), rails.size()};
  }
  // Sum of the rails in the total; NaN when one of them is missing (never a partial sum).
  double total_mw(std::size_t i) const;
  bool has_total() const;
};

struct Recording {
  Manifest manifest;
  Iterations iterations;
  PowerSamples power;
  std::vector<Incident> incidents;
  std::vector<ExcitationWindow> excitation;  // empty: plain inferences alone
  std::vector<IdleWindow> idle = {};         // in order of time; empty: none was measured
  std::vector<Warning> warnings;  // found while loading: "truncated_row", "power_does_not_cover"
};

// Reads a recording directory. A last row that was cut short is left out and warned about.
// Throws Error(bad_input) naming file and line for anything else that is malformed: NaN or negative
// times, unsorted or overlapping iterations, unsorted power, power that does not overlap the run.
Recording load_recording(const std::filesystem::path& directory);

// The same from loose files: iterations.csv, and power.csv / energy.csv / tegrastats lines (told
// apart by content). `--iterations F --power F`.
Recording load_loose_files(const std::filesystem::path& iterations,
                           const std::filesystem::path& power);

// Writes a recording while it is measured. Rows reach the kernel whole and within `flush_interval`,
// so a kill or a full disk leaves a readable recording. iteration() may be called from one thread
// and sample()/line()/incident() from another. Throws Error(io).
class RecordingWriter {
 public:
  // Makes the directory (parents too); refuses one that already holds a recording.
  RecordingWriter(const std::filesystem::path& directory, Manifest manifest);
  ~RecordingWriter();  // closes what close() did not; swallows errors
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  // layer_ms: one a layer of the manifest, NaN = not reported.
  void iteration(std::int64_t start_ns, std::int64_t end_ns, std::span<const double> layer_ms);
  // One value a rail in the manifest's order: mW, or cumulative mJ for Reading::energy; NaN = none.
  void sample(std::int64_t time_ns, std::span<const double> values);
  // A raw tegrastats line, instead of sample(), for PowerFormat::tegrastats.
  void line(std::int64_t time_ns, std::string_view text);
  void incident(const Incident& incident);
  // From the thread that calls iteration(); in order of time. One `extra` a layer and one more.
  void excitation(const ExcitationWindow& window);
  // From the thread that calls iteration(); in order of time.
  void idle(const IdleWindow& window);

  // Brings what was given so far to the disk, for a reader beside this writer. Throws Error(io).
  void flush();
  // Flushes, and completes the manifest (it was written at the start, without `stopped`).
  void close(std::string stopped);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace layerwatt
