#include "record/aside.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace layerwatt {

namespace {

// Somebody waits for them now: on a busy machine threads of the lowest priority would take minutes
// for what is left of a second's work.
void wake_idle_threads() {
  const int ours = ::sched_getscheduler(0);
  if (ours == SCHED_IDLE) return;
  std::error_code failed;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", failed)) {
    const pid_t thread = std::atoi(task.path().filename().c_str());
    const sched_param none{};
    if (::sched_getscheduler(thread) == SCHED_IDLE) ::sched_setscheduler(thread, ours, &none);
  }
}

}  // namespace

AsideEstimate::~AsideEstimate() {
  if (!result_.valid()) return;
  hurry_ = true;
  wake_idle_threads();
  result_.wait();
}

void AsideEstimate::start(Work work) {
  result_ = std::async(std::launch::async, [this, work = std::move(work)] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    // Threads that the work starts inherit both. Where it is refused, the work is as it was.
    const sched_param none{};
    const int usual = ::sched_getscheduler(0);
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
    if (hurry_) pthread_setschedparam(pthread_self(), usual, &none);
    return work();
  });
}

std::optional<std::vector<LayerPrecision>> AsideEstimate::take() {
  if (!result_.valid()) return std::nullopt;
  if (result_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  return result_.get();
}

}  // namespace layerwatt
