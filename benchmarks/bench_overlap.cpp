// Attribution of readings to layers: 60 layers an inference, a reading every 5 ms.
//
// "windows" are what the reference's cost grows with: inferences × layers. It filters all readings
// once a layer and window; peer_jetsontools_correlate.py measures it.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "attribution/overlap.hpp"
#include "layerwatt/attribution.hpp"

namespace layerwatt {
namespace {

constexpr std::size_t kLayers = 60;
constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

// Inferences of about 10 ms and readings of two rails spread evenly over them.
Recording recording_of(std::size_t inferences, std::size_t samples) {
  Recording recording;
  recording.manifest.sensor.scope = "module";
  recording.manifest.sensor.model = {std::nullopt, 0.01, 0.0, 0.0, 0.0};
  for (std::size_t j = 0; j < kLayers; ++j) {
    recording.iterations.layers.push_back("layer " + std::to_string(j));
  }
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> layer_ms(0.12, 0.2);
  std::uniform_real_distribution<double> power_mw(1000.0, 9000.0);
  Iterations& iterations = recording.iterations;
  std::int64_t now = kStart;
  for (std::size_t i = 0; i < inferences; ++i) {
    iterations.start_ns.push_back(now);
    double sum = 0.0;
    for (std::size_t j = 0; j < kLayers; ++j) {
      iterations.layer_ms.push_back(layer_ms(random));
      sum += iterations.layer_ms.back();
    }
    now += static_cast<std::int64_t>(sum * 1e6) + 200'000;
    iterations.end_ns.push_back(now);
  }
  PowerSamples& power = recording.power;
  power.rails.resize(2);
  power.rails[0].name = "VDD_GPU_SOC";
  power.rails[1].name = "VDD_CPU_CV";
  for (std::size_t k = 0; k < samples; ++k) {
    power.time_ns.push_back(kStart + (now - kStart) * static_cast<std::int64_t>(k) /
                                         static_cast<std::int64_t>(samples));
    power.rail_mw.push_back(power_mw(random));
    power.rail_mw.push_back(power_mw(random));
  }
  return recording;
}

void set_counters(benchmark::State& state, std::size_t inferences) {
  const auto windows = static_cast<std::int64_t>(inferences * kLayers);
  state.SetComplexityN(windows);
  state.SetItemsProcessed(state.iterations() * windows);
  state.counters["windows"] = static_cast<double>(windows);
}

// Which reading belongs to which layer: the merge, and power and energy from it.
void Overlap(benchmark::State& state) {
  const auto inferences = static_cast<std::size_t>(state.range(0));
  const Recording recording = recording_of(inferences, 2 * inferences);
  const SensorTiming timing = sensor_timing(recording.manifest.sensor.model, recording.power);
  for (auto _ : state) {
    const SlotTimes times = slot_times(recording.iterations, 20);
    const OverlapTally tally =
        tally_samples(recording.iterations, recording.power, timing, times.batches, true);
    benchmark::DoNotOptimize(
        overlap_estimates(recording.iterations, recording.power, timing, times, tally, true));
  }
  set_counters(state, inferences);
}
BENCHMARK(Overlap)
    ->Arg(500)
    ->Arg(2000)
    ->Arg(5000)
    ->Arg(10000)
    ->Arg(40000)
    ->Complexity(benchmark::oN)
    ->Unit(benchmark::kMillisecond);

// Everything: also the statistics of each layer's times, totals, groups and warnings.
void Attribute(benchmark::State& state) {
  const auto inferences = static_cast<std::size_t>(state.range(0));
  const Recording recording = recording_of(inferences, 2 * inferences);
  for (auto _ : state) benchmark::DoNotOptimize(attribute(recording));
  set_counters(state, inferences);
}
BENCHMARK(Attribute)
    ->Arg(500)
    ->Arg(2000)
    ->Arg(5000)
    ->Arg(10000)
    ->Arg(40000)
    ->Complexity(benchmark::oN)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace layerwatt

BENCHMARK_MAIN();
