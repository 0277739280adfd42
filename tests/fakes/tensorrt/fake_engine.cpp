#include "fakes/tensorrt/fake_engine.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "fakes/tensorrt/fake_nvtx.hpp"

namespace layerwatt::fakes {
namespace {

using namespace nvinfer1;
using Json = nlohmann::json;

Dims dims_of(const Json& json) {
  Dims dims{};
  dims.nbDims = static_cast<int32_t>(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    dims.d[i] = json[i].get<std::decay_t<decltype(dims.d[0])>>();
  }
  return dims;
}

DataType type_of(const std::string& name) {
  static const std::map<std::string, DataType> types = {
      {"f32", DataType::kFLOAT}, {"f16", DataType::kHALF}, {"i8", DataType::kINT8},
      {"i32", DataType::kINT32}, {"u8", DataType::kUINT8}, {"i64", DataType::kINT64}};
  return types.at(name);
}

// Which optimisation profile each context of an engine has. Before TensorRT 10 no two can have the
// same, and only an engine's first context begins with one.
struct Profiles {
  std::map<const IExecutionContext*, int32_t> of;
  bool any_made = false;

  void begin(const IExecutionContext* context) {
    of[context] = NV_TENSORRT_MAJOR >= 10 || !any_made ? 0 : -1;
    any_made = true;
  }
  bool choose(const IExecutionContext* context, int32_t index) {
    for (const auto& [other, taken] : of) {
      if (NV_TENSORRT_MAJOR < 10 && other != context && taken == index) return false;
    }
    of[context] = index;
    return true;
  }
};

bool is_dynamic(const FakePlan& plan) {
  return std::any_of(plan.tensors.begin(), plan.tensors.end(), [](const FakeTensor& tensor) {
    return tensor.input &&
           (tensor.is_shape || std::any_of(tensor.shape.d, tensor.shape.d + tensor.shape.nbDims,
                                           [](auto d) { return d < 0; }));
  });
}

class Context final : public IExecutionContext {
 public:
  Context(std::shared_ptr<const FakePlan> plan, const ICudaEngine& engine, ILogger& logger,
          std::shared_ptr<Profiles> profiles)
      : plan_(std::move(plan)),
        engine_(engine),
        logger_(logger),
        profiles_(std::move(profiles)),
        nvtx_(engine.getProfilingVerbosity()) {
    profiles_->begin(this);
  }
  ~Context() noexcept override {
    for (CUevent_st* event : events_) gpu().destroy(event);
    profiles_->of.erase(this);
  }
  const ICudaEngine& getEngine() const noexcept override { return engine_; }
  void setProfiler(IProfiler* profiler) noexcept override { profiler_ = profiler; }
  void setEnqueueEmitsProfile(bool emits) noexcept override { emits_ = emits; }

  bool reportToProfiler() const noexcept override {
    if (profiler_ == nullptr || !profiled_) return false;
    if (plan_->json.value("fail", "") == "report") {
      logger_.log(
          ILogger::Severity::kERROR,
          "1: [profiler.cpp::reportLayers::88] Error Code 1: Cuda Runtime (invalid resource "
          "handle)");
      return false;
    }
    for (std::size_t i = 0; i < plan_->layers.size(); ++i) {
      const FakeLayer& layer = plan_->layers[i];
      if (layer.skip_every > 0 && count_ % layer.skip_every == 0) continue;
      profiler_->reportLayerTime(layer.name.c_str(), gpu().elapsed_ms(events_[i], events_[i + 1]));
    }
    return true;
  }

