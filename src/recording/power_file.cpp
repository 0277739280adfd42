#include "recording/power_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "layerwatt/error.hpp"
#include "layerwatt/units.hpp"
#include "recording/power_csv.hpp"
#include "recording/rails.hpp"
#include "recording/tegrastats_log.hpp"

namespace layerwatt::recording {
namespace {

constexpr double kNegligible = 1e-3;  // of a run

void warn_about(const Readings& readings, const std::string& file, std::vector<Warning>& warnings) {
  if (readings.truncated) warn_truncated(file, warnings);
  if (readings.not_utf8) warn_not_utf8(file, warnings);
  if (readings.repeated_stamps > 0) {
    warnings.push_back(
        {"repeated_stamp",
         fmt::format("{}: {} readings have the stamp of the one before and were left out", file,
                     readings.repeated_stamps),
         "stamp readings more finely than they come"});
  }
  if (readings.unreadable_lines > 0) {
    warnings.push_back({"unreadable_lines",
                        fmt::format("{}: {} lines could not be read and were left out; first: {}",
                                    file, readings.unreadable_lines, readings.first_unreadable),
                        "layerwatt parse-tegrastats shows each of them"});
  }
}

// A power monitor that hangs goes on answering, with the last thing it saw.
void warn_stale(const PowerSamples& power, const std::string& file,
                std::vector<Warning>& warnings) {
  constexpr std::size_t kFewest = 100;
  constexpr double kShortestMs = 2000.0;
  const std::size_t rails = power.size() > 0 ? power.rail_mw.size() / power.size() : 0;
  if (power.size() < kFewest || rails == 0) return;
  const double all_ms = milliseconds_between(power.time_ns.front(), power.time_ns.back()).value;
  if (all_ms < kShortestMs) return;
  for (std::size_t i = rails; i < power.rail_mw.size(); ++i) {
    // Not-a-number differs from itself: rails that come and go are no sign of a hang.
    if (power.rail_mw[i] != power.rail_mw[i - rails]) return;
  }
  warnings.push_back(
      {"power_never_changes",
       fmt::format("{}: all {} readings in {:.1f} s are the same", file, power.size(),
                   all_ms / 1e3),
       "a sensor under load moves: see that its driver is well, and that this is the right one"});
}

void no_reading(const std::string& file) {
  throw Error(ErrorKind::bad_input, "no power reading was recorded", file,
              "record for longer than the sensor's period");
}

PowerSamples from_counters(Readings readings, const std::string& file,
                           std::vector<Warning>& warnings) {
  const std::size_t rails = readings.rails.size();
  auto means = power_from_energy(readings.time_ns, readings.values, rails);
  if (means.dropped_resets > 0) {
    warnings.push_back(
        {"counter_reset",
         fmt::format("{}: {} times a counter went back; those intervals were left out", file,
                     means.dropped_resets),
         "record again if many are missing"});
  }
  if (rails > 0 && means.end_ns.empty()) {
    throw Error(ErrorKind::bad_input, "no two readings of the counter can be compared", file,
                "a counter needs two readings: record for longer than the sensor's period");
  }
  PowerSamples power;
  power.reading = Reading::energy;
  power.begin_ns = std::move(means.begin_ns);
  power.time_ns = std::move(means.end_ns);
  power.rail_mw = std::move(means.mw);
  return power;
}

}  // namespace

PowerSamples read_power_file(BlockReader& reader, ReadManifest& read, LastRow last_row,
                             std::vector<Warning>& warnings) {
  SensorInfo& sensor = read.manifest.sensor;
  Readings readings = sensor.format == PowerFormat::tegrastats
                          ? read_tegrastats_log(reader, last_row)
                          : read_power_csv(reader, last_row);
  warn_about(readings, reader.name(), warnings);
  const auto columns = readings.rails;
  if (readings.time_ns.empty() && !(columns.empty() && sensor.rails.empty())) {
    no_reading(reader.name());
  }

  PowerSamples power;
  sensor.reading = sensor.format == PowerFormat::energy_csv ? Reading::energy : Reading::power;
  if (sensor.reading == Reading::energy) {
    power = from_counters(std::move(readings), reader.name(), warnings);
  } else {
    if (sensor.format == PowerFormat::power_csv && looks_cumulative(readings)) {
      warnings.push_back(
          {"looks_cumulative",
           fmt::format("{}: every rail only grows, as an energy counter does", reader.name()),
           "if these are mJ since a start, call the file energy.csv"});
    }
    power.time_ns = std::move(readings.time_ns);
    power.rail_mw = std::move(readings.values);
    power.signals = std::move(readings.signals);
  }
  warn_stale(power, reader.name(), warnings);
  if (columns.empty()) {
    sensor.rails.clear();
  } else {
    decide_rails(columns, read.in_total_known, sensor, warnings);
  }
  power.rails = sensor.rails;
  return power;
}

PowerFormat guess_power_format(BlockReader& reader) {
  auto start = reader.peek();
  if (start.substr(0, 1) == "\"") start.remove_prefix(1);
  if (start.substr(0, 7) != "time_ns") {
    const auto line = start.substr(0, start.find('\n'));
    if (line.find("::") != std::string_view::npos || line.find("RAM ") != std::string_view::npos) {
      return PowerFormat::tegrastats;
    }
  }
  return std::filesystem::path(reader.name()).filename().string().rfind("energy", 0) == 0
             ? PowerFormat::energy_csv
             : PowerFormat::power_csv;
}

void check_coverage(const Iterations& iterations, const PowerSamples& power,
                    const std::string& power_file, std::vector<Warning>& warnings) {
  if (power.size() == 0 || iterations.size() == 0) return;
  const auto run_begin = iterations.start_ns.front();
  const auto run_end = iterations.end_ns.back();
  const auto power_end = power.time_ns.back();
  const bool intervals = !power.begin_ns.empty();
  const auto power_begin = intervals ? power.begin_ns.front() : power.time_ns.front();
  if (power_end < run_begin || power_begin > run_end) {
    throw Error(
        ErrorKind::bad_input,
        fmt::format("the power readings ({} to {} ns) and the inferences ({} to {} ns) have "
                    "no time in common",
                    power_begin, power_end, run_begin, run_end),
        power_file, "are both from one run, with stamps in ns since 1970 of one clock?");
  }
  // A sensor owes nothing closer than its own spacing, and what is a thousandth of the run moves
  // nothing.
  const double steps = static_cast<double>(intervals ? power.size() : power.size() - 1);
  const double spacing_ms =
      steps > 0 ? milliseconds_between(power_begin, power_end).value / steps : 0.0;
  const double late_ms = milliseconds_between(run_begin, power_begin).value;
  const double early_ms = milliseconds_between(power_end, run_end).value;
  const double run_ms = milliseconds_between(run_begin, run_end).value;
  const double owed_nothing_ms = std::max(2.0 * spacing_ms, kNegligible * run_ms);
  if (std::max(late_ms, early_ms) <= owed_nothing_ms) return;
  std::string where;
  if (late_ms > owed_nothing_ms) where = fmt::format("the first {:.1f} ms", late_ms);
  if (early_ms > owed_nothing_ms) {
    where += fmt::format("{}the last {:.1f} ms", where.empty() ? "" : " and ", early_ms);
  }
  warnings.push_back(
      {"power_does_not_cover",
       fmt::format("{}: no power reading in {} of {:.1f} ms", power_file, where, run_ms),
       "inferences without readings have no energy of their own"});
}

void warn_truncated(const std::string& file, std::vector<Warning>& warnings) {
  warnings.push_back({"truncated_row",
                      fmt::format("{}: the last row has no newline and was left out", file),
                      "the recording was cut short; if that row is whole, end it with a newline"});
}

void warn_not_utf8(const std::string& file, std::vector<Warning>& warnings) {
  warnings.push_back({"not_utf8",
                      fmt::format("{}: bytes in names that are not UTF-8 were replaced", file),
                      "save the file as UTF-8"});
}

}  // namespace layerwatt::recording
