// The engine's source against the interface of TensorRT 8.5, by both of its enqueues.
#include <gmock/gmock.h>

#define FAKE_TENSORRT_8
#include "engine/tensorrt_fixture.hpp"
#include "fakes/tensorrt/NvInfer.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

class TensorRt8Test : public TensorRtTest {
 protected:
  TensorRt8Test() {
    const std::string folder = modules() + "/tensorrt8";
    environment_["LAYERWATT_MODULE_PATH"] = folder;
    environment_["LAYERWATT_TENSORRT_LIB"] = folder + "/libfake_nvinfer.so";
    environment_["LAYERWATT_TENSORRT_PARSER_LIB"] = folder + "/libfake_nvinfer.so";
  }
  static nlohmann::json dynamic_plan() {
    nlohmann::json plan = small_plan();
    plan["inputs"][0] = {{"name", "data"},
                         {"shape", {-1, 3, 8, 8}},
                         {"min", {1, 3, 8, 8}},
                         {"opt", {4, 3, 8, 8}},
                         {"max", {16, 3, 8, 8}}};
    plan["outputs"][0]["shape"] = {-1, 10};
    return plan;
  }
  static EngineOptions with_batch_2() {
    EngineOptions options;
    options.shapes = {{"data", {2, 3, 8, 8}}};
    return options;
  }
  void expect_three_layers(Engine& engine) {
    Inference inference;
    engine.infer(inference);
    ASSERT_EQ(inference.layer_ms.size(), 3u);
    EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4);
    EXPECT_NEAR(inference.layer_ms[2], 0.1, 1e-4);
  }
};

TEST_F(TensorRt8Test, RunsByEnqueueV3) {
  const auto engine = loaded(small_plan());
  const auto about = nlohmann::json::parse(engine->engine_json());
  EXPECT_EQ(about["version"], "8.5.3");
  EXPECT_EQ(about["cuda_graph"], true);
  expect_three_layers(*engine);
}

TEST_F(TensorRt8Test, RunsByEnqueueV2WhereToldTo) {
  nlohmann::json plan = small_plan();
  plan["no_v3"] = true;
  EXPECT_THAT(load_error(plan).problem(), HasSubstr("enqueueV3 is not in this version"));
  environment_["LAYERWATT_TENSORRT_ENQUEUE"] = "2";
  const auto engine = loaded(plan);
  EXPECT_EQ(nlohmann::json::parse(engine->engine_json())["cuda_graph"], true);
  expect_three_layers(*engine);
}

TEST_F(TensorRt8Test, EnqueueV2TakesTheBindingsOfItsOptimisationProfile) {
  nlohmann::json plan = small_plan();
  plan["no_v3"] = true;
  plan["profiles"] = 3;
  environment_["LAYERWATT_TENSORRT_ENQUEUE"] = "2";
  EngineOptions options;
  options.profile_index = 2;
  const auto engine = loaded(plan, options);
  expect_three_layers(*engine);
}

// In 8 the second context of an engine has no optimisation profile, and two cannot have the same.
TEST_F(TensorRt8Test, EveryPassOfADynamicEngineGetsItsProfile) {
  expect_three_layers(*loaded(dynamic_plan(), with_batch_2()));
  nlohmann::json plan = dynamic_plan();
  plan["capturable"] = false;
  const auto engine = loaded(plan, with_batch_2());
  EXPECT_EQ(nlohmann::json::parse(engine->engine_json())["cuda_graph"], false);
  expect_three_layers(*engine);
}

TEST_F(TensorRt8Test, LayersOfADynamicEngineAreRepeated) {
  nlohmann::json plan = dynamic_plan();
  {
    const auto engine = loaded(plan, with_batch_2());
    ASSERT_NE(engine->repeating(), nullptr) << engine->why_not_repeating();
    expect_three_layers(*engine);
  }
  // Its capture fails, after which it runs as before.
  plan["layers"][1]["marked"] = false;
  plan["layers"][0]["marked"] = false;
  plan["layers"][2]["marked"] = false;
  const auto engine = loaded(plan, with_batch_2());
  EXPECT_EQ(engine->repeating(), nullptr);
  const std::int64_t before = cuda_->graph_launches;
  expect_three_layers(*engine);
  EXPECT_GT(cuda_->graph_launches, before) << "in its graph";
}

class SilentLogger final : public nvinfer1::ILogger {
  void log(Severity, const char*) noexcept override {}
};

TEST_F(TensorRt8Test, AGivenEnginesProfileThatIsTakenIsToldOf) {
  const DynamicLibrary library(environment_["LAYERWATT_TENSORRT_LIB"]);
  SilentLogger logger;
  const std::unique_ptr<nvinfer1::IRuntime> runtime(
      static_cast<nvinfer1::IRuntime*>(library.find_function<void* (*)(void*, int)>(
          "createInferRuntime_INTERNAL")(&logger, NV_TENSORRT_VERSION)));
  const auto deserialised = [&](const nlohmann::json& plan) {
    const std::string bytes = fakes::plan_bytes(plan);
    return std::unique_ptr<nvinfer1::ICudaEngine>(
        runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
  };
  nlohmann::json plan = dynamic_plan();
  plan["profiles"] = 2;
  const auto given = deserialised(plan);
  const std::unique_ptr<nvinfer1::IExecutionContext> callers(given->createExecutionContext());
  EngineOptions options = with_batch_2();
  options.cuda_engine = given.get();
  const Error taken = error_of([&] { backend().create(host(), options)->load(); });
  EXPECT_THAT(taken.problem(), HasSubstr("optimisation profile 0"));
  EXPECT_THAT(taken.hint(), HasSubstr("another profile_index"));
  options.profile_index = 1;
  const auto engine = backend().create(host(), options);
  engine->load();
  expect_three_layers(*engine);

  // One without open shapes needs no profile.
  const auto fixed = deserialised(small_plan());
  const std::unique_ptr<nvinfer1::IExecutionContext> beside(fixed->createExecutionContext());
  EngineOptions plain;
  plain.cuda_engine = fixed.get();
  const auto second = backend().create(host(), plain);
  second->load();
  expect_three_layers(*second);
}

TEST_F(TensorRt8Test, BuildsWithAnExplicitBatch) {
  BuildOptions options;
  options.model = scratch_.write("model.onnx", fakes::onnx_bytes(small_plan()));
  options.output = scratch_ / "built.engine";
  EXPECT_EQ(backend().build(host(), options).version, "8.5.3");
  EngineOptions run;
  run.model = options.output;
  const auto engine = backend().create(host(), run);
  engine->load();
  expect_three_layers(*engine);
}

}  // namespace
}  // namespace layerwatt
