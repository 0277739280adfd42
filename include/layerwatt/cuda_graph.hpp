// Any CUDA work as an engine: its launches are captured into a graph, marked as layers while they
// are captured, and replayed, whole or with the kernels of one layer repeated in place.
//
//   auto recorder = layerwatt::make_graph_recorder();
//   recorder->begin(stream);                       // a cudaStream_t or CUstream, context current
//   {
//     const auto scope = recorder->layer("conv1"); // or NVTX ranges: follow_nvtx()
//     conv1(stream);
//   }
//   ...
//   recorder->end();
//   auto engine = layerwatt::make_graph_engine(std::move(recorder));
//
// Needs libcuda.so.1 (CUDA 12 or newer) when it runs, nothing of CUDA when it is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "layerwatt/engine.hpp"

// CUDA's own names, so that its handles convert to ours.
struct CUstream_st;

namespace layerwatt {

enum class DeviceNumber { f16, bf16, f32, f64 };

// Captures one stream and whatever it forks to. One thread at a time. A layer is one scope; the
// same name twice is two layers. Scopes nest: a kernel belongs to the innermost one that was open
// when it was captured. What no scope was open for is outside layers.
class GraphRecorder {
 public:
  virtual ~GraphRecorder() = default;

  // Begins the capture of `stream` (not the default one). Throws Error(engine), as all below do.
  virtual void begin(CUstream_st* stream) = 0;
  virtual void push(std::string_view name) = 0;
  virtual void pop() = 0;
  // Ends the capture. Streams that were forked to must have been joined.
  virtual void end() = 0;

  // A buffer on the device whose values must stay finite however often a layer is repeated. A
  // kernel that adds onto its own output (x += f(x)) gives other values each time; as long as they
  // do not overflow the power is that of the layer. Layers that make a watched buffer overflow are
  // not repeated, and said.
  virtual void watch(const void* device_address, std::size_t count, DeviceNumber type) = 0;

  // Every NVTX range that this thread pushes and pops during the capture is a scope too. Libraries
  // that emit ranges (TensorRT does, one a layer, with DETAILED verbosity) need no change. To be
  // called before the first NVTX call of the process. False: liblayerwatt_nvtx.so was not found, or
  // another tool has taken NVTX_INJECTION64_PATH.
  virtual bool follow_nvtx() = 0;

  class Layer {
   public:
    Layer(GraphRecorder& recorder, std::string_view name) : recorder_(&recorder) {
      recorder.push(name);
    }
    ~Layer() { recorder_->pop(); }
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;

   private:
    GraphRecorder* recorder_;
  };
  [[nodiscard]] Layer layer(std::string_view name) { return Layer(*this, name); }
};

// Throws Error(engine), with a hint, where there is no CUDA driver.
std::unique_ptr<GraphRecorder> make_graph_recorder();

struct GraphEngineOptions {
  std::size_t most_nodes = 30000;  // of a graph with repeated layers
  double queued_ms = 25.0;         // work that is always ahead of the GPU
  // A buffer as large as the GPU's L2 cache is read in front of a repeat of a layer, so that the
  // repeat finds its weights in memory and not in the cache. It appears as one more layer, of no
  // time in a pass, whose energy is taken off (automatic: from repeating() on). Such repeats are
  // longer by tens of µs, and intervals wider.
  EmptyCache empty_cache = EmptyCache::never;
  // Behind each pass runs a second one of half of its layers, in each window another half, beside
  // windows that repeat one layer: layers find the cache as a pass leaves it. Only where layers
  // follow each other, with no kernel outside them, and where a layer may run on what later ones
  // left in its inputs: values differ, and an index among them may lie outside its table. Not
  // together with empty_cache.
  bool half_passes = false;
};

// The engine of what was captured; end() must have been called. The CUDA context that was current
// at begin(), and all memory that the kernels use, must live as long as the engine.
std::unique_ptr<Engine> make_graph_engine(std::unique_ptr<GraphRecorder> recorder,
                                          const Host& host = {},
                                          const GraphEngineOptions& options = {});

}  // namespace layerwatt

// What a shared library exports so that `layerwatt profile libmynet.so --engine cuda-graph` can run
// it: prepares the network, warms it up, and captures one pass with begin() … end(). What it
// allocates lives until the program ends. Exceptions of std::exception are reported.
extern "C" void layerwatt_capture_1(layerwatt::GraphRecorder& recorder);
