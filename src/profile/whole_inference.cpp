#include "profile/whole_inference.hpp"

#include <algorithm>
#include <utility>

#include "layerwatt/units.hpp"

namespace layerwatt {

WholeInference::WholeInference(std::vector<std::unique_ptr<Engine>> engines) {
  for (std::unique_ptr<Engine>& engine : engines) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->engine = std::move(engine);
  }
  if (workers_.size() < 2) return;  // one needs no thread
  for (const auto& worker : workers_) {
    worker->thread = std::thread([this, &worker = *worker] { loop(worker); });
  }
}

WholeInference::~WholeInference() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void WholeInference::loop(Worker& worker) {
  std::size_t done = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || round_ != done; });
    if (ending_) break;
    done = round_;
    const auto& job = *job_;
    lock.unlock();
    try {
      job(worker);
    } catch (...) {
      worker.error = std::current_exception();
    }
    lock.lock();
    if (--busy_ == 0) changed_.notify_all();
  }
  lock.unlock();
  // What it holds on the GPU belongs to this thread.
  worker.engine.reset();
}

void WholeInference::on_all(const std::function<void(Worker&)>& job) {
  if (workers_.size() == 1) return job(*workers_.front());
  {
    std::unique_lock lock(mutex_);
    job_ = &job;
    busy_ = workers_.size();
    ++round_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return busy_ == 0; });
  }
  for (const auto& worker : workers_) {
    if (worker->error) std::rethrow_exception(std::exchange(worker->error, nullptr));
  }
}

void WholeInference::load() {
  on_all([](Worker& worker) { worker.engine->load(); });
}

std::string WholeInference::engine_json() const { return workers_.front()->engine->engine_json(); }
std::string WholeInference::device_json() const { return workers_.front()->engine->device_json(); }

std::vector<Warning> WholeInference::warnings() const {
  std::vector<Warning> all;
  for (const auto& worker : workers_) {
    for (Warning& warning : worker->engine->warnings()) all.push_back(std::move(warning));
  }
  return all;
}

void WholeInference::infer(Inference& out) {
  on_all([](Worker& worker) { worker.engine->infer(worker.inference); });
  out.start_ns = workers_.front()->inference.start_ns;
  // An engine that runs ahead of the host may have begun before the round before had ended.
  std::int64_t end_ns = workers_.front()->inference.end_ns;
  for (const auto& worker : workers_) {
    out.start_ns = std::min(out.start_ns, worker->inference.start_ns);
    end_ns = std::max(end_ns, worker->inference.end_ns);
  }
  if (workers_.size() > 1) out.start_ns = std::max(out.start_ns, out.end_ns);
  out.end_ns = std::max(end_ns, out.start_ns + 1);
  out.layer_ms.assign(1, milliseconds_between(out.start_ns, out.end_ns).value);
}

}  // namespace layerwatt
