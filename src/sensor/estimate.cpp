#include "sensor/estimate.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"
#include "layerwatt/units.hpp"
#include "sensor/own_cpu_time.hpp"

namespace layerwatt {
namespace {

// 20 of the ticks of /proc/stat: its rounding then stays below a tenth of a CPU.
constexpr std::int64_t kLookNs = 200'000'000;

std::optional<double> read_number(const SysRoot& sys, const std::string& file) {
  const std::optional<std::string> text = sys.read_text(file);
  long number = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) {
    return std::nullopt;
  }
  return static_cast<double>(number);
}

Availability probe(const Host& host, const SensorOptions& options) {
  EstimateReader reader(host, options.interval_ms, [] { return std::int64_t{0}; });
  Availability availability = probe_reader(reader);
  if (availability.usable) availability.reason = availability.info->notes;
  return availability;
}

std::unique_ptr<Sensor> create(const Host& host, const SensorOptions& options) {
  auto own = std::make_shared<OwnCpuTime>();
  return std::make_unique<PolledSensor>(
      std::make_unique<EstimateReader>(host, options.interval_ms, [own] { return own->now_ns(); }),
      host.clock, options.interval_ms);
}

}  // namespace

EstimateReader::EstimateReader(Host host, double interval_ms,
                               std::function<std::int64_t()> own_cpu_ns)
    : host_(std::move(host)), interval_ms_(interval_ms), own_cpu_ns_(std::move(own_cpu_ns)) {}

SensorInfo EstimateReader::open() {
  const std::optional<CpuUse> use = machine();
  if (!use) {
    throw Error(ErrorKind::sensor, "the CPUs' load cannot be read", "/proc/stat",
                "--sensor none measures time alone");
  }
  const CpuIdentity cpu = parse_cpuinfo(host_.sys.read_text("/proc/cpuinfo").value_or(""));
  const CpuCoefficients coefficients = coefficients_for(cpu);
  energy_.emplace(coefficients, use->online);

  policies_.clear();
  const std::string cpufreq = "/sys/devices/system/cpu/cpufreq";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(host_.sys.path(cpufreq), none)) {
    const std::string policy = cpufreq + "/" + entry.path().filename().string();
    auto nominal = read_number(host_.sys, policy + "/base_frequency");
    if (!nominal) nominal = read_number(host_.sys, policy + "/cpuinfo_max_freq");
    if (nominal && *nominal > 0) policies_.push_back({policy + "/scaling_cur_freq", *nominal});
  }

  SensorInfo info;
  info.kind = "estimate";
  info.measured = false;
  info.scope = "the CPUs' share of a server (model, not measured)";
  info.rails = {{"CPU", true}};
  info.reading = Reading::energy;
  info.format = PowerFormat::energy_csv;
  info.model.period_ms = interval_ms_;
  info.model.window_ms = interval_ms_;
  info.model.latency_ms = 0.0;
  info.model.time_constant_ms = 0.0;
  info.notes = fmt::format(
      "a model, not a measurement: {} CPUs ({}), each {:.0f} mW idle and {:.0f} mW busy",
      use->online, coefficients.architecture, coefficients.idle_mw, coefficients.full_mw);
  return info;
}

std::optional<std::int64_t> EstimateReader::read(std::span<double> values, Problems& problems) {
  const std::int64_t before = host_.clock->now_ns();
  const std::int64_t own_ns = own_cpu_ns_();
  const std::int64_t now = before + (host_.clock->now_ns() - before) / 2;
  values[0] = energy_->advance(now, own_ns);
  if (last_look_ns_ && now - *last_look_ns_ < kLookNs) return std::nullopt;
  last_look_ns_ = now;
  if (const std::optional<CpuUse> use = machine()) {
    energy_->look(use->busy_ns, frequency());
  } else {
    problems.report("read_error", "/proc/stat: the load of other processes cannot be read");
  }
  return std::nullopt;
}

std::optional<CpuUse> EstimateReader::machine() const {
  const std::optional<std::string> text = host_.sys.read_text("/proc/stat");
  return text ? parse_proc_stat(*text, ::sysconf(_SC_CLK_TCK)) : std::nullopt;
}

double EstimateReader::frequency() const {
  double sum = 0.0;
  int count = 0;
  for (const Policy& policy : policies_) {
    if (const auto current = read_number(host_.sys, policy.current)) {
      sum += std::min(1.0, *current / policy.nominal_khz);
      ++count;
    }
  }
  return count > 0 ? sum / count : 1.0;
}

SensorBackend estimate_sensor() {
  return {"estimate", "a model of the CPUs from their load, where nothing can be measured",
          1,          probe,
          create,     Covers::cpu};
}

}  // namespace layerwatt