  bool setOptimizationProfileAsync(int32_t index, cudaStream_t) noexcept override {
    if (profiles_->choose(this, index)) return true;
    return refuse(
        "3: [executionContext.cpp::setOptimizationProfileInternal::1328] Error Code 3: "
        "Internal Error (Profile " +
        std::to_string(index) +
        " has been chosen by another IExecutionContext. Use another profileIndex or "
        "destroy the IExecutionContext that use this profile.)");
  }
  int32_t getOptimizationProfile() const noexcept override { return profiles_->of.at(this); }
  bool setInputShape(const char* name, const Dims& dims) noexcept override {
    if (is_dynamic(*plan_) && getOptimizationProfile() < 0) {
      return refuse(
          "3: [executionContext.cpp::setInputShape::2020] Error Code 3: API Usage Error "
          "(Parameter check failed, condition: mOptimizationProfile >= 0)");
    }
    shapes_[name] = dims;
    return plan_->find(name) != nullptr;
  }
  bool setTensorAddress(const char* name, void* data) noexcept override {
    addresses_[name] = data;
    return data != nullptr && plan_->find(name) != nullptr;
  }
  Dims getTensorShape(const char* name) const noexcept override {
    const auto found = shapes_.find(name);
    Dims dims = found != shapes_.end() ? found->second : plan_->find(name)->shape;
    // A batch that is left open is that of the first input.
    if (!plan_->find(name)->input && dims.nbDims > 0 && dims.d[0] == -1 &&
        plan_->find(name)->bound < 0 && !shapes_.empty()) {
      dims.d[0] = shapes_.begin()->second.d[0];
    }
    return dims;
  }
  int64_t getMaxOutputSize(const char* name) const noexcept override {
    return plan_->find(name)->bound;
  }
  int32_t inferShapes(int32_t, const char**) noexcept override { return 0; }
  bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept override {
    nvtx_ = verbosity;
    return true;
  }

  bool enqueueV3(cudaStream_t stream) noexcept override {
    if (plan_->json.value("no_v3", false)) return refuse("enqueueV3 is not in this version");
    return enqueue(stream);
  }

#ifdef FAKE_TENSORRT_8
  bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t*) noexcept override {
    // The addresses that were set by name are not looked at.
    addresses_.clear();
    const auto first =
        static_cast<std::size_t>(std::max(0, getOptimizationProfile())) * plan_->tensors.size();
    for (std::size_t i = 0; i < plan_->tensors.size(); ++i) {
      if (bindings[first + i] != nullptr) addresses_[plan_->tensors[i].name] = bindings[first + i];
    }
    return enqueue(stream);
  }
#endif

 private:
  static GpuWork& gpu() { return GpuWork::get(); }

  bool refuse(const std::string& words) {
    logger_.log(ILogger::Severity::kERROR, words.c_str());
    return false;
  }

  bool enqueue(cudaStream_t stream) {
    const Json& json = plan_->json;
    ++count_;
    for (const FakeTensor& tensor : plan_->tensors) {
      if (addresses_.count(tensor.name) != 0) continue;
      logger_.log(ILogger::Severity::kERROR,
                  ("3: [executionContext.cpp::enqueueV3::2666] Error Code 3: API Usage Error "
                   "(Parameter check failed, address is not set for tensor " +
                   tensor.name + ")")
                      .c_str());
      return false;
    }
    if (json.value("fail", "") == "enqueue") {
      logger_.log(ILogger::Severity::kERROR,
                  "1: [runner.cpp::execute::416] Error Code 1: Cuda Runtime (an illegal memory "
                  "access was encountered)");
      return false;
    }
    if (json.value("fail", "") == "silently") {
      gpu().lose(json.value("cuda_error", 0));
      return false;
    }
    const bool capturing = gpu().is_capturing(stream);
    if (capturing && (profiler_ != nullptr || !json.value("capturable", true))) {
      logger_.log(ILogger::Severity::kERROR,
                  "1: [runner.cpp::execute::416] Error Code 1: Cuda Runtime (operation not "
                  "permitted when stream is capturing)");
      gpu().break_capture(stream);
      return false;
    }
    const bool profile = profiler_ != nullptr;
    if (profile) make_events();
    const double overhead_ms = json.value("overhead_ms", 0.0);
    if (profile && !gpu().record(events_.front(), stream)) return false;
    const NvtxRange inference(nvtx_ == ProfilingVerbosity::kNONE ? ""
                                                                 : "ExecutionContext::enqueue");
    for (std::size_t i = 0; i < plan_->layers.size(); ++i) {
      const NvtxRange range(range_of(plan_->layers[i]));
      const std::string refused = gpu().enqueue(plan_->layers[i].work, stream);
      if (!refused.empty()) {
        return refuse("1: [runner.cpp::execute::416] Error Code 1: Cuda Driver (" + refused + ")");
      }
      if (!profile) continue;
      gpu().overhead(overhead_ms, stream);
      if (!gpu().record(events_[i + 1], stream)) return false;
    }
    profiled_ = profile;
    if (profile && emits_) {
      gpu().wait(stream);
      return reportToProfiler();
    }
    return true;
  }

