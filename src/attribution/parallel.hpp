// Work spread over the processors.
#pragma once

#include <algorithm>
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

// Calls `work(first, end)` for consecutive chunks of 0 … count − 1, and returns what they return in
// their order. Chunks do not depend on the number of processors, so neither do sums over them.
template <class Work>
auto for_each_chunk(std::size_t count, Work work) {
  constexpr std::size_t kChunk = 4096;
  const std::size_t chunks = std::max<std::size_t>(1, count / kChunk);
  std::vector<decltype(work(std::size_t{}, std::size_t{}))> done(chunks);
  for_each_in_parallel(
      chunks, [&](std::size_t i) { done[i] = work(i * count / chunks, (i + 1) * count / chunks); });
  return done;
}

}  // namespace layerwatt
