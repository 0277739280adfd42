#include "engine/tensorrt_build.hpp"

#include <NvInfer.h>
#if __has_include(<NvOnnxParser.h>)
#include <NvOnnxParser.h>
#define LAYERWATT_HAVE_PARSER 1
#endif

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/whole_file.hpp"
#include "engine/cuda_driver.hpp"
#include "engine/tensorrt_library.hpp"
#include "engine/tensorrt_words.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::trt {

#ifdef LAYERWATT_HAVE_PARSER
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::OptProfileSelector;

#if NV_TENSORRT_MAJOR >= 10
const std::string kMajor = std::to_string(NV_TENSORRT_MAJOR);
#else
const std::string kMajor = "8";
#endif

std::vector<char> read_all(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw Error(ErrorKind::bad_input, "cannot be read", file.string());
  return bytes;
}

// A plan cut short by a full disk would look like one.
void write_whole(const std::filesystem::path& file, const void* bytes, std::size_t size) {
  write_whole_file(file, [&](std::ostream& stream) {
    stream.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  });
}

nvinfer1::Dims to_dims(const std::vector<std::int64_t>& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims = static_cast<int>(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    dims.d[i] = static_cast<std::decay_t<decltype(dims.d[0])>>(shape[i]);
  }
  return dims;
}

// "1x3x224x224": what is left open is 1.
std::string with_ones(const nvinfer1::Dims& dims) {
  std::string text;
  for (int i = 0; i < dims.nbDims; ++i) {
    text += (i == 0 ? "" : "x") + std::to_string(dims.d[i] < 0 ? 1 : dims.d[i]);
  }
  return text;
}

// "?x3x224x224"
std::string text_of(const nvinfer1::Dims& dims) {
  std::string text;
  for (int i = 0; i < dims.nbDims; ++i) {
    text += (i == 0 ? "" : "x") + (dims.d[i] < 0 ? std::string("?") : std::to_string(dims.d[i]));
  }
  return text;
}

// Whether `shape` is one that an input of `dims` can have.
bool fits(const std::vector<std::int64_t>& shape, const nvinfer1::Dims& dims) {
  if (shape.size() != static_cast<std::size_t>(dims.nbDims)) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (dims.d[i] >= 0 && shape[i] != static_cast<std::int64_t>(dims.d[i])) return false;
  }
  return true;
}

// Each of the range fits, and none is larger than the next.
bool fits(const ShapeRange& range, const nvinfer1::Dims& dims) {
  if (!fits(range.least, dims) || !fits(range.best, dims) || !fits(range.most, dims)) return false;
  for (std::size_t i = 0; i < range.best.size(); ++i) {
    if (range.least[i] > range.best[i] || range.best[i] > range.most[i]) return false;
  }
  return true;
}

// " at node 3, 'conv1' (Conv)"; empty where it is not of a node.
std::string where_in_model(const nvonnxparser::IParserError& error) {
  if (error.node() < 0) return {};
  std::string text = " at node " + std::to_string(error.node());
#if NV_TENSORRT_MAJOR >= 10
  const auto words = [](const char* given) { return std::string(given == nullptr ? "" : given); };
  if (words(error.nodeOperator()).empty()) return {};  // the file as a whole
  text += ", '" + words(error.nodeName()) + "' (" + words(error.nodeOperator()) + ")";
#endif
  return text;
}

#if NV_TENSORRT_MAJOR < 11
// Scales from a file; it calibrates nothing itself.
class CachedCalibration final : public nvinfer1::IInt8EntropyCalibrator2 {
 public:
  explicit CachedCalibration(std::vector<char> cache) : cache_(std::move(cache)) {}
  int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void**, const char**, int32_t) noexcept override { return false; }
  const void* readCalibrationCache(std::size_t& length) noexcept override {
    length = cache_.size();
    return cache_.data();
  }
  void writeCalibrationCache(const void*, std::size_t) noexcept override {}

 private:
  std::vector<char> cache_;
};
#endif

class Build {
 public:
  Build(const Host& host, const BuildOptions& options)
      : options_(options), sys_(host.sys), library_(host.sys), parser_library_([&] {
          const std::string file = host.sys.env("LAYERWATT_TENSORRT_PARSER_LIB")
                                       .value_or("libnvonnxparser.so." + kMajor);
          try {
            return DynamicLibrary(file);
          } catch (const Error& error) {
            throw Error(ErrorKind::engine, error.problem(), error.where(),
                        "sudo apt-get install libnvonnxparsers" + kMajor +
                            ", or name it with LAYERWATT_TENSORRT_PARSER_LIB=FILE");
          }
        }()) {}