  std::string range_of(const FakeLayer& layer) const {
    if (nvtx_ == ProfilingVerbosity::kNONE || !layer.marked) return {};
    return nvtx_ == ProfilingVerbosity::kDETAILED ? layer.name + " [parameters]" : layer.name;
  }

  void make_events() {
    while (events_.size() <= plan_->layers.size()) events_.push_back(gpu().make_event());
  }

  std::shared_ptr<const FakePlan> plan_;
  const ICudaEngine& engine_;
  ILogger& logger_;
  std::shared_ptr<Profiles> profiles_;
  ProfilingVerbosity nvtx_;
  IProfiler* profiler_ = nullptr;
  bool emits_ = true;
  bool profiled_ = false;
  int count_ = 0;
  std::map<std::string, Dims> shapes_;
  std::map<std::string, void*> addresses_;
  std::vector<CUevent_st*> events_;
};

class Inspector final : public IEngineInspector {
 public:
  // `without_shapes`: what it tells before it has a context that knows the shapes.
  Inspector(std::string text, std::string without_shapes)
      : text_(std::move(text)), without_shapes_(std::move(without_shapes)) {}
  bool setExecutionContext(const IExecutionContext* context) noexcept override {
    has_shapes_ = context != nullptr;
    return true;
  }
  const char* getEngineInformation(LayerInformationFormat) const noexcept override {
    return has_shapes_ ? text_.c_str() : without_shapes_.c_str();
  }

 private:
  std::string text_;
  std::string without_shapes_;
  bool has_shapes_ = false;
};

class Engine final : public ICudaEngine {
 public:
  Engine(const Json& json, ILogger& logger)
      : plan_(std::make_shared<const FakePlan>(json)),
        name_(json.value("name", "")),
        logger_(logger) {}
  const char* getName() const noexcept override { return name_.c_str(); }
#ifdef FAKE_TENSORRT_8
  int32_t getNbBindings() const noexcept override {
    return getNbIOTensors() * getNbOptimizationProfiles();
  }
  int32_t getBindingIndex(const char* name) const noexcept override {
    return static_cast<int32_t>(plan_->find(name) - plan_->tensors.data());
  }
#else
  int32_t getNbAuxStreams() const noexcept override { return plan_->json.value("aux_streams", 0); }
#endif
  int32_t getNbIOTensors() const noexcept override {
    return static_cast<int32_t>(plan_->tensors.size());
  }
  const char* getIOTensorName(int32_t index) const noexcept override {
    return plan_->tensors[static_cast<std::size_t>(index)].name.c_str();
  }
  TensorIOMode getTensorIOMode(const char* name) const noexcept override {
    return plan_->find(name)->input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
  }
  TensorLocation getTensorLocation(const char* name) const noexcept override {
    return plan_->find(name)->host ? TensorLocation::kHOST : TensorLocation::kDEVICE;
  }
  DataType getTensorDataType(const char* name) const noexcept override {
    return plan_->find(name)->type;
  }
  Dims getTensorShape(const char* name) const noexcept override { return plan_->find(name)->shape; }
  Dims getProfileShape(const char* name, int32_t,
                       OptProfileSelector which) const noexcept override {
    return plan_->find(name)->limits[static_cast<int>(which)];
  }
  int32_t getNbOptimizationProfiles() const noexcept override {
    return plan_->json.value("profiles", 1);
  }
  int32_t getTensorVectorizedDim(const char*) const noexcept override { return -1; }
  int32_t getTensorComponentsPerElement(const char*) const noexcept override { return -1; }
  bool isShapeInferenceIO(const char* name) const noexcept override {
    return plan_->find(name)->is_shape;
  }
  ProfilingVerbosity getProfilingVerbosity() const noexcept override {
    const std::string verbosity = plan_->json.value("verbosity", "detailed");
    if (verbosity == "none") return ProfilingVerbosity::kNONE;
    return verbosity == "detailed" ? ProfilingVerbosity::kDETAILED
                                   : ProfilingVerbosity::kLAYER_NAMES_ONLY;
  }
  IEngineInspector* createEngineInspector() const noexcept override {
    return new Inspector(information(false), information(is_dynamic(*plan_)));
  }
  IExecutionContext* createExecutionContext() noexcept override {
    if (plan_->json.value("fail", "") == "context") {
      logger_.log(ILogger::Severity::kERROR,
                  "2: [executionContext.cpp::ExecutionContext::379] Error Code 2: OutOfMemory "
                  "(no further information)");
      return nullptr;
    }
    return new Context(plan_, *this, logger_, profiles_);
  }

