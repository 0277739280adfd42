// Layer times and energies of a TensorRT execution context of your own: its inputs, its stream, its
// way to be run. layerwatt takes what TensorRT reports, and reads power beside it.
//
//   c++ -std=c++20 own_context.cpp -llayerwatt -lnvinfer -lcudart   (or find_package(layerwatt))
//   ./a.out MODEL.engine [SENSOR]
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "layerwatt/layer_profiler.hpp"
#include "layerwatt/power_log.hpp"
#include "layerwatt/registry.hpp"

namespace {

class Logger final : public nvinfer1::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "TensorRT: %s\n", message);
  }
};

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

// Room for one tensor of fixed shape, of at most 8 bytes an element.
class Memory {
 public:
  explicit Memory(const nvinfer1::Dims& shape) {
    std::size_t elements = 1;
    for (int i = 0; i < shape.nbDims; ++i) elements *= static_cast<std::size_t>(shape.d[i]);
    check(cudaMalloc(&address_, 8 * elements) == cudaSuccess, "cudaMalloc");
  }
  Memory(Memory&& other) noexcept : address_(std::exchange(other.address_, nullptr)) {}
  ~Memory() { cudaFree(address_); }
  void* address() const { return address_; }

 private:
  void* address_ = nullptr;
};

int run(const std::string& file, const std::string& sensor_name) {
  std::ifstream stream_of_plan(file, std::ios::binary);
  const std::vector<char> plan{std::istreambuf_iterator<char>(stream_of_plan), {}};
  check(!plan.empty(), "no plan");
  Logger logger;
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(
      runtime->deserializeCudaEngine(plan.data(), plan.size()));
  check(engine != nullptr, "the plan was refused");
  const std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
  check(context != nullptr, "no execution context");
  std::vector<Memory> tensors;
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    tensors.emplace_back(engine->getTensorShape(name));
    check(context->setTensorAddress(name, tensors.back().address()), name);
  }
  cudaStream_t stream{};
  check(cudaStreamCreate(&stream) == cudaSuccess, "cudaStreamCreate");

  layerwatt::LayerProfiler profiler;
  layerwatt::ProfilerFor<nvinfer1::IProfiler> adapter(profiler);
  context->setProfiler(&adapter);
  context->setEnqueueEmitsProfile(false);  // or each enqueue waits for the layers
  const auto infer = [&] {
    profiler.start_iteration();
    check(context->enqueueV3(stream), "enqueueV3");
    cudaStreamSynchronize(stream);
    context->reportToProfiler();
    profiler.finalize_iteration();
  };
  for (int i = 0; i < 10; ++i) infer();
  profiler.reset();  // what warms up does not count

  // Any sensor of `layerwatt sensors`.
  const layerwatt::Host host;
  const auto sensor = layerwatt::find_sensor(sensor_name).create(host, {});
  sensor->open();
  layerwatt::PowerLog log(sensor->info());
  sensor->start(log);
  // Until there are readings on both sides of some inferences; a GPU gives ten a second.
  while ((log.size() < 4 && profiler.iterations() < 100000) || profiler.iterations() < 200) infer();
  sensor->stop();
  context->setProfiler(nullptr);
  cudaStreamDestroy(stream);

  for (const layerwatt::LayerTiming& layer : profiler.statistics()) {
    std::printf("%s: mean %.3f ms, median %.3f ms\n", layer.name.c_str(), layer.time_ms->mean,
                layer.time_ms->median);
  }
  const layerwatt::Result result = profiler.statistics(log.samples(), log.sensor());
  for (const layerwatt::LayerResult& layer : result.layers) {
    if (layer.energy_mj) {
      std::printf("%s: %.3f mJ\n", layer.name.c_str(), layer.energy_mj->mean);
    } else {
      std::printf("%s: energy not known: %s\n", layer.name.c_str(),
                  layer.energy_mj.reason().c_str());
    }
  }
  if (result.total.energy_mj) std::printf("an inference: %.3f mJ\n", result.total.energy_mj->mean);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL.engine [SENSOR]\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? argv[2] : "nvml");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
