// Something that runs a network and tells how long each layer took.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/build.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/recording.hpp"

namespace nvinfer1 {
class ICudaEngine;
}

namespace layerwatt {

// Whether method excite empties the GPU's cache in front of the extra runs of a layer, so that they
// find their data in memory and not in the cache.
enum class EmptyCache {
  automatic,  // where the layer in its place takes longer than a repeat that finds it all there
  always,
  never,
};

struct EngineOptions {
  std::filesystem::path model;
  // Engine tensorrt: runs this in place of a plan that it loads. See profile_engine.hpp, which says
  // what the caller keeps to.
  nvinfer1::ICudaEngine* cuda_engine = nullptr;
  int device = 0;
  std::optional<int> dla_core;
  std::optional<bool> cuda_graph;  // empty: on where the method allows it
  std::optional<int> profile_index;
  std::vector<std::pair<std::string, std::vector<std::int64_t>>>
      shapes;                                                         // --shape NAME:1x3x224x224
  std::vector<std::pair<std::string, std::filesystem::path>> inputs;  // --input NAME:FILE.npy
  std::optional<std::string> precision;  // "f32", "bf16", "f16": a hint to the engine
  std::optional<int> threads;
  std::vector<std::filesystem::path> plugins;  // TensorRT plugin libraries
  EmptyCache empty_cache = EmptyCache::never;  // engines tensorrt, cuda-graph and sim
  bool half_passes = false;  // engines cuda-graph and sim: see Repeating::behind_the_pass()
  std::uint64_t seed = 1;    // of the random inputs, uniform in [0, 1)
};

struct Inference {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::vector<double> layer_ms;  // one a layer of layers(); NaN = not reported
};

// How a part of a pass (a layer, or what lies outside layers) can be repeated in place.
struct Repeatable {
  std::uint32_t max_extra = 0;  // runs beyond the first, at most; 0: it cannot be repeated
  std::string reason;           // why not, or why no more
  // No part of a pass: it runs in front of every extra run of a layer (the cache is emptied). A row
  // has it as often as all layers together, or more often; what is more runs at the end of the
  // pass.
  bool beside = false;
  // Of what is beside: a row of layers may also do without it.
  bool optional = false;
  double run_ms = 0.0;  // of one run of what is beside
};

struct RepeatedRun {
  std::int64_t start_ns = 0;  // of the first pass
  std::int64_t end_ns = 0;    // of the last
  std::uint64_t passes = 0;
  double clock_mhz = std::numeric_limits<double>::quiet_NaN();  // the device's mean; NaN: not known
};

// What method excite needs of an engine: running parts of a pass more than once, in place, so that
// what the pass draws is another mix of its layers on purpose. Same thread as the engine's.
class Repeating {
 public:
  virtual ~Repeating() = default;
  // One a layer, then one for what is outside layers. Valid after Engine::load().
  virtual std::vector<Repeatable> repeatable() = 0;
  // Where extra runs of layers are: in place, each right behind the layer. If true, those of
  // several layers together are behind the whole pass instead, once each and in the pass's order,
  // as a second pass that lacks some layers; what is outside layers is repeated alone then. Valid
  // after Engine::load().
  virtual bool behind_the_pass() const { return false; }
  // Passes back to back, the device never waiting for the host, until they have lasted
  // duration_ns; at least one. extra: one a part, at most its max_extra. Throws Error(engine).
  virtual void run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
                   RepeatedRun& out) = 0;
  // Does what run() would have to do first (make a graph, bring it to the device), so that the
  // device does not wait when it is called. May run a pass.
  virtual void prepare(std::span<const std::uint32_t> /*extra*/) {}
};

// Life: load() → layers() → infer() as often as wanted. One thread.
class Engine {
 public:
  virtual ~Engine() = default;
  // Reads the model, allocates, and runs one untimed inference, after which the layers are known.
  // Throws Error(bad_input) for a model or shape that cannot be used, Error(engine) otherwise.
  virtual void load() = 0;
  virtual const std::vector<LayerInfo>& layers() const = 0;
  // JSON objects for the manifest: name and version of the engine, precision, inputs; the device.
  virtual std::string engine_json() const = 0;
  virtual std::string device_json() const = 0;
  // One inference. `out.layer_ms` is reused between calls. Throws Error(engine).
  virtual void infer(Inference& out) = 0;
  // After load(): what the user should know of this engine. They become incidents of the recording.
  virtual std::vector<Warning> warnings() const { return {}; }
  // nullptr where the engine cannot repeat parts of a pass. It belongs to the engine. After load();
  // an engine may run passes to find out, and time its layers another way from then on.
  virtual Repeating* repeating() { return nullptr; }
  // After repeating() gave nullptr: why, where more is known than that the engine never can.
  virtual std::string why_not_repeating() const { return {}; }
};

struct EngineBackend {
  std::string name;
  std::string summary;
  std::vector<std::string> extensions;  // ".onnx": models that `--engine auto` gives to it
  // "" = usable; else why it is not, and what to do, in two sentences.
  std::function<std::string(const Host&)> unavailable;
  // Throws Error(engine) with unavailable()'s text where it is not usable.
  std::function<std::unique_ptr<Engine>(const Host&, const EngineOptions&)> create;
  // Empty where the engine builds nothing.
  std::function<BuildReport(const Host&, const BuildOptions&)> build;
  bool on_gpu = false;  // --sensor auto must see the GPU's power
};

}  // namespace layerwatt
