#include "engine/tensorrt_library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <utility>

#include "engine/tensorrt_words.hpp"

namespace layerwatt::trt {
namespace {

constexpr std::size_t kMostKept = 50;

#if NV_TENSORRT_MAJOR >= 10
const std::string kMajor = std::to_string(NV_TENSORRT_MAJOR);
#else
const std::string kMajor = "8";
#endif

std::string library_file(const SysRoot& sys) {
  return sys.env("LAYERWATT_TENSORRT_LIB").value_or("libnvinfer.so." + kMajor);
}

// The process has a libnvinfer of another major version: "/usr/lib/libnvinfer.so.8.6.1".
bool has_another_version() {
  const auto look = [](dl_phdr_info* info, std::size_t, void*) -> int {
    const std::string file = std::filesystem::path(info->dlpi_name).filename().string();
    const std::string prefix = "libnvinfer.so.";
    if (file.compare(0, prefix.size(), prefix) != 0) return 0;
    const std::string version = file.substr(prefix.size());
    return version != kMajor && version.compare(0, kMajor.size() + 1, kMajor + ".") != 0 ? 1 : 0;
  };
  return ::dl_iterate_phdr(look, nullptr) != 0;
}

DynamicLibrary open(const SysRoot& sys) {
  const std::string file = library_file(sys);
  try {
    return DynamicLibrary(file);
  } catch (const Error& error) {
    throw Error(ErrorKind::engine, error.problem(), error.where(),
                "this layerwatt was built for TensorRT " + kMajor +
                    ": sudo apt-get install libnvinfer" + kMajor +
                    ", or name the library with LAYERWATT_TENSORRT_LIB=FILE");
  }
}

}  // namespace

void Logger::log(Severity severity, const char* message) noexcept {
  if (severity > Severity::kWARNING || message == nullptr) return;
  try {
    const std::lock_guard lock(mutex_);
    auto& kept = severity == Severity::kWARNING ? warnings_ : errors_;
    if (kept.size() < kMostKept) kept.emplace_back(message);
  } catch (const std::exception&) {  // out of memory: the log is the least to lose
  }
}

std::vector<std::string> Logger::take() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all = std::exchange(errors_, {});
  for (std::string& warning : warnings_) all.push_back(std::move(warning));
  warnings_.clear();
  return all;
}

Library::Library(const SysRoot& sys) : library_(open(sys)) {
  const auto version = library_.find_function<int (*)()>("getInferLibVersion");
  if (version == nullptr || library_.find("createInferRuntime_INTERNAL") == nullptr) {
    throw Error(ErrorKind::engine, "is not TensorRT", library_file(sys));
  }
  version_ = version();
}

Library Library::already_loaded(const SysRoot& sys) {
  const std::string file = library_file(sys);
  void* loaded = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (loaded == nullptr || has_another_version()) {
    if (loaded != nullptr) ::dlclose(loaded);
    throw Error(ErrorKind::engine, "the given engine is not of this TensorRT", file,
                "this layerwatt was built for TensorRT " + kMajor +
                    ": build it with the headers of yours. A library of another name is given with "
                    "LAYERWATT_TENSORRT_LIB=FILE");
  }
  ::dlclose(loaded);
  return Library(sys);
}

std::unique_ptr<nvinfer1::IRuntime> Library::runtime(Logger& logger) const {
  const auto create = library_.find_function<void* (*)(void*, int)>("createInferRuntime_INTERNAL");
  std::unique_ptr<nvinfer1::IRuntime> runtime(
      static_cast<nvinfer1::IRuntime*>(create(&logger, NV_TENSORRT_VERSION)));
  if (!runtime) throw failed(logger, "starting TensorRT", "TensorRT");
  return runtime;
}

std::unique_ptr<nvinfer1::IBuilder> Library::builder(Logger& logger) const {
  const auto create = library_.find_function<void* (*)(void*, int)>("createInferBuilder_INTERNAL");
  if (create == nullptr) {
    throw Error(ErrorKind::engine, "has no builder", "libnvinfer",
                "a lean or dispatch runtime only runs engines: install the full one");
  }
  std::unique_ptr<nvinfer1::IBuilder> builder(
      static_cast<nvinfer1::IBuilder*>(create(&logger, NV_TENSORRT_VERSION)));
  if (!builder) throw failed(logger, "starting TensorRT's builder", "TensorRT");
  return builder;
}

void Library::load_standard_plugins(Logger& logger) const {
  // Stays open: plans refer to its plugins until the program ends.
  void* plugins = ::dlopen(("libnvinfer_plugin.so." + kMajor).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugins == nullptr) return;
  const auto init =
      reinterpret_cast<bool (*)(void*, const char*)>(::dlsym(plugins, "initLibNvInferPlugins"));
  if (init != nullptr) init(&logger, "");
}

void Library::load_plugin([[maybe_unused]] nvinfer1::IRuntime& runtime,
                          const std::filesystem::path& file) const {
#if NV_TENSORRT_MAJOR > 8 || NV_TENSORRT_MINOR >= 6
  // Plugins of version 3 only register this way; a library without the entry it wants registers
  // itself when it is opened.
  const std::string path = std::filesystem::absolute(file).string();
  if (runtime.getPluginRegistry().loadLibrary(path.c_str()) != nullptr) return;
#endif
  if (::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  const char* told = ::dlerror();
  std::string said = told != nullptr ? told : "cannot be loaded";
  if (said.starts_with(file.string() + ": ")) said.erase(0, file.string().size() + 2);
  throw Error(ErrorKind::bad_input, said, file.string(),
              "--plugin takes a shared library built for this TensorRT and this machine");
}

std::string unavailable(const SysRoot& sys) {
  try {
    const Library library(sys);
    return {};
  } catch (const Error& error) {
    return error.problem() + ". " + error.hint() + ".";
  }
}

Error failed(Logger& logger, const std::string& doing, const std::string& where,
             const std::string& cuda) {
  if (logger.theirs()) {
    return Error(ErrorKind::engine, doing + " failed" + (cuda.empty() ? "" : ": CUDA: " + cuda),
                 where, "the logger of the runtime that loaded the engine was told why");
  }
  return explain_tensorrt(logger.take(), doing, where, cuda);
}

}  // namespace layerwatt::trt
