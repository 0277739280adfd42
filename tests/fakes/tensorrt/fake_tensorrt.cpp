// libnvinfer and libnvonnxparser for tests, in one library. What it says when it fails is in the
// form of TensorRT's own log.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "NvInfer.h"
#include "NvOnnxParser.h"
#include "fakes/tensorrt/fake_engine.hpp"
#include "fakes/tensorrt/fake_plan.hpp"

using namespace nvinfer1;
using Json = nlohmann::json;

namespace {

int dla_cores() {
  const char* cores = std::getenv("FAKE_TENSORRT_DLA_CORES");
  return cores == nullptr ? 0 : std::atoi(cores);
}

class Registry final : public IPluginRegistry {
 public:
  void* loadLibrary(const char* path) noexcept override {
    // A file that is there is a plugin library; its stem is the plugin's name.
    std::ifstream file(path);
    if (!file) return nullptr;
    loaded.push_back(std::filesystem::path(path).stem().string());
    return &loaded;
  }
  std::vector<std::string> loaded;
};

class Runtime final : public IRuntime {
 public:
  explicit Runtime(ILogger& logger) : logger_(logger) {}
  ICudaEngine* deserializeCudaEngine(const void* data, std::size_t size) noexcept override {
    const std::string_view bytes(static_cast<const char*>(data), size);
    if (!bytes.starts_with(layerwatt::fakes::kPlanMagic)) {
      return refuse(
          "1: [stdArchiveReader.cpp::StdArchiveReaderInitCommon::46] Error Code 1: Serialization "
          "(Serialization assertion magicTagRead == kMAGIC_TAG failed.Magic tag does not match)");
    }
    Json plan = Json::parse(bytes.substr(layerwatt::fakes::kPlanHeader), nullptr, false);
    if (plan.is_discarded()) {
      return refuse("6: Error Code 6: Internal Error (The engine plan file is cut short)");
    }
    if (const int version = plan.value("version", NV_TENSORRT_VERSION);
        version != NV_TENSORRT_VERSION) {
      return refuse(
          "6: The engine plan file is not compatible with this version of TensorRT, "
          "expecting library version 10.3.0.26 got " +
          std::to_string(version));
    }
    if (plan.value("gpu", "8.7") != "8.7") {
      return refuse(
          "6: The engine plan file is generated on an incompatible device, expecting "
          "compute 8.7 got compute " +
          plan.value("gpu", "") + ", please rebuild.");
    }
    if (const std::string plugin = plan.value("plugin", ""); !plugin.empty()) {
      bool loaded = false;
      for (const std::string& name : registry_.loaded) loaded |= name == plugin;
      if (!loaded) {
        return refuse(
            "1: [pluginV2Runner.cpp::load::303] Error Code 1: Serialization (Serialization "
            "assertion creator failed.Cannot deserialize plugin since corresponding "
            "IPluginCreator not found in Plugin Registry: plugin not found " +
            plugin + ")");
      }
    }
    if (plan.contains("warning")) {
      logger_.log(ILogger::Severity::kWARNING, plan["warning"].get<std::string>().c_str());
    }
    return layerwatt::fakes::make_fake_engine(plan, logger_);
  }
  void setDLACore(int32_t) noexcept override {}
  int32_t getNbDLACores() const noexcept override { return dla_cores(); }
  IPluginRegistry& getPluginRegistry() noexcept override { return registry_; }

 private:
  ICudaEngine* refuse(const std::string& words) {
    logger_.log(ILogger::Severity::kERROR, words.c_str());
    return nullptr;
  }
  ILogger& logger_;
  Registry registry_;
};

class Memory final : public IHostMemory {
 public:
  explicit Memory(std::string bytes) : bytes_(std::move(bytes)) {}
  void* data() const noexcept override { return const_cast<char*>(bytes_.data()); }
  std::size_t size() const noexcept override { return bytes_.size(); }

 private:
  std::string bytes_;
};

class TimingCache final : public ITimingCache {
 public:
  explicit TimingCache(std::string bytes) : bytes_(std::move(bytes)) {}
  IHostMemory* serialize() const noexcept override { return new Memory(bytes_ + "+"); }

 private:
  std::string bytes_;
};

class Tensor final : public ITensor {
 public:
  Tensor(std::string name, const Dims& dims) : name_(std::move(name)), dims_(dims) {}
  const char* getName() const noexcept override { return name_.c_str(); }
  Dims getDimensions() const noexcept override { return dims_; }

 private:
  std::string name_;
  Dims dims_;
};

struct Network final : INetworkDefinition {
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs.size()); }
  ITensor* getInput(int32_t i) const noexcept override {
    return inputs[static_cast<std::size_t>(i)].get();
  }
  std::vector<std::unique_ptr<Tensor>> inputs;
  Json plan;
};

struct Profile final : IOptimizationProfile {
  bool setDimensions(const char* name, OptProfileSelector which, const Dims& d) noexcept override {
    Json shape = Json::array();
    for (int i = 0; i < d.nbDims; ++i) shape.push_back(d.d[i]);
    static const char* const kKeys[] = {"min", "opt", "max"};
    shapes[name][kKeys[static_cast<int>(which)]] = shape;
    return d.nbDims > 0;
  }
  Json shapes;
};

