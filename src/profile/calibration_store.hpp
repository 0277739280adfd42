// Where calibrations are kept, and how they get into a sensor's figures (docs/cli/calibrate.md).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/calibration.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {

// $XDG_CONFIG_HOME/layerwatt/calibration.json, or ~/.config/…; empty where there is neither
// variable.
std::filesystem::path calibration_file(const SysRoot& sys);

// A hash of the machine's id: it tells machines that share a home directory apart, and gives
// nothing away.
std::string host_hash(const SysRoot& sys);

// Of a file that is not there: none. Throws Error(bad_input) for one that cannot be understood.
std::vector<StoredCalibration> read_calibrations(const std::filesystem::path& file);

// Puts one into the file, in the place of one of the same sensor, and makes the file and its folder
// where there is none. The file is replaced as a whole. Throws Error(io), and Error(bad_input) for
// a file that is something else.
void store_calibration(const std::filesystem::path& file, const StoredCalibration& calibration);

// Throws Error(io) where store_calibration() could not write, without leaving anything behind.
void check_can_store(const std::filesystem::path& file);

// One entry, as it stands in the file.
std::string calibration_json(const StoredCalibration& calibration);

// The driver's figures, then those that were calibrated, then those that were given. A sensor that
// converts on a grid of its own is read at an unknown age; where the attribution could not find the
// grid from readings every interval_ms, the age's mean and spread go into latency and stamp error.
// What was used is said in the notes.
SensorInfo with_calibration(SensorInfo info, const StoredCalibration* calibration,
                            const SensorModel& given, double interval_ms);

// The calibration that SensorOptions ask for, for sensors that are opened on this host.
class Calibrations {
 public:
  // Reads the file. One that the user named must be usable (Error); of the default one `trouble`
  // says why it is not.
  Calibrations(const Host& host, const SensorOptions& options);
  const StoredCalibration* find(const SensorInfo& info) const;
  const std::string& trouble() const { return trouble_; }

 private:
  std::string host_;
  std::vector<StoredCalibration> all_;
  std::string trouble_;
};

// A sensor whose info() is what with_calibration() makes of it.
std::unique_ptr<Sensor> calibrated_sensor(std::unique_ptr<Sensor> sensor, Calibrations calibrations,
                                          const SensorOptions& options);

}  // namespace layerwatt
