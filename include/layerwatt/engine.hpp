// Something that runs a network and tells how long each layer took.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/build.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt {

struct EngineOptions {
  std::filesystem::path model;
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
  std::uint64_t seed = 1;                      // of the random inputs, uniform in [0, 1)
};

struct Inference {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::vector<double> layer_ms;  // one a layer of layers(); NaN = not reported
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
