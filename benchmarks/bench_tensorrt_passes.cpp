// What our bookkeeping adds to the host's time of an inference, in both of the TensorRT engine's
// passes: against the bare loop, with the same calls to TensorRT and CUDA and nothing kept.
//
//   bench_tensorrt_passes          over a stand-in for CUDA whose work takes no time
//   bench_tensorrt_passes --gpu    over the real libcuda, layers being small kernels
#include <fmt/core.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/dynlib.hpp"
#include "engine/cuda_driver.hpp"
#include "fakes/scratch_directory.hpp"
#include "fakes/tensorrt/NvInfer.h"
#include "fakes/tensorrt/fake_plan.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/layer_profiler.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/registry.hpp"

namespace {

using layerwatt::cuda::Event;

constexpr int kLayers = 60;
constexpr int kRounds = 9;
constexpr std::size_t kIterations = 1000;
constexpr std::size_t kAhead = 4;  // a plain loop's; the engine has 10 ms ahead

struct Times {
  double wall_us;
  double cpu_us;
};

double now_us(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
}

Times time_of(const std::function<void()>& iteration) {
  const double wall = now_us(CLOCK_MONOTONIC);
  const double cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
  for (std::size_t i = 0; i < kIterations; ++i) iteration();
  return {(now_us(CLOCK_MONOTONIC) - wall) / kIterations,
          (now_us(CLOCK_THREAD_CPUTIME_ID) - cpu) / kIterations};
}

struct Contender {
  std::string name;
  std::function<void()> iteration;
  std::vector<double> wall_us = {};
  std::vector<double> cpu_us = {};
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// In turn, so that what else the machine does falls on all of them.
void compare(const std::string& title, std::vector<Contender> contenders) {
  for (int round = 0; round < kRounds; ++round) {
    for (Contender& contender : contenders) {
      const Times times = time_of(contender.iteration);
      contender.wall_us.push_back(times.wall_us);
      contender.cpu_us.push_back(times.cpu_us);
    }
  }
  const double bare_wall = median(contenders.front().wall_us);
  const double bare_cpu = median(contenders.front().cpu_us);
  fmt::print("{}, {} layers\n{:44}{:>12}{:>12}{:>12}{:>10}\n", title, kLayers, "", "wall µs",
             "host CPU µs", "added µs", "ratio");
  for (const Contender& contender : contenders) {
    const double cpu = median(contender.cpu_us);
    fmt::print("{:44}{:12.2f}{:12.2f}{:12.2f}{:10.2f}   (wall: {:+.2f} µs)\n", contender.name,
               median(contender.wall_us), cpu, cpu - bare_cpu, cpu / bare_cpu,
               median(contender.wall_us) - bare_wall);
  }
  fmt::print("\n");
}

class NoProfiler final : public nvinfer1::IProfiler {
  void reportLayerTime(const char*, float) noexcept override {}
};

// A map by name, as the reference keeps its layers (trtutils' LayerProfiler); repeated names fall
// together in it.
class MapProfiler final : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(const char* name, float ms) noexcept override { current_[name] = ms; }
  void finalize_iteration() {
    for (const auto& [name, ms] : current_) all_[name].push_back(ms);
    current_.clear();
  }

 private:
  std::map<std::string, float> current_;
  std::map<std::string, std::vector<float>> all_;
};

class Log final : public nvinfer1::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kERROR) fmt::print(stderr, "{}\n", message);
  }
};

nlohmann::json plan() {
  nlohmann::json layers = nlohmann::json::array();
  for (int i = 0; i < kLayers; ++i) {
    layers.push_back({{"name", fmt::format("/model/layers.{}/conv/Conv + /relu/Relu", i)},
                      {"ms", 0.0},
                      {"kernel", i % 3 == 0 ? "copy" : "fma"},
                      {"amount", i % 3 == 0 ? 50000 : 100}});
  }
  return {{"inputs", {{{"name", "data"}, {"shape", {1, 3, 32, 32}}}}},
          {"outputs", {{{"name", "y"}, {"shape", {1, 1000}}}}},
          {"layers", layers}};
}

