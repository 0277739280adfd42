// The fake TensorRT's engine and execution context.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "NvInfer.h"
#include "fakes/tensorrt/fake_gpu.hpp"
#include "nlohmann/json.hpp"

namespace layerwatt::fakes {

struct FakeTensor {
  std::string name;
  bool input = false;
  nvinfer1::DataType type = nvinfer1::DataType::kFLOAT;
  nvinfer1::Dims shape{};
  nvinfer1::Dims limits[3] = {};  // min, opt, max
  bool host = false;
  bool is_shape = false;
  std::int64_t bound = -1;
};

struct FakeLayer {
  std::string name;
  LayerWork work;
  nlohmann::json info;
  int skip_every = 0;  // not reported each so many-th time
  bool marked = true;  // with an NVTX range
};

// What a plan says, shared by its engine and contexts.
struct FakePlan {
  explicit FakePlan(const nlohmann::json& json);
  nlohmann::json json;
  std::vector<FakeTensor> tensors;
  std::vector<FakeLayer> layers;
  const FakeTensor* find(const char* name) const;
};

nvinfer1::ICudaEngine* make_fake_engine(const nlohmann::json& plan, nvinfer1::ILogger& logger);

}  // namespace layerwatt::fakes
