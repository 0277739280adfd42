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

// An engine of the caller's own, which is loaded here. dla_core, device and cuda_graph were settled
// when it was made, and are refused.
Profile profile_engine(Engine& engine, const ProfileEngineOptions& options = {},
                       const Host& host = {});

}  // namespace layerwatt