 private:
  std::string information(bool without_shapes) const {
    Json all{{"Layers", Json::array()}, {"Bindings", Json::array()}};
    for (const FakeLayer& layer : plan_->layers) {
      if (getProfilingVerbosity() != ProfilingVerbosity::kDETAILED) {
        all["Layers"].push_back(layer.name);
        continue;
      }
      Json info = layer.info.is_object() ? layer.info : Json::object();
      info["Name"] = layer.name;
      for (const char* list : {"Inputs", "Outputs"}) {
        if (!without_shapes || !info.contains(list)) continue;
        for (Json& tensor : info[list]) {
          tensor.erase("Format/Datatype");
          for (Json& dimension : tensor["Dimensions"]) dimension = -1;
        }
      }
      all["Layers"].push_back(std::move(info));
    }
    return all.dump();
  }

  std::shared_ptr<const FakePlan> plan_;
  std::string name_;
  ILogger& logger_;
  std::shared_ptr<Profiles> profiles_ = std::make_shared<Profiles>();
};

}  // namespace

FakePlan::FakePlan(const Json& from) : json(from) {
  for (const char* list : {"inputs", "outputs"}) {
    for (const Json& tensor : json.value(list, Json::array())) {
      FakeTensor made;
      made.name = tensor.at("name").get<std::string>();
      made.input = std::strcmp(list, "inputs") == 0;
      made.type = type_of(tensor.value("type", "f32"));
      made.shape = dims_of(tensor.at("shape"));
      made.limits[0] = dims_of(tensor.value("min", tensor.at("shape")));
      made.limits[1] = dims_of(tensor.value("opt", tensor.at("shape")));
      made.limits[2] = dims_of(tensor.value("max", tensor.at("shape")));
      made.host = tensor.value("host", false);
      made.is_shape = tensor.value("is_shape", false);
      made.bound = tensor.value("bound", -1);
      tensors.push_back(std::move(made));
    }
  }
  for (const Json& layer : json.value("layers", Json::array())) {
    layers.push_back({layer.at("name").get<std::string>(),
                      {layer.value("ms", 0.1), layer.value("kernel", "fma"),
                       layer.value("amount", 1000U), layer.value("launch", false)},
                      layer.value("info", Json()),
                      layer.value("skip_every", 0),
                      layer.value("marked", true)});
  }
}

const FakeTensor* FakePlan::find(const char* name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const FakeTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

ICudaEngine* make_fake_engine(const Json& plan, ILogger& logger) {
  return new Engine(plan, logger);
}

}  // namespace layerwatt::fakes
