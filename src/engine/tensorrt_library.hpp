// libnvinfer, opened while the program runs: what is built against the headers of one major version
// of TensorRT runs wherever that version is installed, and says so where it is not.
#pragma once

#include <NvInfer.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/dynlib.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/host.hpp"

namespace layerwatt::trt {

// Keeps what TensorRT complains of, for the errors we throw. Safe from any thread.
class Logger final : public nvinfer1::ILogger {
 public:
  // `theirs`: TensorRT complains to the logger of whoever loaded the engine, and not here.
  explicit Logger(bool theirs = false) : theirs_(theirs) {}
  bool theirs() const { return theirs_; }
  void log(Severity severity, const char* message) noexcept override;
  // The errors since the last call, and the warnings after them; oldest first.
  std::vector<std::string> take();

 private:
  const bool theirs_;
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
};

class Library {
 public:
  // LAYERWATT_TENSORRT_LIB names another file. Throws Error(engine) with a hint.
  explicit Library(const SysRoot& sys);
  // The one that is in this process already, for an engine that was loaded with it: any other has
  // classes of another layout. Throws Error(engine) where it is not the one built for.
  static Library already_loaded(const SysRoot& sys);

  int version() const { return version_; }  // getInferLibVersion()
  std::unique_ptr<nvinfer1::IRuntime> runtime(Logger& logger) const;
  std::unique_ptr<nvinfer1::IBuilder> builder(Logger& logger) const;
  // TensorRT's own plugins, where their library is installed.
  void load_standard_plugins(Logger& logger) const;
  // A user's library. Throws Error(bad_input) where it is none.
  void load_plugin(nvinfer1::IRuntime& runtime, const std::filesystem::path& file) const;

 private:
  DynamicLibrary library_;
  int version_ = 0;
};

// "" where libnvinfer can be opened; else why not and what to do.
std::string unavailable(const SysRoot& sys);

// The error for a call that failed without throwing, in TensorRT's fashion. `cuda`: what CUDA says.
Error failed(Logger& logger, const std::string& doing, const std::string& where,
             const std::string& cuda = {});

}  // namespace layerwatt::trt
