// Deconvolution of 10000 inferences × 60 layers × 20000 readings, with the sensor's response known
// and unknown. Two cores are what users' boards spare; run under `taskset -c 0,1` to see that.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "attribution/synthetic.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

synthetic::Spec spec_of(double time_constant_ms) {
  synthetic::Spec spec;
  spec.layers = 60;
  spec.inference_ms = 10.0;
  spec.seconds = 100.0;
  spec.window_ms = 2.2;
  spec.latency_ms = 7.3;
  spec.time_constant_ms = time_constant_ms;
  spec.stamp_error_ms = 0.01;
  return spec;
}

void measure(benchmark::State& state, const synthetic::Spec& spec, bool known) {
  Recording recording = synthetic::make(spec).recording;
  if (known) {
    SensorModel& model = recording.manifest.sensor.model;
    model.window_ms = spec.window_ms;
    model.latency_ms = spec.latency_ms;
    model.time_constant_ms = spec.time_constant_ms;
    model.timestamp_error_ms = spec.stamp_error_ms;
  }
  for (auto _ : state) {
    Result result = attribute(recording);
    benchmark::DoNotOptimize(result);
    if (result.method != Method::deconvolve) state.SkipWithError("not deconvolved");
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  state.counters["peak_MB"] = static_cast<double>(used.ru_maxrss) / 1024.0;
  state.counters["inferences"] = static_cast<double>(recording.iterations.size());
  state.counters["readings"] = static_cast<double>(recording.power.size());
}

// Argument: the time constant in ms.
void known_response(benchmark::State& state) {
  measure(state, spec_of(static_cast<double>(state.range(0))), true);
}

void unknown_response(benchmark::State& state) {
  measure(state, spec_of(static_cast<double>(state.range(0))), false);
}

BENCHMARK(known_response)->Arg(0)->Arg(1)->Arg(5)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(unknown_response)->Arg(0)->Arg(1)->Arg(5)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace layerwatt

BENCHMARK_MAIN();
