// profile_engine() over a TensorRT engine that the caller has loaded, and the examples that show
// it.
#include <gmock/gmock.h>

#include <chrono>

#include "core/subprocess.hpp"
#include "engine/tensorrt_fixture.hpp"
#include "fakes/tensorrt/NvInfer.h"
#include "layerwatt/profile_engine.hpp"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

class OwnEngineTest : public TensorRtTest {
 protected:
  class Log final : public nvinfer1::ILogger {
   public:
    void log(Severity, const char* message) noexcept override { said += message; }
    std::string said;
  };

  OwnEngineTest() : tensorrt_(modules() + "/libfake_nvinfer.so") {
    const auto create =
        tensorrt_.find_function<void* (*)(void*, int)>("createInferRuntime_INTERNAL");
    runtime_.reset(static_cast<nvinfer1::IRuntime*>(create(&log_, NV_TENSORRT_VERSION)));
    options_.iterations = 30;
    options_.sensor = "none";
  }
  nvinfer1::ICudaEngine& engine(const nlohmann::json& plan) {
    const std::string bytes = fakes::plan_bytes(plan);
    engine_.reset(runtime_->deserializeCudaEngine(bytes.data(), bytes.size()));
    return *engine_;
  }
  Error error() {
    return error_of([&] { profile_engine(*engine_, options_, host()); });
  }

  DynamicLibrary tensorrt_;
  Log log_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  ProfileEngineOptions options_;
};

TEST_F(OwnEngineTest, IsProfiledAndLeftAsItWas) {
  nlohmann::json plan = small_plan();
  plan["name"] = "my network";
  nvinfer1::ICudaEngine& mine = engine(plan);
  for (int time = 0; time < 2; ++time) {
    const Profile profile = profile_engine(mine, options_, host());
    EXPECT_EQ(profile.result.iterations, 30u);
    ASSERT_EQ(profile.result.layers.size(), 3u);
    EXPECT_EQ(profile.result.layers[0].name, "conv1 + relu1");
    EXPECT_NEAR(profile.result.layers[1].time_ms->mean, 0.2, 1e-3);
    const auto about = nlohmann::json::parse(profile.recording.manifest.engine_json);
    EXPECT_EQ(about["model"], "my network");
    EXPECT_EQ(about["cuda_graph"], true);
    EXPECT_EQ(cuda_->allocated_bytes, 0u);
    EXPECT_EQ(cuda_->contexts, 1) << "kept for what else is loaded into it";
  }
  const std::unique_ptr<nvinfer1::IExecutionContext> context(mine.createExecutionContext());
  EXPECT_NE(context, nullptr) << "it is still the caller's";
}

TEST_F(OwnEngineTest, WhatWasSettledWhenItWasLoadedIsRefused) {
  engine(small_plan());
  options_.dla_core = 0;
  EXPECT_EQ(error().kind(), ErrorKind::usage);
  options_.dla_core.reset();
  options_.engine_options.plugins = {"p.so"};
  EXPECT_EQ(error().kind(), ErrorKind::usage);
}

TEST_F(OwnEngineTest, OfAnotherTensorRtThanTheModulesItIsRefused) {
  engine(small_plan());
  // Installed, but nothing in this process uses it.
  environment_["LAYERWATT_TENSORRT_LIB"] = modules() + "/tensorrt8/libfake_nvinfer.so";
  const Error refused = error();
  EXPECT_EQ(refused.kind(), ErrorKind::engine);
  EXPECT_THAT(refused.problem(), HasSubstr("not of this TensorRT"));
}

TEST_F(OwnEngineTest, WhatTensorRtSaysGoesToItsOwnLogger) {
  nlohmann::json plan = small_plan();
  plan["fail"] = "enqueue";
  engine(plan);
  const Error refused = error();
  EXPECT_EQ(refused.problem(), "running it failed");
  EXPECT_THAT(refused.hint(), HasSubstr("logger of the runtime"));
  EXPECT_THAT(log_.said, HasSubstr("an illegal memory access"));
}

class Examples : public TensorRtTest {
 protected:
  std::string output_of(const std::string& example) {
    nlohmann::json plan = small_plan();
    const auto file = scratch_.path() / "model.engine";
    fakes::write_plan(file, plan);
    SubprocessOptions options;
    options.command = {LAYERWATT_EXAMPLES "/" + example, file.string(), "nvml"};
    for (const auto& [name, value] : environment_) options.environment.emplace_back(name, value);
    options.environment.emplace_back("LAYERWATT_NVML", modules() + "/libfake_nvml.so");
    Subprocess child(options);
    std::string output;
    std::string_view line;
    while (child.read_line(line, std::chrono::minutes(1)) == Subprocess::Read::line) {
      output += std::string(line) + "\n";
    }
    EXPECT_EQ(child.wait().code, 0) << output;
    return output;
  }
};

TEST_F(Examples, OwnContextTellsTimesAndEnergies) {
  const std::string output = output_of("example_own_context");
  EXPECT_THAT(output, HasSubstr("conv1 + relu1: mean 0.400 ms"));
  EXPECT_THAT(output, HasSubstr("an inference: "));
}

TEST_F(Examples, OwnEngineTellsItsLayers) {
  const std::string output = output_of("example_own_engine");
  EXPECT_THAT(output, HasSubstr("engine tensorrt: it was given, loaded"));
  EXPECT_THAT(output, HasSubstr("conv1 + relu1: 0.400 ms"));
}

}  // namespace
}  // namespace layerwatt
