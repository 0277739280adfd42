#include "sensor/nvml_response.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

using nvml::Architecture;

constexpr double kClockStep = 0.05;
constexpr double kTemperatureStep = 10.0;
constexpr double kAverageMs = 1000.0;
constexpr double kSlowestUpdateMs = 100.0;

struct Update {
  std::optional<double> period_ms;
  std::optional<double> window_ms;
};

Update update_of(Architecture architecture, int major, int minor) {
  switch (architecture) {
    case Architecture::pascal:
    case Architecture::volta:
      return {20.0, 10.0};
    case Architecture::turing:
      return {100.0, std::nullopt};  // 20 ms on Quadro RTX 8000, 100 ms on GeForce RTX 20
    case Architecture::ampere:
      if (major == 8 && minor == 0) return {100.0, 25.0};  // GA100
      return {100.0, 100.0};
    case Architecture::hopper:
      return {100.0, 25.0};
    case Architecture::ada:
      return {100.0, std::nullopt};
    default:
      return {};
  }
}

NvmlResponse response_of(NvmlReading reading, const Update& update) {
  NvmlResponse response;
  response.model.period_ms = update.period_ms;
  switch (reading) {
    case NvmlReading::energy:
      // A difference of two counts covers all that lies between their updates: that window is the
      // readings' own, and the counter adds none to it.
      response.model.window_ms = 0.0;
      response.notes =
          "energy counter, differences between its updates; whether it integrates without gaps is "
          "not documented";
      break;
    case NvmlReading::average:
      response.model.window_ms = kAverageMs;
      response.notes = "power averaged over 1 s";
      break;
    case NvmlReading::instant:
      response.model.window_ms = update.window_ms;
      response.notes =
          update.period_ms && update.window_ms && *update.window_ms < *update.period_ms
              ? fmt::format("each reading looks at {:g} of {:g} ms and not at the rest",
                            *update.window_ms, *update.period_ms)
              : "power as of the last update";
      break;
  }
  if (!update.period_ms) {
    response.notes +=
        "; how often it updates is not known for this architecture: `layerwatt calibrate` "
        "measures it";
  }
  return response;
}

}  // namespace

NvmlResponse nvml_response(NvmlReading reading, Architecture architecture, int compute_major,
                           int compute_minor, double interval_ms) {
  NvmlResponse response =
      response_of(reading, update_of(architecture, compute_major, compute_minor));
  SensorModel& model = response.model;
  // Asked less often than it updates, it tells of what lies between two times of asking.
  if (model.period_ms && interval_ms > *model.period_ms) model.period_ms = interval_ms;
  model.timestamp_error_ms = std::min(interval_ms, kSlowestUpdateMs) / std::sqrt(12.0);
  return response;
}

double asked_every_ms(double call_ms, double interval_ms) {
  return interval_ms * std::max(1.0, std::ceil(call_ms / interval_ms));
}

FreshReading::FreshReading(double longest_ms, double period_ms)
    : longest_ns_(static_cast<std::int64_t>(longest_ms * kNsPerMs)),
      period_ns_(static_cast<std::int64_t>(period_ms * kNsPerMs)) {}

std::optional<std::int64_t> FreshReading::stamp(std::int64_t now_ns, double value) {
  const std::int64_t before = asked_ns_;
  asked_ns_ = now_ns;
  if (!value_) {
    value_ = value;
    fresh_ns_ = now_ns;
    return std::nullopt;
  }
  if (value == *value_ && now_ns - fresh_ns_ < longest_ns_) return std::nullopt;
  value_ = value;
  fresh_ns_ = now_ns;
  return now_ns - std::min(now_ns - before, period_ns_) / 2;
}

bool GpuWatch::Range::moved(double value, double step) {
  if (!first) {
    first = lowest = highest = value;
    return false;
  }
  if (value >= *lowest - step && value <= *highest + step) return false;
  lowest = std::min(*lowest, value);
  highest = std::max(*highest, value);
  return true;
}

void GpuWatch::look(const Known<unsigned>& sm_mhz, const Known<unsigned>& temperature_c,
                    const Known<std::uint64_t>& throttle, Problems& problems) {
  if (throttle) {
    if (const std::string words = nvml::throttle_words(*throttle); !words.empty()) {
      problems.report("throttled", rail_ + ": clocks held down: " + words);
    }
  }
  if (sm_mhz) {
    const double step = kClockStep * clock_.first.value_or(*sm_mhz);
    if (clock_.moved(*sm_mhz, step)) {
      problems.report("gpu_clock", fmt::format("{}: SM clock {} MHz, after {:g} MHz at the start",
                                               rail_, *sm_mhz, *clock_.first));
    }
  }
  if (temperature_c && temperature_.moved(*temperature_c, kTemperatureStep)) {
    problems.report("gpu_temperature", fmt::format("{}: {} °C, after {:g} °C at the start", rail_,
                                                   *temperature_c, *temperature_.first));
  }
}

}  // namespace layerwatt
