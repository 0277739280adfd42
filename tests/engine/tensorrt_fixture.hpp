// The TensorRT engine over the fake libraries.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/dynlib.hpp"
#include "engine/module.hpp"
#include "fakes/cuda/fake_cuda.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/tensorrt/fake_plan.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {

// Three layers, the second of which has a name twice.
inline nlohmann::json small_plan() {
  return {{"inputs", {{{"name", "data"}, {"shape", {1, 3, 8, 8}}}}},
          {"outputs", {{{"name", "probabilities"}, {"shape", {1, 10}}}}},
          {"layers",
           {{{"name", "conv1 + relu1"},
             {"ms", 0.4},
             {"info",
              {{"LayerType", "CaskConvolution"},
               {"TacticName", "sm80_xmma_fprop"},
               {"Outputs", {{{"Name", "a"}, {"Format/Datatype", "Row major linear FP16 format"}}}},
               {"Metadata", "[ONNX Layer: conv1]\u001e[ONNX Layer: relu1]"}}}},
            {{"name", "fc"}, {"ms", 0.2}, {"info", {{"LayerType", "MatrixMultiply"}}}},
            {{"name", "fc"}, {"ms", 0.1}, {"info", {{"LayerType", "Cast"}}}}}}};
}

class TensorRtTest : public ::testing::Test {
 protected:
  TensorRtTest() : cuda_library_(modules() + "/libfake_cuda.so") {
    cuda_ = cuda_library_.find_function<fakes::FakeCuda* (*)()>("fake_cuda")();
    cuda_->init = 0;
    cuda_->devices = 1;
    cuda_->integrated = false;
    cuda_->memory_bytes = std::size_t{8} << 30;
    cuda_->host_memory_bytes = std::size_t{16} << 30;
    cuda_->graph_launches = 0;
    cuda_->lost = 0;
    contexts_ = cuda_->contexts;
    // The fake libnvinfer looks there by itself, as a library that links CUDA does.
    ::setenv("LAYERWATT_CUDA", (modules() + "/libfake_cuda.so").c_str(), 1);
    // NVTX looks in the process's own environment, and so does what it loads.
    ::setenv("LAYERWATT_MODULE_PATH", LAYERWATT_MODULES, 1);
    environment_ = {{"LAYERWATT_MODULE_PATH", modules()},
                    {"LAYERWATT_CUDA", modules() + "/libfake_cuda.so"},
                    {"LAYERWATT_TENSORRT_LIB", modules() + "/libfake_nvinfer.so"},
                    {"LAYERWATT_TENSORRT_PARSER_LIB", modules() + "/libfake_nvinfer.so"}};
  }
  ~TensorRtTest() override {
    ::unsetenv("FAKE_TENSORRT_DLA_CORES");
    EXPECT_EQ(cuda_->allocated_bytes, 0u) << "device memory was not released";
    EXPECT_EQ(cuda_->host_bytes, 0u) << "pinned memory was not released";
    // Each of the two modules (one is for TensorRT 8) keeps the context, once.
    EXPECT_LE(cuda_->contexts, 2);
    EXPECT_LE(cuda_->contexts - contexts_, 1);
    EXPECT_EQ(cuda_->objects, 0) << "streams, events and graphs";
  }

  static std::string modules() { return LAYERWATT_FAKE_MODULES; }
  Host host() const {
    Host host;
    host.sys = SysRoot("/", [environment = environment_](const std::string& name) {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
    });
    return host;
  }
  static EngineBackend backend() { return module_engine("tensorrt", "TensorRT", {}, ""); }

  // Writes the plan, and makes an engine of it.
  std::unique_ptr<Engine> make(const nlohmann::json& plan, EngineOptions options = {}) {
    options.model = scratch_.path() / "model.engine";
    fakes::write_plan(options.model, plan);
    return backend().create(host(), options);
  }
  std::unique_ptr<Engine> loaded(const nlohmann::json& plan, EngineOptions options = {}) {
    auto engine = make(plan, std::move(options));
    engine->load();
    return engine;
  }
  Error load_error(const nlohmann::json& plan, EngineOptions options = {}) {
    return error_of([&] { loaded(plan, options); });
  }
  template <class Action>
  static Error error_of(Action action) {
    try {
      action();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorKind::gate, "no error");
  }

  fakes::ScratchDirectory scratch_;
  DynamicLibrary cuda_library_;
  fakes::FakeCuda* cuda_ = nullptr;
  int contexts_ = 0;  // before the test
  std::map<std::string, std::string> environment_;
};

}  // namespace layerwatt
