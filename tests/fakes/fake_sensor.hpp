// A sensor that reads what the test says every few milliseconds of virtual time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "fakes/ticking_clock.hpp"
#include "layerwatt/sensor.hpp"

namespace layerwatt::fakes {

class FakeSensor final : public Sensor {
 public:
  FakeSensor(TickingClock& clock, std::function<std::vector<double>(std::size_t)> readings,
             double period_ms = 5.0)
      : values(std::move(readings)), clock_(clock), period_ms_(period_ms) {
    info_.kind = "fake";
    info_.scope = "module";
    info_.rails = {{"VDD_IN", true}};
    info_.model.period_ms = period_ms;
    info_.model.window_ms = 1.0;
    info_.model.latency_ms = 2.0;
  }

  void open() override {
    if (on_open) on_open();
    opened = true;
  }
  SensorInfo info() const override { return info_; }
  void start(SampleSink& sink) override {
    if (on_start) on_start(sink);
    clock_.every(static_cast<std::int64_t>(period_ms_ * 1e6), [this, &sink](std::int64_t now) {
      if (values) sink.sample(now, values(samples++));
    });
  }
  void stop() override {
    ++stops;
    clock_.no_ticks();
    if (on_stop) on_stop();
  }

  SensorInfo info_;
  std::function<std::vector<double>(std::size_t)> values;  // empty: silent
  bool opened = false;
  std::size_t samples = 0;
  std::size_t stops = 0;
  std::function<void()> on_open;
  std::function<void(SampleSink&)> on_start;
  std::function<void()> on_stop;

 private:
  TickingClock& clock_;
  double period_ms_;
};

}  // namespace layerwatt::fakes
