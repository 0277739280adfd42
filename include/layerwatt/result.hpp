// What a measurement says: plain values, no behaviour, no device. Reports read this and nothing
// else. Units are in the names: _ms milliseconds, _mw milliwatts, _mj millijoules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace layerwatt {

// Why a value is not there. Missing is never zero.
struct Missing {
  std::string reason;  // a short code, stable for scripts: "no_samples", "not_separable"
};

// A value, or the reason why there is none.
template <class T>
class Known {
 public:
  Known() : state_(Missing{"not_measured"}) {}
  Known(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Known(Missing missing) : state_(std::move(missing)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return has_value(); }
  // Throws std::bad_variant_access where the value is missing.
  const T& value() const { return std::get<T>(state_); }
  T& value() { return std::get<T>(state_); }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }
  // Empty where there is a value.
  std::string reason() const {
    return has_value() ? std::string() : std::get<Missing>(state_).reason;
  }

 private:
  std::variant<Missing, T> state_;
};

struct Interval {
  double lo = 0.0;
  double hi = 0.0;
};

// A number inferred from data, with its 95 % confidence interval where one can honestly be given.
struct Estimate {
  double mean = 0.0;
  std::optional<Interval> ci95;
};

// Summary of repeated readings. `std` divides by n - 1 and is 0 for a single reading; percentiles
// interpolate linearly between order statistics (Hyndman & Fan type 7, numpy's default).
struct Metric {
  double mean = 0.0;
  double median = 0.0;
  double min = 0.0;
  double max = 0.0;
  double std = 0.0;
  double p90 = 0.0;
  double p99 = 0.0;
  std::optional<Interval> ci95;  // of the mean; absent for fewer than two readings
  std::size_t count = 0;
};

struct RailResult {
  std::string rail;
  Known<Estimate> power_mw;
  Known<Estimate> energy_mj;  // per inference
};

struct LayerResult {
  std::size_t index = 0;  // execution order; the key, since names may repeat
  std::string name;
  std::optional<std::string> type;
  std::optional<std::string> precision;
  Known<Metric> time_ms;
  Known<Estimate> power_mw;   // mean power while the layer runs, over the rails in the total
  Known<Estimate> energy_mj;  // per inference
  // What it adds to an idle board: energy less idle power × time. Missing "no_idle_baseline" where
  // idle power was not measured.
  Known<Estimate> active_energy_mj = Missing{"no_idle_baseline"};
  std::vector<RailResult> rails;
  std::uint64_t samples = 0;          // power samples that touched the layer
  std::optional<std::size_t> group;   // index into Result::groups
  std::optional<std::string> reason;  // why power or energy is missing or shared
};

// Layers that the data cannot tell apart: the energy of the group is known, its split is not.
struct LayerGroup {
  std::vector<std::size_t> layers;
  Known<Estimate> energy_mj;
};

struct OutsideLayers {
  Known<Metric> time_ms;
  Known<Estimate> power_mw;
  Known<Estimate> energy_mj;          // per inference
  std::optional<std::string> reason;  // why power or energy is missing or only a split by time
  Known<Estimate> active_energy_mj = Missing{"no_idle_baseline"};
};

// One whole inference, from its start to its end.
struct Total {
  Known<Metric> time_ms;
  Known<Estimate> power_mw;
  Known<Estimate> energy_mj;
  std::vector<RailResult> rails;
  Known<Estimate> active_energy_mj = Missing{"no_idle_baseline"};
};

// Σ layers + outside layers, against the energy that the sensor saw over the same inferences.
struct Closure {
  double layers_plus_outside_mj = 0.0;
  double measured_mj = 0.0;
  double ratio = 0.0;
};

// The power of the idle device with the model loaded, measured on purpose around the inferences.
struct IdleBaseline {
  Known<Estimate> before_mw;
  Known<Estimate> after_mw;
  Known<Estimate> power_mw;  // the mean of the two; its interval holds half of the drift as well
  Known<double> drift_mw;    // after − before
};

// What held while the inferences ran, beside power: a clock, a temperature.
struct Condition {
  std::string name;   // "GPU clock"
  std::string unit;   // "MHz"
  double mean = 0.0;  // over time
  double min = 0.0;
  double max = 0.0;
};

struct Warning {
  std::string code;
  std::string message;
  std::string hint;
};

enum class Method { overlap, deconvolve, excite };

// The response of a power sensor. Empty means unknown: to be estimated, never assumed to be 0.
struct SensorModel {
  std::optional<double> period_ms;           // between two readings that are new
  std::optional<double> window_ms;           // length of the box that a reading averages over
  std::optional<double> latency_ms;          // from the end of that box to the stamp
  std::optional<double> time_constant_ms;    // first-order low pass; 0 = none
  std::optional<double> timestamp_error_ms;  // standard deviation of the stamp
};

struct ResultSensor {
  std::string kind;             // "tegrastats", "rapl", "simulated", ...
  bool measured = true;         // false: a model or a simulation, and every report says so in words
  std::string scope;            // what the total covers: "module", "devkit input", "cpu package"
  SensorModel model;            // the one used for attribution
  std::string notes;            // why this sensor, how the model was found; one sentence each
  std::string calibrated = {};  // the day on which the sensor was calibrated; empty: it was not
};

struct Result {
  std::string device_json = "{}";  // free-form JSON objects, as they stand in the manifest
  std::string engine_json = "{}";
  ResultSensor sensor;
  Method method = Method::overlap;
  std::string method_reason;  // why this method was picked
  std::size_t iterations = 0;
  std::vector<LayerResult> layers;
  std::vector<LayerGroup> groups;
  OutsideLayers outside_layers;
  Total total;
  Known<Metric> power_draw_mw;  // of the power samples that fell inside an inference
  Known<Metric> energy_mj;      // of the inferences, each by the samples inside it
  Known<Closure> closure;
  std::vector<Condition> conditions;      // empty where the sensor tells none
  std::optional<IdleBaseline> idle = {};  // where it was asked for
  std::vector<Warning> warnings;
};

const char* to_string(Method method) noexcept;

}  // namespace layerwatt
