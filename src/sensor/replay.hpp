// `--sensor file:F`: readings that another program takes and writes to F while we measure.
// docs/sensors.md, "file".
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "layerwatt/host.hpp"
#include "layerwatt/sensor.hpp"
#include "sensor/followed_file.hpp"
#include "sensor/sample_lines.hpp"

namespace layerwatt {

struct ReplayPatience {
  std::chrono::milliseconds header{5000};  // for the header of a file that is still empty
  std::chrono::milliseconds last{1000};    // after stop(), for the readings up to it
};

class ReplaySensor final : public Sensor {
 public:
  ReplaySensor(std::shared_ptr<Clock> clock, const SensorOptions& options,
               ReplayPatience patience = {});
  ~ReplaySensor() override;

  void open() override;
  SensorInfo info() const override { return info_; }
  void start(SampleSink& sink) override;
  void stop() override;

 private:
  class Stream;
  bool wait(std::chrono::nanoseconds time);

  const std::shared_ptr<Clock> clock_;
  const std::string file_;
  const std::chrono::nanoseconds interval_;
  const ReplayPatience patience_;
  SensorInfo info_;
  std::unique_ptr<FollowedFile> followed_;
  std::optional<SampleLines> lines_;
  std::vector<std::string> read_ahead_;  // what open() had to read; start() begins with it

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace layerwatt
