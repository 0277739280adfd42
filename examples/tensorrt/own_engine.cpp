// layerwatt's two passes over a TensorRT engine that your program has loaded itself, with its own
// runtime, logger and plugins.
//
//   c++ -std=c++20 own_engine.cpp -llayerwatt -lnvinfer   (or find_package(layerwatt))
//   ./a.out MODEL.engine [SENSOR]
#include <NvInfer.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "layerwatt/profile_engine.hpp"

namespace {

class Logger final : public nvinfer1::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "TensorRT: %s\n", message);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL.engine [SENSOR]\n", argv[0]);
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> plan{std::istreambuf_iterator<char>(file), {}};
  Logger logger;
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(
      runtime->deserializeCudaEngine(plan.data(), plan.size()));
  if (!engine) return 1;

  layerwatt::ProfileEngineOptions options;
  options.iterations = 500;
  if (argc > 2) options.sensor = argv[2];
  options.verbose = [](const std::string& note) { std::fprintf(stderr, "%s\n", note.c_str()); };
  try {
    const layerwatt::Profile profile = layerwatt::profile_engine(*engine, options);
    for (const layerwatt::LayerResult& layer : profile.result.layers) {
      std::printf("%s: %.3f ms", layer.name.c_str(), layer.time_ms->mean);
      if (layer.energy_mj) std::printf(", %.3f mJ", layer.energy_mj->mean);
      std::printf("\n");
    }
    for (const layerwatt::Warning& warning : profile.result.warnings) {
      std::fprintf(stderr, "warning: %s\n", warning.message.c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
