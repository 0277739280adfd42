#include "engine/cpu_load.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/units.hpp"

namespace layerwatt {
namespace {

// About a microsecond between two looks at the clock.
constexpr int kRounds = 500;

void spin_until(const Clock& clock, std::int64_t until_ns) {
  volatile double result = 1.0;  // volatile: the work must not be left out
  double a = result;
  double b = a + 0.5;
  while (clock.now_ns() < until_ns) {
    for (int i = 0; i < kRounds; ++i) {
      a = a * 0.9999999 + 1e-9;
      b = b * 1.0000001 - 1e-9;
    }
    result = a + b;
  }
}

}  // namespace

CpuLoad::CpuLoad(std::shared_ptr<Clock> clock, unsigned threads) : clock_(std::move(clock)) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->thread = std::thread([this, &worker = *workers_.back()] { loop(worker); });
  }
}

CpuLoad::~CpuLoad() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (const auto& worker : workers_) worker->thread.join();
}

void CpuLoad::loop(Worker& worker) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::uint64_t done = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || round_ != done; });
    if (ending_) return;
    done = round_;
    const std::int64_t until_ns = until_ns_;
    lock.unlock();
    const std::int64_t start_ns = clock_->now_ns();
    spin_until(*clock_, until_ns);
    const std::int64_t end_ns = clock_->now_ns();
    lock.lock();
    worker.start_ns = start_ns;
    worker.end_ns = end_ns;
    if (--busy_ == 0) changed_.notify_all();
  }
}

void CpuLoad::burst(std::int64_t duration_ns, Inference& out) {
  std::unique_lock lock(mutex_);
  busy_ = workers_.size();
  until_ns_ = clock_->now_ns() + duration_ns;
  ++round_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return busy_ == 0; });
  const std::int64_t base_ns = workers_.front()->start_ns;
  double start = 0.0;
  double end = 0.0;
  const auto count = static_cast<double>(workers_.size());
  for (const auto& worker : workers_) {
    start += static_cast<double>(worker->start_ns - base_ns) / count;
    end += static_cast<double>(worker->end_ns - base_ns) / count;
  }
  for (const auto& worker : workers_) {
    apart_ns_ += std::abs(static_cast<double>(worker->start_ns - base_ns) - start) +
                 std::abs(static_cast<double>(worker->end_ns - base_ns) - end);
    edges_ += 2;
  }
  out.start_ns = base_ns + std::llround(start);
  // A thread that was not let run until the time was over has only just begun.
  out.end_ns = std::max<std::int64_t>(base_ns + std::llround(end), out.start_ns + 1);
  out.layer_ms.assign(1, milliseconds_between(out.start_ns, out.end_ns).value);
}

double CpuLoad::edge_error_ms() const {
  return edges_ == 0 ? 0.0 : apart_ns_ / static_cast<double>(edges_) / kNsPerMs;
}

}  // namespace layerwatt