  BuildReport operator()() {
    const auto begin = std::chrono::steady_clock::now();
    // The first GPU is taken anyway, and TensorRT-RTX builds where there is none.
    if (options_.device != 0) device_.emplace(sys_, options_.device);
    library_.load_standard_plugins(logger_);
    if (!options_.plugins.empty()) {
      runtime_ = library_.runtime(logger_);
      for (const auto& plugin : options_.plugins) library_.load_plugin(*runtime_, plugin);
    }
    builder_ = library_.builder(logger_);
#if NV_TENSORRT_MAJOR < 10
    network_.reset(builder_->createNetworkV2(1U));  // explicit batch, which is all there is later
#else
    network_.reset(builder_->createNetworkV2(0U));
#endif
    config_.reset(builder_->createBuilderConfig());
    if (!network_ || !config_) throw failed(logger_, "preparing the build", where());
    parse();
    config_->setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
    if (options_.workspace_mib) {
      config_->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE,
                                  *options_.workspace_mib << 20);
    }
    set_auxiliary_streams();
    set_precision();
    set_dla();
    set_shapes();
    use_timing_cache();
    logger_.take();
    const std::unique_ptr<nvinfer1::IHostMemory> plan(
        builder_->buildSerializedNetwork(*network_, *config_));
    if (!plan || plan->size() == 0) throw failed(logger_, "building the engine", where());
    write_whole(options_.output, plan->data(), plan->size());
    keep_timing_cache();
    BuildReport report;
    report.bytes = plan->size();
    report.version = tensorrt_version(library_.version());
    report.said = logger_.take();
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return report;
  }

 private:
  std::string where() const { return options_.model.string(); }

  void parse() {
    refuse_other_files();
    const auto create =
        parser_library_.find_function<void* (*)(void*, void*, int)>("createNvOnnxParser_INTERNAL");
    parser_.reset(create == nullptr ? nullptr
                                    : static_cast<nvonnxparser::IParser*>(create(
                                          network_.get(), &logger_, NV_ONNX_PARSER_VERSION)));
    if (!parser_) throw failed(logger_, "starting the ONNX parser", where());
    const int severity = static_cast<int>(nvinfer1::ILogger::Severity::kWARNING);
    if (parser_->parseFromFile(options_.model.c_str(), severity)) return;
    const std::vector<std::string> said = logger_.take();
    std::string what = "cannot be parsed";
    if (parser_->getNbErrors() > 0) {
      const nvonnxparser::IParserError& error = *parser_->getError(0);
      what += where_in_model(error) + ": " + error.desc();
    } else if (!said.empty()) {
      what += ": " + said.front();
    }
    throw Error(ErrorKind::bad_input, what, where(), onnx_hint(what));
  }

  // The parser says of all of them that they cannot be parsed.
  void refuse_other_files() const {
    std::error_code failed_;
    std::ifstream stream(options_.model, std::ios::binary);
    std::string start(512, '\0');
    stream.read(start.data(), static_cast<std::streamsize>(start.size()));
    start.resize(static_cast<std::size_t>(stream.gcount()));
    const auto size = std::filesystem::file_size(options_.model, failed_);
    if (failed_) throw Error(ErrorKind::bad_input, "cannot be read", where());
    if (const std::string what = not_an_onnx_model(start, size); !what.empty()) {
      throw Error(ErrorKind::bad_input, what, where(), "give a model in ONNX's own format");
    }
  }

  void set_auxiliary_streams() {
    if (!options_.aux_streams) return;
#if NV_TENSORRT_MAJOR > 8 || NV_TENSORRT_MINOR >= 6
    config_->setMaxAuxStreams(*options_.aux_streams);
#else
    if (*options_.aux_streams == 0) return;
    throw Error(ErrorKind::usage, "TensorRT 8.5 has no auxiliary streams", "--aux-streams");
#endif
  }

  void set_precision() {
#if NV_TENSORRT_MAJOR < 11
    if (options_.fp16) config_->setFlag(BuilderFlag::kFP16);
    if (!options_.int8) return;
    config_->setFlag(BuilderFlag::kINT8);
    if (options_.calibration_cache.empty()) return;  // the model may have Q/DQ nodes
    calibration_ = std::make_unique<CachedCalibration>(read_all(options_.calibration_cache));
    config_->setInt8Calibrator(calibration_.get());
#else
    if (!options_.fp16 && !options_.int8) return;
    throw Error(ErrorKind::usage, "TensorRT 11 takes every type from the model",
                options_.fp16 ? "--fp16" : "--int8",
                options_.fp16 ? "convert the model to fp16 first (onnxconverter-common, ModelOpt)"
                              : "quantise the model first (ModelOpt), which adds Q/DQ nodes");
#endif
  }

  void set_dla() {
    if (!options_.dla_core) return;
    const int cores = builder_->getNbDLACores();
    if (*options_.dla_core >= cores) {
      throw Error(ErrorKind::usage,
                  cores == 0 ? "this machine has no DLA" : "there is no such DLA core",
                  "--dla " + std::to_string(*options_.dla_core),
                  "build on the board that runs it; Orin Nano and Thor have none");
    }
    if (!options_.fp16 && !options_.int8) {
      throw Error(ErrorKind::usage, "the DLA runs fp16 and int8 only", "--dla",
                  "add --fp16 or --int8");
    }
    config_->setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
    config_->setDLACore(*options_.dla_core);
    config_->setFlag(BuilderFlag::kGPU_FALLBACK);
  }

  void set_shapes() {
    bool any_dynamic = false;
    std::string inputs;
    for (int i = 0; i < network_->getNbInputs(); ++i) {
      const nvinfer1::ITensor& input = *network_->getInput(i);
      const nvinfer1::Dims dims = input.getDimensions();
      bool dynamic = false;
      for (int d = 0; d < dims.nbDims; ++d) dynamic |= dims.d[d] < 0;
      inputs += (inputs.empty() ? "" : ", ") + std::string(input.getName());
      any_dynamic |= dynamic;
      bool given = false;
      for (const ShapeRange& range : options_.shapes) given |= range.name == input.getName();
      if (dynamic && !given) {
        throw Error(ErrorKind::bad_input,
                    std::string("input '") + input.getName() + "' has a dynamic shape", where(),
                    std::string("give it: --shape ") + input.getName() + ":" + with_ones(dims) +
                        ", or the least, best and largest with commas between");
      }
    }
    if (options_.shapes.empty()) return;
    nvinfer1::IOptimizationProfile* profile = builder_->createOptimizationProfile();
    for (const ShapeRange& range : options_.shapes) {
      const nvinfer1::ITensor* input = nullptr;
      for (int i = 0; i < network_->getNbInputs(); ++i) {
        if (range.name == network_->getInput(i)->getName()) input = network_->getInput(i);
      }
      if (input == nullptr) {
        throw Error(ErrorKind::usage, "the model has no input named '" + range.name + "'",
                    "--shape", "its inputs: " + inputs);
      }
      // Of an input without an open dimension TensorRT would just not look at the profile.
      if (!fits(range, input->getDimensions())) {
        throw Error(ErrorKind::bad_input,
                    "the shapes do not fit input '" + range.name + "', which is " +
                        text_of(input->getDimensions()),
                    "--shape " + range.name,
                    "what the model fixes must stay, and least, best and largest must not shrink");
      }
      const char* name = range.name.c_str();
      if (!profile->setDimensions(name, OptProfileSelector::kMIN, to_dims(range.least)) ||
          !profile->setDimensions(name, OptProfileSelector::kOPT, to_dims(range.best)) ||
          !profile->setDimensions(name, OptProfileSelector::kMAX, to_dims(range.most))) {
        throw failed(logger_, "setting the shapes of input '" + range.name + "'", where());
      }
    }
    if (any_dynamic && config_->addOptimizationProfile(profile) < 0) {
      throw failed(logger_, "setting the shapes", where());
    }
  }

  void use_timing_cache() {
    if (options_.timing_cache.empty()) return;
    std::error_code failed_;
    std::vector<char> bytes;
    if (std::filesystem::exists(options_.timing_cache, failed_)) {
      bytes = read_all(options_.timing_cache);
    }
    timing_cache_.reset(config_->createTimingCache(bytes.data(), bytes.size()));
    if (!timing_cache_ || !config_->setTimingCache(*timing_cache_, false)) {
      throw Error(ErrorKind::bad_input, "is no timing cache of this TensorRT and GPU",
                  options_.timing_cache.string(), "remove it: it is written anew");
    }
  }

  void keep_timing_cache() {
    if (!timing_cache_) return;
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(timing_cache_->serialize());
    if (bytes) write_whole(options_.timing_cache, bytes->data(), bytes->size());
  }

  const BuildOptions& options_;
  const SysRoot sys_;
  std::optional<cuda::Device> device_;
  Logger logger_;
  Library library_;
  DynamicLibrary parser_library_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;  // for its plugin registry
#if NV_TENSORRT_MAJOR < 11
  std::unique_ptr<CachedCalibration> calibration_;
#endif
  std::unique_ptr<nvinfer1::IBuilder> builder_;
  std::unique_ptr<nvinfer1::INetworkDefinition> network_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
  std::unique_ptr<nvinfer1::ITimingCache> timing_cache_;
  std::unique_ptr<nvonnxparser::IParser> parser_;
};

}  // namespace

BuildReport build_plan(const Host& host, const BuildOptions& options) {
  return Build(host, options)();
}

#else

BuildReport build_plan(const Host&, const BuildOptions&) {
  throw Error(ErrorKind::engine, "this layerwatt was built without TensorRT's ONNX parser", {},
              "sudo apt-get install libnvonnxparsers-dev, then build layerwatt again");
}

#endif

}  // namespace layerwatt::trt
