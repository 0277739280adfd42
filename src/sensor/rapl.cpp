#include "sensor/rapl.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt {
namespace {

constexpr std::string_view kFolder = "/sys/class/powercap";
constexpr std::string_view kPrefix = "intel-rapl:";  // AMD's zones have this name as well
// Intel SDM, "Package RAPL Domain": updated about every millisecond.
constexpr double kUpdateMs = 1.0;

constexpr const char* kPrivilege =
    "read access to energy_uj, which is root's since Linux 5.10 (CVE-2020-8694)";
constexpr const char* kUnlock = "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj";

// "intel-rapl:0:1" has the parent "intel-rapl:0"; "intel-rapl:0" has none.
std::string parent_of(const std::string& zone) {
  const auto colon = zone.rfind(':');
  return std::count(zone.begin(), zone.end(), ':') > 1 ? zone.substr(0, colon) : std::string();
}

// "intel-rapl-mmio:0" counts the package a second time and does not start with the prefix.
std::set<std::string> zones_in(const SysRoot& sys) {
  std::set<std::string> zones;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(sys.path(kFolder), none)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) zones.insert(std::move(name));
  }
  return zones;
}

Availability probe(const Host& host, const SensorOptions& options) {
  RaplReader reader(host.sys, options.interval_ms);
  return probe_reader(reader, kPrivilege);
}

std::unique_ptr<Sensor> create(const Host& host, const SensorOptions& options) {
  return std::make_unique<PolledSensor>(std::make_unique<RaplReader>(host.sys, options.interval_ms),
                                        host.clock, options.interval_ms);
}

}  // namespace

double UnwrappedCounter::add(double raw) {
  if (last_) sum_ += raw >= *last_ ? raw - *last_ : raw - *last_ + range_;
  last_ = raw;
  return sum_;
}

RaplReader::RaplReader(SysRoot sys, double interval_ms, ReadFile read_file)
    : sys_(std::move(sys)), interval_ms_(interval_ms), read_file_(std::move(read_file)) {}

SensorInfo RaplReader::open() {
  zones_.clear();
  SensorInfo info;
  info.kind = "rapl";
  info.reading = Reading::energy;
  info.format = PowerFormat::energy_csv;
  bool has_package = false;
  bool has_dram = false;
  for (const std::string& zone : zones_in(sys_)) {
    const std::string folder = std::string(kFolder) + "/" + zone;
    const std::string name = sys_.read_text(folder + "/name").value_or(zone);
    const std::string parent = parent_of(zone);
    const std::string rail =
        parent.empty()
            ? name
            : sys_.read_text(std::string(kFolder) + "/" + parent + "/name").value_or(parent) + " " +
                  name;
    SysfsFile energy(sys_.path(folder + "/energy_uj"), read_file_);
    std::string_view text;
    const int error = energy.read(text);
    if (error == EACCES || error == EPERM) {
      throw Error(ErrorKind::sensor, "may not be read by this user", energy.path().string(),
                  std::string(kUnlock) + " (until the next boot), or run as root");
    }
    const auto range =
        parse_number(sys_.read_text(folder + "/max_energy_range_uj").value_or(std::string()));
    // A zone without a counter, or whose end is not known, cannot be summed.
    if (!range || error != 0 || !parse_number(text)) continue;
    const bool package = parent.empty() && name.starts_with("package");
    const bool dram = name == "dram";  // not part of the package's counter
    has_package |= package;
    has_dram |= dram;
    info.rails.push_back({rail, package || dram});
    zones_.push_back({rail, std::move(energy), UnwrappedCounter(*range)});
  }
  if (!has_package) {
    throw Error(ErrorKind::sensor, "no energy counter of a CPU package", std::string(kFolder),
                "on a real machine: sudo modprobe intel_rapl_msr; a virtual machine has none");
  }
  info.scope = has_dram ? "cpu package + dram" : "cpu package";
  info.model.period_ms = std::max(kUpdateMs, interval_ms_);
  info.model.window_ms = 0.0;  // beyond the time between two counts
  // The counter is up to one update old: half of it on average, spread evenly.
  info.model.latency_ms = kUpdateMs / 2;
  info.model.time_constant_ms = 0.0;
  info.model.timestamp_error_ms = kUpdateMs / std::sqrt(12.0);
  info.notes = "energy counters of the CPU, renewed about every millisecond";
  return info;
}

std::optional<std::int64_t> RaplReader::read(std::span<double> values, Problems& problems) {
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    Zone& zone = zones_[i];
    std::string_view text;
    const int error = zone.energy.read(text);
    const std::optional<double> raw_uj = error == 0 ? parse_number(text) : std::nullopt;
    if (raw_uj) {
      values[i] = zone.counter.add(*raw_uj) / 1000.0;
    } else {
      problems.report("read_error",
                      zone.rail + ": " + (error != 0 ? describe_errno(error) : "not a number"));
    }
  }
  return std::nullopt;
}

SensorBackend rapl_sensor() {
  return {"rapl", "energy counters of Intel and AMD CPUs", 60, probe, create, Covers::cpu};
}

}  // namespace layerwatt