struct Config final : IBuilderConfig {
  void setFlag(BuilderFlag flag) noexcept override {
    made["flags"].push_back(static_cast<int>(flag));
  }
  void setInt8Calibrator(IInt8EntropyCalibrator2* calibrator) noexcept override {
    std::size_t size = 0;
    const void* cache = calibrator->readCalibrationCache(size);
    made["calibration"] = std::string(static_cast<const char*>(cache), size);
  }
  void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept override {
    made["verbosity"] = verbosity == ProfilingVerbosity::kDETAILED ? "detailed" : "none";
  }
  void setMemoryPoolLimit(MemoryPoolType, std::size_t bytes) noexcept override {
    made["workspace"] = bytes;
  }
  void setDefaultDeviceType(DeviceType type) noexcept override {
    made["dla"] = type == DeviceType::kDLA;
  }
  void setDLACore(int32_t core) noexcept override { made["dla_core"] = core; }
#ifndef FAKE_TENSORRT_8
  void setMaxAuxStreams(int32_t most) noexcept override { made["aux_streams"] = most; }
#endif
  int32_t addOptimizationProfile(const IOptimizationProfile* profile) noexcept override {
    made["shapes"] = static_cast<const Profile*>(profile)->shapes;
    return 0;
  }
  ITimingCache* createTimingCache(const void* blob, std::size_t size) const noexcept override {
    return new TimingCache(std::string(static_cast<const char*>(blob), size));
  }
  bool setTimingCache(const ITimingCache&, bool) noexcept override { return true; }
  Json made = Json::object();
};

class Builder final : public IBuilder {
 public:
  explicit Builder(ILogger& logger) : logger_(logger) {}
  int32_t getNbDLACores() const noexcept override { return dla_cores(); }
  INetworkDefinition* createNetworkV2(uint32_t) noexcept override { return new Network; }
  IBuilderConfig* createBuilderConfig() noexcept override { return new Config; }
  IOptimizationProfile* createOptimizationProfile() noexcept override {
    profiles_.push_back(std::make_unique<Profile>());
    return profiles_.back().get();
  }
  IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                      IBuilderConfig& config) noexcept override {
    Json plan = static_cast<Network&>(network).plan;
    if (plan.value("fail", "") == "build") {
      logger_.log(ILogger::Severity::kERROR,
                  "10: Error Code 10: Internal Error (Could not find any implementation for node "
                  "Conv_7.)");
      return nullptr;
    }
    logger_.log(ILogger::Severity::kWARNING, "Using default for use_timing_cache");
    plan.update(static_cast<Config&>(config).made);
    return new Memory(layerwatt::fakes::plan_bytes(plan));
  }

 private:
  ILogger& logger_;
  std::vector<std::unique_ptr<Profile>> profiles_;
};

// An "ONNX model" for it is that of onnx_bytes().
class Parser final : public nvonnxparser::IParser, public nvonnxparser::IParserError {
 public:
  explicit Parser(Network& network) : network_(network) {}
  bool parseFromFile(const char* file, int) override {
    std::ifstream stream(file, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    if (text.starts_with(layerwatt::fakes::kOnnxStart)) text.erase(0, 2);
    network_.plan = Json::parse(text, nullptr, false);
    if (network_.plan.is_discarded()) {
      said_ = "Failed to parse the ONNX model.";
      return false;
    }
    // A node with an operator that it lacks.
    if (network_.plan.contains("unknown_operator")) {
      operator_ = network_.plan["unknown_operator"].get<std::string>();
      said_ = "creator && \"Plugin not found\"";
      return false;
    }
    const layerwatt::fakes::FakePlan plan(network_.plan);
    for (const auto& tensor : plan.tensors) {
      if (tensor.input) {
        network_.inputs.push_back(std::make_unique<Tensor>(tensor.name, tensor.shape));
      }
    }
    return true;
  }
  int getNbErrors() const override { return said_.empty() ? 0 : 1; }
  const nvonnxparser::IParserError* getError(int) const override { return this; }
  const char* desc() const override { return said_.c_str(); }
  int node() const override { return operator_.empty() ? -1 : 7; }
  // Without a node they are null.
  const char* node_name() const { return operator_.empty() ? nullptr : "node_7"; }
  const char* node_operator() const { return operator_.empty() ? nullptr : operator_.c_str(); }
#ifndef FAKE_TENSORRT_8
  const char* nodeName() const override { return node_name(); }
  const char* nodeOperator() const override { return node_operator(); }
#endif

 private:
  Network& network_;
  std::string said_;
  std::string operator_;
};

}  // namespace

extern "C" {

int getInferLibVersion() { return NV_TENSORRT_VERSION; }

void* createInferRuntime_INTERNAL(void* logger, int version) {
  if (version != NV_TENSORRT_VERSION) return nullptr;
  return new Runtime(*static_cast<ILogger*>(logger));
}

void* createInferBuilder_INTERNAL(void* logger, int) {
  return new Builder(*static_cast<ILogger*>(logger));
}

void* createNvOnnxParser_INTERNAL(void* network, void*, int) {
  return static_cast<nvonnxparser::IParser*>(
      new Parser(*static_cast<Network*>(static_cast<INetworkDefinition*>(network))));
}

}  // extern "C"
