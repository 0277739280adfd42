// The engine's own source, over libraries that act as TensorRT and CUDA.
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "engine/tensorrt_fixture.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const Engine& engine) {
  std::vector<std::string> all;
  for (const LayerInfo& layer : engine.layers()) all.push_back(layer.name);
  return all;
}

std::vector<std::string> codes(const Engine& engine) {
  std::vector<std::string> all;
  for (const Warning& warning : engine.warnings()) all.push_back(warning.code);
  return all;
}

TEST_F(TensorRtTest, NamesLayersInOrderAndKnowsWhatTheInspectorKnows) {
  const auto engine = loaded(small_plan());
  EXPECT_THAT(names(*engine), ElementsAre("conv1 + relu1", "fc", "fc"));
  EXPECT_EQ(engine->layers()[0].type, "CaskConvolution");
  EXPECT_EQ(engine->layers()[0].precision, "f16");
  EXPECT_EQ(engine->layers()[2].type, "Cast") << "the second of that name";
  const json about = json::parse(engine->engine_json());
  EXPECT_EQ(about["name"], "tensorrt");
  EXPECT_EQ(about["version"], "10.3.0");
  EXPECT_EQ(about["cuda_graph"], true);
  EXPECT_EQ(about["inputs"][0]["shape"], json({1, 3, 8, 8}));
  EXPECT_EQ(about["layers"][0]["tactic"], "sm80_xmma_fprop");
  EXPECT_EQ(about["layers"][0]["onnx"], json({"conv1", "relu1"}));
  EXPECT_EQ(json::parse(engine->device_json())["name"], "Fake GPU");
  EXPECT_TRUE(engine->warnings().empty());
}

TEST_F(TensorRtTest, AnInferenceIsItsLayersAndWhatLiesOutside) {
  const auto engine = loaded(small_plan());
  Inference first;
  Inference second;
  engine->infer(first);
  engine->infer(second);
  ASSERT_EQ(first.layer_ms.size(), 3u);
  // The fake GPU takes exactly as long as the plan says; copies take more.
  EXPECT_NEAR(first.layer_ms[0], 0.4, 1e-4);
  EXPECT_NEAR(first.layer_ms[1], 0.2, 1e-4);
  EXPECT_NEAR(first.layer_ms[2], 0.1, 1e-4);
  const auto latency_ms = [](const Inference& i) {
    return static_cast<double>(i.end_ns - i.start_ns) / 1e6;
  };
  // 2 µs and 0.1 ns a byte for the input and the output.
  EXPECT_GT(latency_ms(first), 0.7 + 0.004);
  EXPECT_GE(second.start_ns, first.end_ns);
  EXPECT_GT(cuda_->graph_launches, 0);
}

TEST_F(TensorRtTest, CanBeLoadedAgainForAnotherRun) {
  const auto engine = loaded(small_plan());
  Inference inference;
  engine->infer(inference);
  engine->load();
  EXPECT_EQ(engine->layers().size(), 3u);
  engine->infer(inference);
  EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4);
}

