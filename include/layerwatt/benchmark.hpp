// Whole inferences: latency, power and energy, of several engines in turn or side by side.
// trtutils' benchmark_engine(s), with its defaults.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/engine.hpp"
#include "layerwatt/profile.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

struct BenchmarkOptions {
  std::string engine = "auto";
  std::string sensor = "auto";
  EngineOptions engine_options;  // `model` is set for each
  SensorOptions sensor_options;
  std::size_t iterations = 1000;
  std::size_t warmup = 50;
  // All engines at once: each iteration starts them together and ends with the last.
  bool parallel = false;
  std::function<void(const std::string&)> on_note;
  const std::atomic<bool>* stop = nullptr;
};

struct BenchmarkResult {
  std::vector<std::filesystem::path> models;  // several when they ran side by side
  std::size_t iterations = 0;
  Known<Metric> latency_ms;
  double throughput_per_s = 0.0;     // inferences of one engine, with the pauses between them
  std::optional<std::size_t> batch;  // frames an inference: the first input's first dimension
  Known<Estimate> power_mw;
  Known<Estimate> energy_mj;  // an inference (of every engine, side by side)
  ResultSensor sensor;
  std::vector<Warning> warnings;
  bool interrupted = false;
};

// The inferences run as in the energy pass of a profile: without a profiler where the engine can.
// In turn: one result a model; side by side: one in all. Throws Error.
std::vector<BenchmarkResult> benchmark(const Host& host,
                                       const std::vector<std::filesystem::path>& models,
                                       const BenchmarkOptions& options);

}  // namespace layerwatt
