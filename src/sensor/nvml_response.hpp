// What is known of the response of NVML's readings, by the GPU's architecture. Pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/nvml.hpp"
#include "layerwatt/result.hpp"
#include "sensor/incident_log.hpp"
#include "sensor/nvml_choice.hpp"

namespace layerwatt {

struct NvmlResponse {
  SensorModel model;  // empty fields: not known for this architecture
  std::string notes;
};

// Sources: nvml.h on what is averaged over 1 s; Yang, Adamek and Armour, "Part-time Power
// Measurements" (SC'24, arXiv 2312.02741) for update periods and windows, measured on over 70 GPUs.
// `interval_ms`: how often NVML is asked; a new reading is noticed half of that late on average,
// and stamped so, which leaves an error.
NvmlResponse nvml_response(NvmlReading reading, nvml::Architecture architecture, int compute_major,
                           int compute_minor, double interval_ms);

// How often NVML is asked, where a call takes `call_ms`: on the grid of the interval, on which
// deadlines that pass during a call are left out. On an H100 the energy counter takes 4.6 ms.
double asked_every_ms(double call_ms, double interval_ms);

// NVML repeats a reading until the next update. A repeated one is no new sample: taken as one it
// would tell of a power at a time when nothing was measured.
class FreshReading {
 public:
  // `longest_ms`: after so long the same value counts as a new one, as an idle GPU's can be.
  // `period_ms`: an update is never older than that.
  FreshReading(double longest_ms, double period_ms);
  // The stamp of the update behind `value`, when it is one: the middle of the time in which it must
  // have come. The first value is never fresh: nobody knows how old it is.
  std::optional<std::int64_t> stamp(std::int64_t now_ns, double value);

 private:
  std::int64_t longest_ns_;
  std::int64_t period_ns_;
  std::optional<double> value_;
  std::int64_t asked_ns_ = 0;
  std::int64_t fresh_ns_ = 0;
};

// Tells when a GPU did not run as it did at the start: what held its clocks down, and how far clock
// and temperature moved. Each further 5 % and 10 °C is told once.
class GpuWatch {
 public:
  explicit GpuWatch(std::string rail) : rail_(std::move(rail)) {}
  void look(const Known<unsigned>& sm_mhz, const Known<unsigned>& temperature_c,
            const Known<std::uint64_t>& throttle, Problems& problems);

 private:
  struct Range {
    std::optional<double> first, lowest, highest;
    // Whether `value` is outside of what was told, by more than `step`.
    bool moved(double value, double step);
  };
  std::string rail_;
  Range clock_;
  Range temperature_;
};

}  // namespace layerwatt
