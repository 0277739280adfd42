#include "sensor/nvml.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/sensor.hpp"
#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

// Clocks, temperature and throttle reasons take calls of their own.
constexpr std::int64_t kWatchNs = 100'000'000;
// The slowest update that is known of any GPU; an idle one may give the same value again.
constexpr double kUpdateMs = 100.0;
constexpr double kLongestMs = 150.0;
// A counter that stands still is a GPU that is switched off, not an update.
constexpr double kNever = 3.6e9;
constexpr int kTrialCalls = 5;

std::string state_of(const nvml::Device& device) {
  std::string text;
  const auto add = [&](std::string part) { text += (text.empty() ? "" : ", ") + std::move(part); };
  if (const auto mhz = device.clock_mhz(nvml::ClockDomain::sm)) {
    add(fmt::format("SM {} MHz", *mhz));
  }
  if (const auto mhz = device.clock_mhz(nvml::ClockDomain::memory)) {
    add(fmt::format("memory {} MHz", *mhz));
  }
  if (const auto celsius = device.temperature_c()) add(fmt::format("{} °C", *celsius));
  if (const auto limit = device.power_limit_mw()) {
    add(fmt::format("limit {:g} W", *limit / 1000.0));
  }
  return text;
}

[[noreturn]] void throw_no_power(const nvml::Device& device, const std::string& reason) {
  throw Error(ErrorKind::sensor, device.name() + ": " + reason, "NVML",
              device.architecture() == nvml::Architecture::orin
                  ? "a Jetson's power is that of its rails: --sensor ina3221 or tegrastats"
                  : "this GPU or its driver gives no power; --sensor file:F takes a meter's");
}

}  // namespace

NvmlReader::NvmlReader(const Host& host, const SensorOptions& options)
    : host_(host), options_(options) {}

SensorInfo NvmlReader::open() {
  nvml::Machine machine = nvml::open(host_.sys);
  std::vector<GpuName> names;
  for (const nvml::Device& gpu : machine.gpus) names.push_back({gpu.name(), gpu.uuid()});
  const NvmlChoice choice =
      choose_gpus(names, options_.device, options_.argument, host_.sys.env("CUDA_VISIBLE_DEVICES"),
                  host_.sys.env("CUDA_DEVICE_ORDER"));
  gpus_.clear();
  for (const std::size_t index : choice.gpus) {
    std::string rail = choice.gpus.size() == 1 ? "GPU" : "GPU" + std::to_string(index);
    gpus_.push_back({machine.gpus[index], GpuWatch(std::move(rail))});
  }

  // What one of the GPUs lacks, all are read without: rails that differ do not add up.
  const auto all_have = [&](const auto& reading) {
    return std::all_of(gpus_.begin(), gpus_.end(),
                       [&](const Gpu& gpu) { return reading(gpu.device).has_value(); });
  };
  const auto energy = [](const nvml::Device& gpu) { return gpu.energy_mj(); };
  const auto instant = [](const nvml::Device& gpu) { return gpu.power_mw(nvml::Power::instant); };
  const auto average = [](const nvml::Device& gpu) { return gpu.power_mw(nvml::Power::average); };
  reading_ = choice.reading.value_or(all_have(energy) ? NvmlReading::energy : NvmlReading::instant);
  with_average_ = reading_ == NvmlReading::instant && all_have(average);
  power_ = reading_ == NvmlReading::average ? nvml::Power::average
           : all_have(instant)              ? nvml::Power::instant
                                            : nvml::Power::whatever;
  // By nvml.h: nvmlDeviceGetPowerUsage is the 1 s average on what is newer than GA100.
  const nvml::Device& first = gpus_.front().device;
  const bool newer =
      first.architecture() > nvml::Architecture::ampere ||
      (first.architecture() == nvml::Architecture::ampere && first.compute_minor() != 0);
  const NvmlReading known_as =
      power_ == nvml::Power::whatever && newer && reading_ == NvmlReading::instant
          ? NvmlReading::average
          : reading_;
  const double asked_ms = asked_every_ms(call_ms(), options_.interval_ms);
  NvmlResponse response = nvml_response(known_as, first.architecture(), first.compute_major(),
                                        first.compute_minor(), asked_ms);

  SensorInfo info;
  info.kind = "nvml";
  info.scope = gpus_.size() == 1 ? "gpu board" : fmt::format("{} gpu boards", gpus_.size());
  info.model = response.model;
  if (reading_ == NvmlReading::energy) {
    info.reading = Reading::energy;
    info.format = PowerFormat::energy_csv;
  }
  fresh_.clear();
  for (Gpu& gpu : gpus_) {
    const Known<double> now = ask(gpu);
    if (!now) throw_no_power(gpu.device, now.reason());
    gpu.first_mj = *now;
    fresh_.emplace_back(reading_ == NvmlReading::energy ? kNever : kLongestMs, kUpdateMs);
    std::string rail = gpus_.size() == 1 ? "GPU" : fmt::format("GPU{}", gpu.device.index());
    if (with_average_) info.rails.push_back({rail + " 1 s average", false});
    info.rails.insert(info.rails.end() - (with_average_ ? 1 : 0), {std::move(rail), true});
    info.identity += gpu.device.uuid() + " ";
    info.notes +=
        fmt::format("{} {}: {}. ", gpu.device.name(), gpu.device.uuid(), state_of(gpu.device));
  }
  // Instant power and that of the last second are readings of different response.
  info.identity += reading_ == NvmlReading::energy  ? "energy"
                   : power_ == nvml::Power::average ? "average"
                                                    : "power";
  held_.assign(gpus_.size(), std::nullopt);
  watched_ns_ = 0;
  info.notes += fmt::format("Driver {}; {}", machine.driver, response.notes);
  if (asked_ms > options_.interval_ms) {
    info.notes += fmt::format("; asked every {:g} ms and not every {:g}, since a call takes longer",
                              asked_ms, options_.interval_ms);
  }
  if (!choice.note.empty()) info.notes += "; " + choice.note;
  return info;
}

