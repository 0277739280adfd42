// The engine's source against the interface of TensorRT 8.5, by both of its enqueues.
#include <gmock/gmock.h>

#include "engine/tensorrt_fixture.hpp"

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
