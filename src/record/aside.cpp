#include "record/aside.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <chrono>
#include <utility>

namespace layerwatt {

AsideEstimate::~AsideEstimate() {
  if (result_.valid()) result_.wait();
}

void AsideEstimate::start(Work work) {
  result_ = std::async(std::launch::async, [work = std::move(work)] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    // Threads that the work starts inherit both. Where it is refused, the work is as it was.
    const sched_param none{};
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
    return work();
  });
}

std::optional<std::vector<LayerPrecision>> AsideEstimate::take() {
  if (!result_.valid()) return std::nullopt;
  if (result_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  return result_.get();
}

}  // namespace layerwatt