TEST_F(TensorRtTest, EventsLieOnTheHostsClock) {
  const auto engine = loaded(small_plan());
  Inference inference;
  const Host here = host();
  // What was enqueued ahead can have begun before the call, by as many inferences.
  const SteadyClock clock;
  for (int i = 0; i < 10; ++i) engine->infer(inference);
  const std::int64_t after = clock.now_ns();
  EXPECT_LT(inference.end_ns, after + 1'000'000) << "within the clocks' uncertainty";
  EXPECT_GT(inference.start_ns, after - 1'000'000'000);
}

TEST_F(TensorRtTest, AProfilerThatSlowsLayersDownDoesNotLengthenTheInference) {
  json plan = small_plan();
  plan["overhead_ms"] = 0.1;
  const auto engine = loaded(plan);
  Inference inference;
  engine->infer(inference);
  // Profiled 0.5, 0.3 and 0.2 ms; the GPU took 0.7 ms.
  EXPECT_NEAR(inference.layer_ms[0], 0.35, 1e-4);
  EXPECT_NEAR(inference.layer_ms[1], 0.21, 1e-4);
  EXPECT_NEAR(inference.layer_ms[2], 0.14, 1e-4);
  const json pass = json::parse(engine->engine_json())["time_pass"];
  EXPECT_NEAR(pass["layers_ms"].get<double>(), 1.0, 1e-3);
  EXPECT_NEAR(pass["kernels_without_profiler_ms"].get<double>(), 0.7, 1e-3);
  EXPECT_NEAR(pass["shortened_by"].get<double>(), 0.7, 1e-3);
}

TEST_F(TensorRtTest, ALayerThatIsMissingInSomeInferencesIsMissingThere) {
  json plan = small_plan();
  plan["layers"][1]["skip_every"] = 2;
  const auto engine = loaded(plan);
  EXPECT_THAT(names(*engine), ElementsAre("conv1 + relu1", "fc", "fc"));
  int missing = 0;
  Inference inference;
  for (int i = 0; i < 4; ++i) {
    engine->infer(inference);
    missing += std::isnan(inference.layer_ms[2]) ? 1 : 0;
  }
  EXPECT_EQ(missing, 2) << "of two layers with one name the later is the one that is missing";
}

TEST_F(TensorRtTest, RunsWithoutAGraphWhereItIsToldToAndWhereItCannotBeCaptured) {
  EngineOptions options;
  options.cuda_graph = false;
  {
    const auto engine = loaded(small_plan(), options);
    EXPECT_EQ(json::parse(engine->engine_json())["cuda_graph"], false);
    EXPECT_TRUE(engine->warnings().empty());
    EXPECT_EQ(cuda_->graph_launches, 0);
  }
  json plan = small_plan();
  plan["capturable"] = false;
  const auto engine = loaded(plan);
  EXPECT_EQ(json::parse(engine->engine_json())["cuda_graph"], false);
  ASSERT_THAT(codes(*engine), ElementsAre("no_cuda_graph"));
  EXPECT_THAT(engine->warnings()[0].message, HasSubstr("not permitted when stream is capturing"));
  Inference inference;
  engine->infer(inference);
  EXPECT_NEAR(inference.layer_ms[0], 0.4, 1e-4) << "and it still runs";
}

TEST_F(TensorRtTest, MarksTheDlasTimeAndRunsItWithoutAGraph) {
  ::setenv("FAKE_TENSORRT_DLA_CORES", "2", 1);
  json plan = small_plan();
  plan["layers"] = {{{"name", "{ForeignNode[conv1...fc]}"}, {"ms", 0.01}},
                    {{"name", "data to nvm"}, {"ms", 0.02}},
                    {{"name", "probabilities from nvm"}, {"ms", 0.5}}};
  EngineOptions options;
  options.dla_core = 1;
  const auto engine = loaded(plan, options);
  EXPECT_EQ(engine->layers()[2].type, "DLA");
  EXPECT_EQ(engine->layers()[1].type, "copy to the DLA");
  EXPECT_THAT(codes(*engine), ElementsAre("dla_time"));
  EXPECT_EQ(json::parse(engine->engine_json())["cuda_graph"], false);

  options.cuda_graph = true;
  EXPECT_EQ(load_error(plan, options).kind(), ErrorKind::usage);
  options.cuda_graph.reset();
  EXPECT_THAT(load_error(small_plan(), options).problem(), HasSubstr("no layer of this engine"));
  options.dla_core = 2;
  EXPECT_THAT(load_error(plan, options).hint(), HasSubstr("there are 2"));
  ::unsetenv("FAKE_TENSORRT_DLA_CORES");
  EXPECT_THAT(load_error(plan, options).problem(), HasSubstr("this board has no DLA"));
}

TEST_F(TensorRtTest, WarnsOfAnEngineThatTellsLittle) {
  json plan = small_plan();
  plan["verbosity"] = "none";
  plan["layers"] = {{{"name", "0"}}, {{"name", "1"}}};
  const auto engine = loaded(plan);
  ASSERT_THAT(codes(*engine), ElementsAre("not_detailed"));
  EXPECT_THAT(engine->warnings()[0].message, HasSubstr("numbers for names"));
}

TEST_F(TensorRtTest, WarnsOfLayersBesideEachOtherAndOfAPlanForAnotherGpu) {
  json plan = small_plan();
  plan["aux_streams"] = 2;
  plan["warning"] =
      "Using an engine plan file across different models of devices is not recommended and is "
      "likely to affect performance or even cause errors.";
  const auto engine = loaded(plan);
  ASSERT_THAT(codes(*engine), ElementsAre("parallel_layers", "plan_of_other_gpu"));
  EXPECT_THAT(engine->warnings()[0].message, HasSubstr("2 auxiliary streams"));
  EXPECT_THAT(engine->warnings()[0].hint, HasSubstr("--aux-streams 0"));
  EXPECT_THAT(engine->warnings()[1].message, HasSubstr("different models of devices"));
  EXPECT_THAT(engine->warnings()[1].hint, HasSubstr("layerwatt build"));
}

TEST_F(TensorRtTest, MapsMemoryWhereGpuAndCpuShareIt) {
  cuda_->integrated = true;
  const auto engine = loaded(small_plan());
  EXPECT_EQ(cuda_->allocated_bytes, 0u) << "inputs and outputs are the host's memory";
  Inference inference;
  engine->infer(inference);
  EXPECT_NEAR(static_cast<double>(inference.end_ns - inference.start_ns) / 1e6, 0.7, 1e-3)
      << "no copies";
}

TEST_F(TensorRtTest, APluginIsLoadedFromItsFile) {
  json plan = small_plan();
  plan["plugin"] = "myplugin";
  const Error missing = load_error(plan);
  EXPECT_EQ(missing.kind(), ErrorKind::bad_input);
  EXPECT_THAT(missing.problem(), HasSubstr("needs a plugin that is not loaded"));
  EXPECT_THAT(missing.hint(), HasSubstr("--plugin FILE"));
  EngineOptions options;
  options.plugins = {scratch_.write("myplugin.so", "")};
  loaded(plan, options);
  options.plugins = {scratch_ / "nowhere.so"};
  EXPECT_EQ(load_error(plan, options).kind(), ErrorKind::bad_input);
}

TEST_F(TensorRtTest, EveryBadPlanHasItsError) {
  json plan = small_plan();
  plan["version"] = 8503;
  const Error version = load_error(plan);
  EXPECT_EQ(version.kind(), ErrorKind::bad_input);
  EXPECT_THAT(version.problem(), HasSubstr("another TensorRT version"));
  EXPECT_THAT(version.problem(), HasSubstr("expecting library version 10.3.0.26 got 8503"));
  EXPECT_THAT(version.hint(), HasSubstr("layerwatt build"));

  plan = small_plan();
  plan["gpu"] = "7.2";
  EXPECT_THAT(load_error(plan).problem(), HasSubstr("is a plan for another GPU"));

  EngineOptions options;
  const auto error_for = [&](const std::string& bytes) {
    options.model = scratch_.write("bad.engine", bytes);
    return error_of([&] { backend().create(host(), options)->load(); });
  };
  EXPECT_EQ(error_for("").problem(), "is empty");
  EXPECT_THAT(error_for("{\"not\": \"a plan\"}").problem(), HasSubstr("is text"));
  const Error magic = error_for(std::string(1000, '\1'));
  EXPECT_EQ(magic.kind(), ErrorKind::bad_input);
  EXPECT_THAT(magic.problem(), HasSubstr("is not a TensorRT plan"));
  const std::string whole = fakes::plan_bytes(small_plan());
  const Error cut = error_for(whole.substr(0, whole.size() / 2));
  EXPECT_EQ(cut.kind(), ErrorKind::bad_input);
  EXPECT_THAT(cut.problem(), HasSubstr("cut short"));
  EXPECT_THAT(cut.hint(), HasSubstr("copy it again"));
  options.model = scratch_ / "nowhere.engine";
  EXPECT_EQ(error_of([&] { backend().create(host(), options)->load(); }).kind(),
            ErrorKind::bad_input);
}

TEST_F(TensorRtTest, RunsOutOfDeviceMemoryInWords) {
  cuda_->memory_bytes = 100;
  const Error error = load_error(small_plan());
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_THAT(error.problem(), HasSubstr("out of device memory: input 'data'"));
  cuda_->memory_bytes = std::size_t{8} << 30;
  cuda_->host_memory_bytes = 100;
  EXPECT_THAT(load_error(small_plan()).problem(), HasSubstr("of the host, pinned"));
  cuda_->integrated = true;
  EXPECT_THAT(load_error(small_plan()).problem(), HasSubstr("of the host, pinned"));
  cuda_->integrated = false;
  cuda_->host_memory_bytes = std::size_t{16} << 30;
  json plan = small_plan();
  plan["fail"] = "context";
  EXPECT_THAT(load_error(plan).problem(), HasSubstr("out of device memory"));
}

TEST_F(TensorRtTest, AnEngineThatFailsToRunSaysWhatTensorRtSaid) {
  json plan = small_plan();
  plan["fail"] = "enqueue";
  const Error error = load_error(plan);
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_THAT(error.problem(), HasSubstr("an illegal memory access"));
}

TEST_F(TensorRtTest, LayerTimesThatCannotBeReadAreAnError) {
  json plan = small_plan();
  plan["fail"] = "report";
  const Error error = load_error(plan);
  EXPECT_EQ(error.kind(), ErrorKind::engine);
  EXPECT_THAT(error.problem(), HasSubstr("reading the layers' times failed: Cuda Runtime"));
}

// Plugins remember what they loaded into CUDA's context in objects that live as long as the
// process.
TEST_F(TensorRtTest, WhatALibraryLoadedForOneEngineIsThereForTheNext) {
  json plan = small_plan();
  for (json& layer : plan["layers"]) layer["launch"] = true;
  Inference inference;
  for (int engine = 0; engine < 2; ++engine) {
    SCOPED_TRACE(engine);
    loaded(plan)->infer(inference);
    EXPECT_EQ(inference.layer_ms.size(), 3u);
  }
}

TEST_F(TensorRtTest, WhereTensorRtSaysNothingCudaIsAsked) {
  json plan = small_plan();
  plan["fail"] = "silently";
  const Error silent = load_error(plan);
  EXPECT_EQ(silent.problem(), "running it failed, and TensorRT did not say why");
  EXPECT_THAT(silent.hint(), HasSubstr("trtexec --loadEngine"));
  plan["cuda_error"] = 719;
  const Error lost = load_error(plan);
  EXPECT_EQ(lost.problem(),
            "running it failed: CUDA: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)");
  EXPECT_THAT(lost.hint(), HasSubstr("compute-sanitizer"));
  // The driver knows nothing of a launch that its runtime refused.
  plan["cuda_error"] = 0;
  cuda_->lost = 0;
  const DynamicLibrary runtime(modules() + "/libcudart.so.12");
  EXPECT_EQ(load_error(plan).problem(),
            "running it failed: CUDA: no kernel image is available for execution on the device "
            "(cudaErrorNoKernelImageForDevice)");
}

TEST_F(TensorRtTest, ManyShortInferencesAreEnqueuedAheadAndFetchedTogether) {
  const auto engine = loaded(small_plan());
  const std::int64_t launches = cuda_->graph_launches;
  const std::int64_t waits = cuda_->event_waits;
  Inference inference;
  engine->infer(inference);
  const std::int64_t ahead = cuda_->graph_launches - launches;
  EXPECT_GE(ahead, 13) << "10 ms of 0.7 ms each, and a little for a busy machine";
  EXPECT_LE(ahead, 15);
  std::int64_t before = inference.end_ns;
  for (int i = 1; i < 80; ++i) {
    engine->infer(inference);
    EXPECT_GE(inference.start_ns, before) << i;
    before = inference.end_ns;
  }
  EXPECT_EQ(cuda_->graph_launches - launches, ahead + 79) << "none is lost";
  EXPECT_LE(cuda_->event_waits - waits, 80 / (ahead / 2 + 1) + 1);
}

TEST_F(TensorRtTest, WhatThisEngineHasNotIsRefused) {
  EngineOptions options;
  options.precision = "f16";
  EXPECT_EQ(load_error(small_plan(), options).kind(), ErrorKind::usage);
  options = {};
  options.threads = 2;
  EXPECT_EQ(load_error(small_plan(), options).kind(), ErrorKind::usage);
  options = {};
  options.device = 3;
  EXPECT_THAT(load_error(small_plan(), options).problem(), HasSubstr("no GPU 3"));
}

TEST_F(TensorRtTest, AMachineWithoutTensorRtOrAGpuSaysWhatHelps) {
  environment_["LAYERWATT_TENSORRT_LIB"] = "/nowhere/libnvinfer.so";
  EXPECT_THAT(backend().unavailable(host()), HasSubstr("apt-get install libnvinfer10"));
  cuda_->devices = 0;
  EXPECT_THAT(backend().unavailable(host()), HasSubstr("CUDA sees no GPU"));
  environment_["LAYERWATT_CUDA"] = "/nowhere/libcuda.so";
  EXPECT_THAT(backend().unavailable(host()), HasSubstr("nvidia-smi"));
}

}  // namespace
}  // namespace layerwatt
