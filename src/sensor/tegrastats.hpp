// The sensor that runs NVIDIA's tegrastats and reads its lines. docs/tegrastats.md says what is
// read and what is summed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/subprocess.hpp"
#include "layerwatt/sensor.hpp"
#include "sensor/tegrastats_parse.hpp"

namespace layerwatt {

// The program: `options.argument`, LAYERWATT_TEGRASTATS, or where L4T installs it; never PATH,
// which with sudo is the user's. Throws Error(sensor) when there is none.
std::string find_tegrastats(const SysRoot& sys, const SensorOptions& options);

// How long the sensor waits; the interval is added where lines are waited for.
struct TegrastatsPatience {
  std::chrono::milliseconds first_line{3000};
  std::chrono::milliseconds silence{2000};  // mid-run, then told as an incident
  // From SIGTERM to SIGKILL: a run that is interrupted ends within 2 s all the same.
  std::chrono::milliseconds grace{500};
  std::chrono::milliseconds pace{250};  // spent in open() to measure the period
};

class TegrastatsSensor final : public Sensor {
 public:
  // Throws Error(sensor) when there is no tegrastats.
  TegrastatsSensor(const Host& host, const SensorOptions& options,
                   TegrastatsPatience patience = {});
  ~TegrastatsSensor() override;

  void open() override;
  SensorInfo info() const override { return info_; }
  void start(SampleSink& sink) override;
  void stop() override;
  const std::string& program() const { return program_; }

 private:
  class StampedProblems;
  enum class Next { line, nothing, ended };

  std::unique_ptr<Subprocess> spawn() const;
  std::chrono::steady_clock::time_point first_line_deadline() const;
  // Reads on to the next line that can be used, into line_.
  Next next_line(Subprocess& child, std::chrono::steady_clock::time_point deadline);
  // The same; throws Error(sensor) with what went wrong instead.
  void expect_line(Subprocess& child, std::chrono::steady_clock::time_point deadline);
  std::optional<double> measure_period(Subprocess& child);
  void loop(SampleSink& sink);
  void read_on(SampleSink& sink, StampedProblems& problems);

  const std::shared_ptr<Clock> clock_;
  const std::string program_;
  const std::int64_t interval_ms_;
  const TegrastatsPatience patience_;
  SensorInfo info_;

  // Of whoever reads: the caller's thread in open() and start(), then thread_.
  std::unique_ptr<Subprocess> child_;
  std::string_view text_;
  TegrastatsLine line_;
  std::string last_words_;  // the last line that could not be used

  std::thread thread_;
};

}  // namespace layerwatt
