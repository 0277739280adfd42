// Written for layerwatt's tests: the names of TensorRT's C++ interface that its engine uses, in the
// forms of TensorRT 10 (of 8.5 with FAKE_TENSORRT_8), so that the very source of the engine
// compiles and runs where TensorRT is not. Nothing of it is binary compatible, and the library
// behind it runs no network.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef FAKE_TENSORRT_8
#define NV_TENSORRT_MAJOR 8
#define NV_TENSORRT_MINOR 5
#define NV_TENSORRT_PATCH 3
#else
#define NV_TENSORRT_MAJOR 10
#define NV_TENSORRT_MINOR 3
#define NV_TENSORRT_PATCH 0
#endif
// No number that the preprocessor could compare, as in NVIDIA's.
#define NV_TENSORRT_VERSION nvinfer1::kFakeVersion

struct CUstream_st;
struct CUevent_st;
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;

namespace nvinfer1 {

constexpr int32_t kFakeVersion =
    NV_TENSORRT_MAJOR < 10
        ? NV_TENSORRT_MAJOR * 1000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH
        : NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;

class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR, kERROR, kWARNING, kINFO, kVERBOSE };
  virtual ~ILogger() = default;
  virtual void log(Severity severity, const char* message) noexcept = 0;
};

class IProfiler {
 public:
  virtual ~IProfiler() noexcept = default;
  virtual void reportLayerTime(const char* name, float ms) noexcept = 0;
};

struct Dims {
  int32_t nbDims;
#ifdef FAKE_TENSORRT_8
  int32_t d[8];
#else
  int64_t d[8];
#endif
};

enum class DataType : int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,
  kUINT8 = 5,
  kFP8 = 6,
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,
};
enum class TensorIOMode : int32_t { kNONE, kINPUT, kOUTPUT };
enum class TensorLocation : int32_t { kDEVICE, kHOST };
enum class ProfilingVerbosity : int32_t { kLAYER_NAMES_ONLY, kNONE, kDETAILED };
enum class OptProfileSelector : int32_t { kMIN, kOPT, kMAX };
enum class LayerInformationFormat : int32_t { kONELINE, kJSON };
enum class DeviceType : int32_t { kGPU, kDLA };
enum class MemoryPoolType : int32_t { kWORKSPACE };
enum class BuilderFlag : int32_t { kFP16, kINT8, kDEBUG, kGPU_FALLBACK };

class IExecutionContext;

class IEngineInspector {
 public:
  virtual ~IEngineInspector() noexcept = default;
  virtual bool setExecutionContext(const IExecutionContext* context) noexcept = 0;
  virtual const char* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
};

class ICudaEngine;

class IExecutionContext {
 public:
  virtual ~IExecutionContext() noexcept = default;
  virtual const ICudaEngine& getEngine() const noexcept = 0;
  virtual void setProfiler(IProfiler* profiler) noexcept = 0;
  virtual void setEnqueueEmitsProfile(bool emits) noexcept = 0;
  virtual bool reportToProfiler() const noexcept = 0;
  virtual bool setOptimizationProfileAsync(int32_t index, cudaStream_t stream) noexcept = 0;
  virtual int32_t getOptimizationProfile() const noexcept = 0;
  virtual bool setInputShape(const char* name, const Dims& dims) noexcept = 0;
  virtual bool setTensorAddress(const char* name, void* data) noexcept = 0;
  virtual Dims getTensorShape(const char* name) const noexcept = 0;
  virtual int64_t getMaxOutputSize(const char* name) const noexcept = 0;
  virtual int32_t inferShapes(int32_t most, const char** names) noexcept = 0;
  virtual bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
#ifdef FAKE_TENSORRT_8
  virtual bool enqueueV2(void* const* bindings, cudaStream_t stream,
                         cudaEvent_t* input_consumed) noexcept = 0;
#endif
};

