// Work spread over the processors.
#pragma once

#include <atomic>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace layerwatt {

// Calls `work(i)` for every i < count, from as many threads as there are processors, each i once;
// returns when all are done. Rethrows what a call throws, after the others ended.
template <class Work>
void for_each_in_parallel(std::size_t count, Work work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::future<void>> others;
  for (unsigned t = 1; t < std::thread::hardware_concurrency() && t < count; ++t) {
    others.push_back(std::async(std::launch::async, run));
  }
  run();
  for (auto& other : others) other.get();
}

}  // namespace layerwatt
