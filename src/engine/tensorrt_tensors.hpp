// The inputs and outputs of an engine: shapes settled, memory taken, inputs filled, addresses set.
#pragma once

#include <NvInfer.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cuda_driver.hpp"
#include "engine/tensorrt_library.hpp"
#include "layerwatt/engine.hpp"

namespace layerwatt::trt {

struct Tensor {
  std::string name;
  bool input = false;
  bool on_host = false;             // TensorRT reads it from the CPU: the values of a shape
  std::string type;                 // "f16"
  std::vector<std::int64_t> shape;  // -1: known only while it runs
  cuda::Buffer buffer;
  void* address() const { return on_host ? buffer.host().data() : buffer.device(); }
};

// Chooses the optimisation profile and settles every input's shape in `context`. A dynamic input is
// never guessed: its shape comes from --shape, from the file of --input, or from a profile that
// allows only one. Throws Error(usage) for names and profiles that are not there, Error(bad_input)
// for shapes that do not fit, Error(engine) where there is too little memory.
std::vector<Tensor> prepare_tensors(const nvinfer1::ICudaEngine& engine,
                                    nvinfer1::IExecutionContext& context, Logger& logger,
                                    const cuda::Device& device, const cuda::Stream& stream,
                                    const EngineOptions& options);

// Sets the addresses in another context of the same engine, whose shapes it sets as well.
void use_tensors(const std::vector<Tensor>& tensors, nvinfer1::IExecutionContext& context,
                 Logger& logger, const cuda::Stream& stream, const EngineOptions& options);

}  // namespace layerwatt::trt
