// trtutils' profile_engine in C++: its parameters and defaults, without its defects. Layers are
// told apart by place, their times are laid on the GPU's own clock, and their power comes from the
// sensor's response and not from the lines that happen to fall inside.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "layerwatt/profile.hpp"

namespace layerwatt {

struct ProfileEngineOptions {
  std::size_t iterations = 10000;
  std::size_t warmup_iterations = 10;
  double tegra_interval_ms = 5.0;  // of whatever sensor there is
  std::optional<int> dla_core;
  std::optional<int> device;
  bool warmup = true;
  std::optional<bool> cuda_graph;  // empty: on where it can be
  // One sentence each on which engine and sensor are used; the library prints nothing itself.
  std::function<void(const std::string&)> verbose;

  std::string sensor = "auto";
  // The rest of EngineOptions: shapes, inputs, plugins. The fields above go before it.
  EngineOptions engine_options;
  std::filesystem::path save;  // where the recording is kept; empty: nowhere
};

// A plan, an ONNX model or whatever else an engine of this build takes. Throws Error.
Profile profile_engine(const std::filesystem::path& engine,
                       const ProfileEngineOptions& options = {}, const Host& host = {});

// A TensorRT engine that the caller has deserialised, by a pointer: none of TensorRT's headers are
// needed here. It stays the caller's, and must live until this returns, with its runtime and that
// runtime's logger; no other thread may use it meanwhile. Execution contexts of it are made and
// freed by this call; streams, tensors and inputs are ours. `device`: the GPU on which it was
// deserialised, 0 unless given; its primary context is the calling thread's current one afterwards,
// as after cudaSetDevice. TensorRT complains to the caller's logger, so errors from here say what
// was refused but not why. dla_core and plugins were settled when it was deserialised, and are
// refused. Throws Error(engine) where this build is for another major version of TensorRT than the
// libnvinfer of this process.
Profile profile_engine(nvinfer1::ICudaEngine& engine, const ProfileEngineOptions& options = {},
                       const Host& host = {});

// An engine of the caller's own, which is loaded here. dla_core, device and cuda_graph were settled
// when it was made, and are refused.
Profile profile_engine(Engine& engine, const ProfileEngineOptions& options = {},
                       const Host& host = {});

}  // namespace layerwatt
