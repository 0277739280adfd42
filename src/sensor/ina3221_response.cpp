#include "sensor/ina3221_response.hpp"

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace layerwatt {
namespace {

// TI SBOS576, table "conversion time": bus and shunt have the same choices.
constexpr std::array kConversionUs{140.0, 204.0, 332.0, 588.0, 1100.0, 2116.0, 4156.0, 8244.0};

constexpr const char* kMeasureIt = "`layerwatt calibrate` measures it";

}  // namespace

Ina3221Response ina3221_response(const Ina3221Settings& settings) {
  Ina3221Response response;
  if (!settings.samples || !settings.update_interval_ms || *settings.samples < 1 ||
      settings.channels < 1) {
    response.notes = fmt::format(
        "the driver does not tell its averaging: the response is unknown, {}", kMeasureIt);
    return response;
  }
  const double samples = *settings.samples;
  const double shown_ms = *settings.update_interval_ms;
  response.notes = fmt::format("samples {}, update_interval {} ms, {} channels", samples, shown_ms,
                               settings.channels);

  std::optional<double> conversion_ms;
  std::optional<double> sweep_ms;
  int fits = 0;
  for (const double conversion_us : kConversionUs) {
    // The driver sets bus and shunt to the same time, and so does the chip's reset.
    const double sweep = settings.channels * 2 * conversion_us / 1000.0;
    const bool per_sweep = std::round(sweep) == shown_ms;
    const bool per_average = samples > 1 && std::round(sweep * samples) == shown_ms;
    if (!per_sweep && !per_average) continue;
    ++fits;
    conversion_ms = conversion_us / 1000.0;
    sweep_ms = sweep;
  }
  if (fits != 1) {
    response.notes +=
        fmt::format(", which {}: the response is unknown, {}",
                    fits == 0 ? "no setting of the chip gives" : "is ambiguous", kMeasureIt);
    return response;
  }
  response.model.period_ms = sweep_ms;
  response.model.window_ms = conversion_ms;
  response.model.time_constant_ms = samples > 1 ? samples * *sweep_ms : 0.0;
  // latency: a reading is of the last sweep or waits for the next, by the driver's version.
  if (samples > 1) {
    response.notes += fmt::format(": a low pass of {:.0f} ms", *response.model.time_constant_ms);
  }
  return response;
}

}  // namespace layerwatt
