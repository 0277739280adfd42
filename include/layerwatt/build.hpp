// From an ONNX model to an engine that can be profiled layer by layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/host.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// The shapes that a dynamic input may have; the engine is tuned for `best`.
struct ShapeRange {
  std::string name;
  std::vector<std::int64_t> least;
  std::vector<std::int64_t> best;
  std::vector<std::int64_t> most;
};

struct BuildOptions {
  std::filesystem::path model;   // ONNX
  std::filesystem::path output;  // written whole or not at all
  bool fp16 = false;
  bool int8 = false;
  std::filesystem::path calibration_cache;  // int8 scales, as trtexec and polygraphy write them
  std::optional<int> dla_core;              // what the DLA cannot run falls back to the GPU
  std::vector<ShapeRange> shapes;
  std::filesystem::path
      timing_cache;  // read where it exists, and written: the next build is faster
  std::optional<std::size_t> workspace_mib;
  std::optional<int> aux_streams;  // at most; 0: all layers one after the other
  std::vector<std::filesystem::path> plugins;
  int device = 0;
};

struct BuildReport {
  std::uint64_t bytes = 0;
  double seconds = 0.0;
  std::string version;            // of TensorRT
  std::vector<std::string> said;  // TensorRT's warnings
};

// By TensorRT, with profiling verbosity DETAILED. Throws Error(bad_input) for a model that it does
// not take, naming the node; Error(usage) for options that this version or machine does not have;
// Error(engine) otherwise.
BuildReport build_engine(const Host& host, const BuildOptions& options);

}  // namespace layerwatt
