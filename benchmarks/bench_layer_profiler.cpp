// What our profiler costs inside TensorRT's call, a layer and an inference.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "layerwatt/layer_profiler.hpp"

namespace {

std::vector<std::string> names(int layers) {
  std::vector<std::string> all;
  for (int i = 0; i < layers; ++i) {
    all.push_back("/model/layers." + std::to_string(i) + "/conv/Conv + /model/relu/Relu");
  }
  return all;
}

// A whole inference: start, a report for each layer (the names' pointers as TensorRT hands them
// out: the same each time), end.
void whole_iteration(benchmark::State& state) {
  const auto layers = names(static_cast<int>(state.range(0)));
  layerwatt::LayerProfiler profiler;
  std::size_t iterations = 0;
  for (auto _ : state) {
    if (++iterations % 2000 == 0) profiler.reset();
    profiler.start_iteration();
    for (const std::string& name : layers) profiler.report_layer_time(name.c_str(), 0.5F);
    profiler.finalize_iteration();
  }
  state.counters["a_layer"] =
      benchmark::Counter(static_cast<double>(state.range(0)) * static_cast<double>(iterations),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace

BENCHMARK(whole_iteration)->Arg(60)->Arg(1000);

BENCHMARK_MAIN();
