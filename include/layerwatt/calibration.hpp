// What a square-wave load showed of a sensor: plain values, and the file they are kept in
// (docs/cli/calibrate.md).
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// A time in ms. Without a value the data cannot tell it, `reason` (a short code) says why, and an
// interval that stands nevertheless is what the data leave possible.
struct CalibratedFigure {
  std::optional<double> value_ms;
  std::optional<Interval> ci95_ms;
  std::string reason;
};

struct Calibration {
  CalibratedFigure period;         // between two readings that are new
  CalibratedFigure window;         // length of the box that a reading averages over
  CalibratedFigure latency;        // from the end of that box to the stamp
  CalibratedFigure time_constant;  // first-order low pass; 0 = none
  // Conversions on a clock of the sensor's own: their spacing. A reading is then the last one that
  // was finished, and `latency` counts to the moment from which it could be read.
  CalibratedFigure grid;
  std::optional<double> idle_mw;   // what the sensor read without the load …
  std::optional<double> busy_mw;   // … and with it
  std::optional<double> noise_mw;  // standard deviation of what the found response leaves
  std::size_t readings = 0;
  std::size_t edges = 0;  // of the load
  std::vector<Warning> warnings;
};

// The figures of a calibration by the names they have in files and tables.
struct CalibrationField {
  const char* name;
  CalibratedFigure Calibration::*member;
};
inline constexpr std::array<CalibrationField, 5> kCalibrationFields = {{
    {"period_ms", &Calibration::period},
    {"window_ms", &Calibration::window},
    {"latency_ms", &Calibration::latency},
    {"time_constant_ms", &Calibration::time_constant},
    {"grid_ms", &Calibration::grid},
}};

// One entry of a calibration file: whose figures they are, and when they were measured.
struct StoredCalibration {
  std::string date;      // ISO 8601, UTC
  std::string host;      // hash of the machine's id; the same home directory may serve several
  std::string kind;      // of the sensor
  std::string identity;  // SensorInfo::identity
  Reading reading = Reading::power;
  std::vector<std::string> rails;
  Calibration figures;

  // Whether these are the figures of this sensor on this machine.
  bool matches(const std::string& host, const SensorInfo& info) const;
};

}  // namespace layerwatt