Known<double> NvmlReader::ask(const Gpu& gpu) const {
  return reading_ == NvmlReading::energy ? gpu.device.energy_mj() : gpu.device.power_mw(power_);
}

double NvmlReader::call_ms() const {
  std::array<double, kTrialCalls> took{};
  for (double& ms : took) {
    const std::int64_t before = host_.clock->now_ns();
    for (const Gpu& gpu : gpus_) static_cast<void>(ask(gpu));
    ms = milliseconds_between(before, host_.clock->now_ns()).value;
  }
  std::nth_element(took.begin(), took.begin() + kTrialCalls / 2, took.end());
  return took[kTrialCalls / 2];
}

void NvmlReader::watch(std::int64_t now_ns, Problems& problems) {
  if (now_ns - watched_ns_ < kWatchNs) return;
  watched_ns_ = now_ns;
  for (Gpu& gpu : gpus_) {
    gpu.watch.look(gpu.device.clock_mhz(nvml::ClockDomain::sm), gpu.device.temperature_c(),
                   gpu.device.throttle_reasons(), problems);
  }
}

std::optional<std::int64_t> NvmlReader::read(std::span<double> values, Problems& problems) {
  const std::int64_t before = host_.clock->now_ns();
  std::vector<Known<double>> now;
  for (const Gpu& gpu : gpus_) now.push_back(ask(gpu));
  const std::int64_t asked = before + (host_.clock->now_ns() - before) / 2;

  std::int64_t stamp = asked;
  for (std::size_t i = 0; i < gpus_.size(); ++i) {
    if (!now[i]) {
      problems.report("read_error", gpus_[i].device.uuid() + ": " + now[i].reason());
      continue;
    }
    if (const auto updated = fresh_[i].stamp(asked, *now[i])) {
      held_[i] = reading_ == NvmlReading::energy ? *now[i] - gpus_[i].first_mj : *now[i];
      stamp = *updated;
    }
  }
  watch(asked, problems);
  // GPUs update at times of their own; a total needs them all.
  if (!std::all_of(held_.begin(), held_.end(), [](const auto& value) { return value.has_value(); }))
    return stamp;
  const std::size_t rails_a_gpu = with_average_ ? 2 : 1;
  for (std::size_t i = 0; i < gpus_.size(); ++i) {
    values[i * rails_a_gpu] = *held_[i];
    held_[i].reset();
    if (!with_average_) continue;
    if (const auto average = gpus_[i].device.power_mw(nvml::Power::average)) {
      values[i * rails_a_gpu + 1] = *average;
    }
  }
  return stamp;
}

SensorBackend nvml_sensor() {
  SensorBackend backend = polled_backend<NvmlReader>(
      "nvml", "energy counter and power of NVIDIA GPUs, by their driver", 70);
  backend.covers = Covers::gpu;
  return backend;
}

}  // namespace layerwatt
