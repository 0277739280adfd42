// A load on the CPUs that goes on and off when told to, for `layerwatt calibrate`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "layerwatt/clock.hpp"
#include "layerwatt/engine.hpp"

namespace layerwatt {

class CpuLoad {
 public:
  // `threads` at least 1; they wait, without using time, until burst().
  CpuLoad(std::shared_ptr<Clock> clock, unsigned threads);
  ~CpuLoad();
  CpuLoad(const CpuLoad&) = delete;
  CpuLoad& operator=(const CpuLoad&) = delete;

  // Arithmetic on all threads for that long. out: one layer, from the mean of the threads' starts
  // to the mean of their ends.
  void burst(std::int64_t duration_ns, Inference& out);
  // By how much the threads' starts and ends were apart from their mean, on average, so far.
  double edge_error_ms() const;
  unsigned threads() const { return static_cast<unsigned>(workers_.size()); }

 private:
  struct Worker {
    std::thread thread;
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;
  };
  void loop(Worker& worker);

  const std::shared_ptr<Clock> clock_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t round_ = 0;  // guarded by mutex_, as all below
  std::size_t busy_ = 0;
  std::int64_t until_ns_ = 0;
  bool ending_ = false;
  // Of the thread that calls burst().
  double apart_ns_ = 0.0;
  std::uint64_t edges_ = 0;
};

}  // namespace layerwatt
