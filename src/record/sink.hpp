// Takes a sensor's readings from its thread and puts them into the recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"
#include "layerwatt/sensor.hpp"
#include "record/stop_rule.hpp"

namespace layerwatt {

// Safe from any number of threads, since incidents come from the sensor and from the recorder. A
// failing disk must not throw into a sensor's thread: the first error is kept for the recorder.
class RecordingSink final : public SampleSink {
 public:
  // All must outlive the sink.
  RecordingSink(RecordingWriter& writer, const SensorInfo& info, RunningEstimate* estimate);

  void sample(std::int64_t time_ns, std::span<const double> values) override;
  void line(std::int64_t time_ns, std::string_view text) override;
  void incident(const Incident& incident) override;

  // The stamp of the latest reading; the smallest int64 while there is none.
  std::int64_t last_ns() const { return last_ns_.load(std::memory_order_acquire); }
  bool any() const { return last_ns() != kNever; }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // Throws what writing threw, if it did.
  void rethrow();

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

 private:
  template <class Write>
  void write(const Write& do_write);
  std::optional<double> total_mw(std::int64_t time_ns, std::span<const double> values);
  void tell_rails(std::int64_t time_ns, std::span<const double> values);

  RecordingWriter& writer_;
  const SensorInfo& info_;
  RunningEstimate* estimate_;
  std::mutex mutex_;  // guards the writer's side that samples use, and what follows
  std::exception_ptr error_;
  std::optional<double> energy_mj_;  // the previous total of a cumulative sensor
  std::int64_t energy_ns_ = 0;
  std::vector<double> rail_mj_;  // the previous reading of a cumulative sensor
  std::int64_t rail_ns_ = 0;
  std::atomic<bool> failed_{false};
  std::atomic<std::int64_t> last_ns_{kNever};
};

// Sum of the values whose rail is in the total; empty when one is missing or no rail is in it.
std::optional<double> sum_in_total(std::span<const Rail> rails, std::span<const double> values);

}  // namespace layerwatt
