// A sink that keeps what it is given, and lets a test wait for it.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "layerwatt/sensor.hpp"

namespace layerwatt {

class FakeSink final : public SampleSink {
 public:
  struct Sample {
    std::int64_t time_ns;
    std::vector<double> values;
  };

  void sample(std::int64_t time_ns, std::span<const double> values) override {
    const std::lock_guard lock(mutex_);
    samples_.push_back({time_ns, {values.begin(), values.end()}});
    changed_.notify_all();
  }
  void line(std::int64_t, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(text);
    changed_.notify_all();
  }
  void incident(const Incident& incident) override {
    const std::lock_guard lock(mutex_);
    incidents_.push_back(incident);
    changed_.notify_all();
  }

  // False after half a minute, which only a test that failed ever waits.
  bool wait_for_samples(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return samples_.size() >= count; });
  }
  bool wait_for_incidents(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return incidents_.size() >= count; });
  }
  // One with that code.
  bool wait_for_incident(const std::string& code) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      return std::any_of(incidents_.begin(), incidents_.end(),
                         [&](const Incident& incident) { return incident.code == code; });
    });
  }
  std::vector<Sample> samples() const {
    const std::lock_guard lock(mutex_);
    return samples_;
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<Incident> incidents() const {
    const std::lock_guard lock(mutex_);
    return incidents_;
  }
  // Messages of the incidents with that code.
  std::vector<std::string> incidents(const std::string& code) const {
    std::vector<std::string> messages;
    for (const Incident& incident : incidents()) {
      if (incident.code == code) messages.push_back(incident.message);
    }
    return messages;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Sample> samples_;
  std::vector<std::string> lines_;
  std::vector<Incident> incidents_;
};

}  // namespace layerwatt