void run(bool gpu) {
  // Another folder where the build was moved to another machine.
  const char* given = ::getenv("LAYERWATT_MODULE_PATH");
  const std::string modules = given != nullptr ? given : LAYERWATT_FAKE_MODULES;
  if (!gpu) ::setenv("LAYERWATT_CUDA", (modules + "/libfake_cuda.so").c_str(), 1);
  ::setenv("LAYERWATT_MODULE_PATH", modules.c_str(), 1);
  ::setenv("LAYERWATT_TENSORRT_LIB", (modules + "/libfake_nvinfer.so").c_str(), 1);
  const layerwatt::Host host;
  const layerwatt::fakes::ScratchDirectory scratch;
  const std::string bytes = layerwatt::fakes::plan_bytes(plan());
  layerwatt::fakes::write_plan(scratch.path() / "model.engine", plan());

  const layerwatt::cuda::Device device(host.sys, 0);
  const layerwatt::cuda::Stream stream(device);
  const layerwatt::cuda::Buffer input(device, 4 * 3 * 32 * 32, "input");
  const layerwatt::cuda::Buffer output(device, 4 * 1000, "output");
  const layerwatt::DynamicLibrary tensorrt(modules + "/libfake_nvinfer.so");
  Log log;
  const std::unique_ptr<nvinfer1::IRuntime> runtime(
      static_cast<nvinfer1::IRuntime*>(tensorrt.find_function<void* (*)(void*, int)>(
          "createInferRuntime_INTERNAL")(&log, NV_TENSORRT_VERSION)));
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(
      runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
  const auto make_context = [&](nvinfer1::IProfiler* profiler) {
    std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
    context->setTensorAddress("data", input.device());
    context->setTensorAddress("y", output.device());
    context->setProfiler(profiler);
    context->setEnqueueEmitsProfile(false);
    return context;
  };
  const auto infer = [&](nvinfer1::IExecutionContext& context) {
    context.enqueueV3(stream.get());
    stream.wait();
    context.reportToProfiler();
  };

  NoProfiler none;
  MapProfiler map;
  layerwatt::LayerProfiler ours;
  layerwatt::ProfilerFor<nvinfer1::IProfiler> adapter(ours);
  const auto bare_context = make_context(&none);
  const auto map_context = make_context(&map);
  const auto our_context = make_context(&adapter);
  compare("Time pass", {{"bare loop, a profiler that does nothing", [&] { infer(*bare_context); }},
                        {"LayerProfiler",
                         [&] {
                           if (ours.iterations() == kIterations) ours.reset();
                           ours.start_iteration();
                           infer(*our_context);
                           ours.finalize_iteration();
                         }},
                        {"a map by layer name, as the reference has it", [&] {
                           infer(*map_context);
                           map.finalize_iteration();
                         }}});

  const auto plain_context = make_context(nullptr);
  plain_context->enqueueV3(stream.get());
  stream.wait();
  std::string why_not;
  const auto graph =
      stream.capture([&] { return plain_context->enqueueV3(stream.get()); }, why_not);
  if (!graph) throw layerwatt::Error(layerwatt::ErrorKind::engine, why_not);
  std::deque<Event> ahead;
  std::vector<Event> idle;
  const auto bare = [&] {
    while (ahead.size() < kAhead) {
      if (idle.empty()) idle.emplace_back(device);
      graph->launch(stream.get());
      stream.download(output);
      stream.upload(input);
      stream.record(idle.back());
      ahead.push_back(std::move(idle.back()));
      idle.pop_back();
    }
    ahead.front().wait();
    idle.push_back(std::move(ahead.front()));
    ahead.pop_front();
  };
  layerwatt::EngineOptions options;
  options.model = scratch.path() / "model.engine";
  options.cuda_graph = true;
  const auto engine_of_ours = layerwatt::find_engine("tensorrt").create(host, options);
  engine_of_ours->load();
  layerwatt::Inference inference;
  layerwatt::Manifest manifest;
  manifest.layers = engine_of_ours->layers();
  layerwatt::RecordingWriter writer(scratch.path() / "recording", manifest);
  compare("Energy pass, as a CUDA graph",
          {{"bare loop, launch and copies", bare},
           {"Engine::infer, with the times of layers", [&] { engine_of_ours->infer(inference); }},
           {"the same, and written to the recording", [&] {
              engine_of_ours->infer(inference);
              writer.iteration(inference.start_ns, inference.end_ns, inference.layer_ms);
            }}});
  stream.wait();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 && std::string_view(argv[1]) == "--gpu");
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
