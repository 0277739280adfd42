// Live readings of a sensor as metrics: power now, energy since the start, and what is amiss.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics.hpp"
#include "layerwatt/clock.hpp"
#include "layerwatt/sensor.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt::exporter {

// Energy of one series of readings: by trapezoid between readings of power, by differences of a
// counter. Never falls. Time without readings is in neither energy nor observed time.
class EnergyCount {
 public:
  // By ascending time; value: mW or cumulative mJ, NaN = missing. Readings of power that are more
  // than `most_gap_ns` apart are not joined.
  void add(std::int64_t time_ns, double value, Reading reading, std::int64_t most_gap_ns);
  // The next reading is not joined to what came before.
  void cut();

  double joules() const { return joules_; }
  double observed_s() const { return observed_s_; }
  // At the latest reading; empty where that one was missing. Of a counter: over about a second.
  std::optional<double> watts() const { return watts_; }
  std::uint64_t lost() const { return lost_; }

 private:
  struct Point {
    std::int64_t time_ns;
    double value;
  };
  std::deque<Point> recent_;  // of a counter: about a second; else the latest alone
  std::optional<double> watts_;
  double joules_ = 0.0;
  double observed_s_ = 0.0;
  std::uint64_t lost_ = 0;
};

// Safe from any thread. A sensor may end and be opened again: what was counted stays.
class LiveReadings final : public SampleSink {
 public:
  // Readings older than this are stale; empty: 5 s, or ten periods of the sensor.
  explicit LiveReadings(std::optional<double> stale_after_s) : asked_stale_s_(stale_after_s) {}

  // Before a sensor is started. Stamps are of `clock`.
  void begin(const SensorInfo& info, double interval_ms, std::shared_ptr<const Clock> clock);
  // After it was stopped: nothing is up until the next begin().
  void end();

  void sample(std::int64_t time_ns, std::span<const double> values) override;
  void line(std::int64_t time_ns, std::string_view text) override;
  void incident(const Incident& incident) override;

  // Whether the latest reading is not stale.
  bool up() const;
  double stale_after_s() const;
  // Those since the last call; at most a few.
  std::vector<Incident> take_incidents();

  void collect(Families& out) const;

 private:
  struct RailCount {
    std::string label;
    bool in_total = true;
    EnergyCount energy;
  };
  std::optional<double> age_s() const;
  bool up_now() const;

  mutable std::mutex mutex_;  // guards all that follows
  const std::optional<double> asked_stale_s_;
  bool working_ = false;                // between begin() and end()
  std::shared_ptr<const Clock> clock_;  // of the latest begin()
  std::int64_t begun_ns_ = 0;
  SensorInfo info_;
  double stale_after_s_ = 5.0;
  std::int64_t most_gap_ns_ = 0;
  std::optional<std::int64_t> due_ns_;  // between readings, where the period is known
  std::optional<std::int64_t> last_ns_;
  std::map<std::string, RailCount> known_;  // by label, over all starts
  std::vector<RailCount*> rails_;           // of this sensor, in its order
  EnergyCount total_;
  std::uint64_t samples_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t begins_ = 0;
  std::map<std::string, std::uint64_t> incidents_;
  std::vector<Incident> untold_;
  std::map<std::string, double> celsius_;
  std::map<std::string, double> hertz_;
  TegrastatsLine parsed_;
};

}  // namespace layerwatt::exporter
