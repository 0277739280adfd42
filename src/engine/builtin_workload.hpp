// A small network that needs no model: layers that draw different power, for `layerwatt selftest`.
#pragma once

#include <memory>
#include <optional>

#include "layerwatt/engine.hpp"

namespace layerwatt {

// On the GPU, where CUDA finds one: arithmetic on all of it, copies through its memory, arithmetic
// on one multiprocessor, arithmetic again; each made to take `layer_ms`. Each layer is timed by
// events, which lie on the host's clock.
std::unique_ptr<Engine> make_gpu_workload(const Host& host, int device, double layer_ms);

// On one CPU core: arithmetic, copies through memory, waiting.
std::unique_ptr<Engine> make_cpu_workload(const Host& host, double layer_ms);

// How far off events can be on the host's clock, in µs; empty for an engine on the CPU.
std::optional<double> clock_uncertainty_us(const Engine& engine);

}  // namespace layerwatt