class ICudaEngine {
 public:
  virtual ~ICudaEngine() noexcept = default;
  virtual const char* getName() const noexcept = 0;
#ifdef FAKE_TENSORRT_8
  virtual int32_t getNbBindings() const noexcept = 0;
  virtual int32_t getBindingIndex(const char* name) const noexcept = 0;
#else
  virtual int32_t getNbAuxStreams() const noexcept = 0;
#endif
  virtual int32_t getNbIOTensors() const noexcept = 0;
  virtual const char* getIOTensorName(int32_t index) const noexcept = 0;
  virtual TensorIOMode getTensorIOMode(const char* name) const noexcept = 0;
  virtual TensorLocation getTensorLocation(const char* name) const noexcept = 0;
  virtual DataType getTensorDataType(const char* name) const noexcept = 0;
  virtual Dims getTensorShape(const char* name) const noexcept = 0;
  virtual Dims getProfileShape(const char* name, int32_t profile,
                               OptProfileSelector which) const noexcept = 0;
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  virtual int32_t getTensorVectorizedDim(const char* name) const noexcept = 0;
  virtual int32_t getTensorComponentsPerElement(const char* name) const noexcept = 0;
  virtual bool isShapeInferenceIO(const char* name) const noexcept = 0;
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
  virtual IExecutionContext* createExecutionContext() noexcept = 0;
};

class IPluginRegistry {
 public:
  virtual ~IPluginRegistry() noexcept = default;
  virtual void* loadLibrary(const char* path) noexcept = 0;
};

class IRuntime {
 public:
  virtual ~IRuntime() noexcept = default;
  virtual ICudaEngine* deserializeCudaEngine(const void* plan, std::size_t size) noexcept = 0;
  virtual void setDLACore(int32_t core) noexcept = 0;
  virtual int32_t getNbDLACores() const noexcept = 0;
  virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
};

class IHostMemory {
 public:
  virtual ~IHostMemory() noexcept = default;
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
};

class ITimingCache {
 public:
  virtual ~ITimingCache() noexcept = default;
  virtual IHostMemory* serialize() const noexcept = 0;
};

class IInt8EntropyCalibrator2 {
 public:
  virtual ~IInt8EntropyCalibrator2() noexcept = default;
  virtual int32_t getBatchSize() const noexcept = 0;
  virtual bool getBatch(void* bindings[], const char* names[], int32_t count) noexcept = 0;
  virtual const void* readCalibrationCache(std::size_t& length) noexcept = 0;
  virtual void writeCalibrationCache(const void* cache, std::size_t length) noexcept = 0;
};

class ITensor {
 public:
  virtual ~ITensor() noexcept = default;
  virtual const char* getName() const noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
};

class INetworkDefinition {
 public:
  virtual ~INetworkDefinition() noexcept = default;
  virtual int32_t getNbInputs() const noexcept = 0;
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
};

class IOptimizationProfile {
 public:
  virtual bool setDimensions(const char* name, OptProfileSelector which,
                             const Dims& dims) noexcept = 0;

 protected:
  virtual ~IOptimizationProfile() noexcept = default;
};

class IBuilderConfig {
 public:
  virtual ~IBuilderConfig() noexcept = default;
  virtual void setFlag(BuilderFlag flag) noexcept = 0;
  virtual void setInt8Calibrator(IInt8EntropyCalibrator2* calibrator) noexcept = 0;
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t bytes) noexcept = 0;
  virtual void setDefaultDeviceType(DeviceType type) noexcept = 0;
  virtual void setDLACore(int32_t core) noexcept = 0;
#ifndef FAKE_TENSORRT_8
  virtual void setMaxAuxStreams(int32_t most) noexcept = 0;
#endif
  virtual int32_t addOptimizationProfile(const IOptimizationProfile* profile) noexcept = 0;
  virtual ITimingCache* createTimingCache(const void* blob, std::size_t size) const noexcept = 0;
  virtual bool setTimingCache(const ITimingCache& cache, bool ignore_mismatch) noexcept = 0;
};

class IBuilder {
 public:
  virtual ~IBuilder() noexcept = default;
  virtual int32_t getNbDLACores() const noexcept = 0;
  virtual INetworkDefinition* createNetworkV2(uint32_t flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept = 0;
};

}  // namespace nvinfer1

extern "C" void* createInferRuntime_INTERNAL(void* logger, int version);

namespace nvinfer1 {

inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

}  // namespace nvinfer1
