#include "engine/cuda_driver.hpp"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "engine/cuda_api.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cuda {
namespace {

constexpr const char* kInstall =
    "install NVIDIA's driver, `nvidia-smi` must list the GPU; in a container: docker run --gpus "
    "all, on a Jetson --runtime nvidia";
constexpr unsigned kNonBlockingStream = 1;
constexpr unsigned kBlockingSync = 1;
constexpr unsigned kMappedForDevice = 2;
constexpr int kCaptureThreadLocal = 1;
constexpr double kMiB = 1024.0 * 1024.0;

// The driver stays open: it starts threads of its own, and does not like to be unloaded.
std::shared_ptr<const Api> open_api(const SysRoot& sys) {
  static std::mutex mutex;
  static auto& opened = *new std::map<std::string, std::shared_ptr<const Api>>;
  const std::string file = sys.env("LAYERWATT_CUDA").value_or("libcuda.so.1");
  const std::lock_guard lock(mutex);
  std::shared_ptr<const Api>& api = opened[file];
  if (!api) api = std::make_shared<const Api>(file);
  return api;
}

// The last error of CUDA's runtime, where that is a library of its own in this process (plugins
// link it; libnvinfer has a copy inside that cannot be asked). "" for none.
std::string runtime_trouble() {
  for (const char* name : {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"}) {
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library == nullptr) continue;
    const auto last = reinterpret_cast<int (*)()>(::dlsym(library, "cudaGetLastError"));
    const auto text =
        reinterpret_cast<const char* (*)(int)>(::dlsym(library, "cudaGetErrorString"));
    const auto code = reinterpret_cast<const char* (*)(int)>(::dlsym(library, "cudaGetErrorName"));
    std::string said;
    if (last != nullptr && text != nullptr && code != nullptr) {
      if (const int error = last(); error != kSuccess) {
        said = std::string(text(error)) + " (" + code(error) + ")";
      }
    }
    ::dlclose(library);
    if (!said.empty()) return said;
  }
  return {};
}

std::string mib(std::size_t bytes) {
  return std::to_string(static_cast<std::size_t>(static_cast<double>(bytes) / kMiB + 1.0)) + " MiB";
}

}  // namespace

Api::Api(const std::filesystem::path& file)
    : library([&] {
        try {
          return DynamicLibrary(file);
        } catch (const Error& error) {
          throw Error(ErrorKind::engine, error.problem(), error.where(), kInstall);
        }
      }()) {
  const auto need = [&](auto& function, const char* symbol) {
    function = library.find_function<std::decay_t<decltype(function)>>(symbol);
    if (function == nullptr) {
      throw Error(ErrorKind::engine, std::string("has no function ") + symbol, file.string(),
                  "the driver is older than CUDA 11.4 (JetPack 5): install a newer one");
    }
  };
  need(init, "cuInit");
  need(error_string, "cuGetErrorString");
  need(error_name, "cuGetErrorName");
  need(driver_version, "cuDriverGetVersion");
  need(device_count, "cuDeviceGetCount");
  need(device_get, "cuDeviceGet");
  need(device_name, "cuDeviceGetName");
  need(device_attribute, "cuDeviceGetAttribute");
  need(device_memory, "cuDeviceTotalMem_v2");
  need(context_retain, "cuDevicePrimaryCtxRetain");
  need(context_release, "cuDevicePrimaryCtxRelease_v2");
  need(context_set, "cuCtxSetCurrent");
  need(memory_info, "cuMemGetInfo_v2");
  need(allocate, "cuMemAlloc_v2");
  need(release, "cuMemFree_v2");
  need(host_allocate, "cuMemHostAlloc");
  need(host_release, "cuMemFreeHost");
  need(host_device_pointer, "cuMemHostGetDevicePointer_v2");
  need(copy_to_device, "cuMemcpyHtoDAsync_v2");
  need(copy_to_host, "cuMemcpyDtoHAsync_v2");
  need(stream_create, "cuStreamCreate");
  need(stream_destroy, "cuStreamDestroy_v2");
  need(stream_wait, "cuStreamSynchronize");
  need(capture_begin, "cuStreamBeginCapture_v2");
  need(capture_end, "cuStreamEndCapture");
  need(graph_instantiate, "cuGraphInstantiateWithFlags");
  need(graph_destroy, "cuGraphDestroy");
  need(executable_destroy, "cuGraphExecDestroy");
  need(graph_launch, "cuGraphLaunch");
  need(module_load, "cuModuleLoadData");
  need(module_unload, "cuModuleUnload");
  need(module_function, "cuModuleGetFunction");
  need(launch, "cuLaunchKernel");
  need(event_create, "cuEventCreate");
  need(event_destroy, "cuEventDestroy_v2");
  need(event_record, "cuEventRecord");
  need(event_query, "cuEventQuery");
  need(event_wait, "cuEventSynchronize");
  need(event_elapsed, "cuEventElapsedTime");
  if (const int result = init(0); result != kSuccess) {
    throw Error(ErrorKind::engine, words(result), "CUDA", kInstall);
  }
}

std::string Api::words(int result) const {
  const char* text = nullptr;
  if (error_string(result, &text) != kSuccess || text == nullptr) {
    return "CUDA error " + std::to_string(result);
  }
  return text;
}

void Api::check(int result, const std::string& what) const {
  if (result == kSuccess) return;
  throw Error(
      ErrorKind::engine, what + ": " + words(result), "CUDA",
      result == kOutOfMemory ? "free memory of the GPU (other processes, a smaller batch)" : "");
}

Device::Device(const SysRoot& sys, int index) : api_(open_api(sys)) {
  int count = 0;
  const int result = api_->device_count(&count);
  if (result != kSuccess || count == 0) {
    throw Error(ErrorKind::engine, result == kSuccess ? "no GPU" : api_->words(result), "CUDA",
                kInstall);
  }
  if (index < 0 || index >= count) {
    throw Error(ErrorKind::usage, "there is no GPU " + std::to_string(index),
                "--device " + std::to_string(index),
                count == 1 ? "there is one, 0" : "there are " + std::to_string(count) + ", from 0");
  }
  api_->check(api_->device_get(&device_, index), "cuDeviceGet");
  std::array<char, 256> text{};
  if (api_->device_name(text.data(), text.size(), device_) == kSuccess) name_ = text.data();
  int integrated = 0;
  api_->device_attribute(&integrated, kIntegrated, device_);
  integrated_ = integrated != 0;
  api_->device_attribute(&compute_major_, kComputeMajor, device_);
  api_->device_attribute(&compute_minor_, kComputeMinor, device_);
  api_->device_memory(&memory_bytes_, device_);
  api_->driver_version(&driver_version_);
  void* context = nullptr;
  // The context that TensorRT's CUDA runtime uses as well.
  api_->check(api_->context_retain(&context, device_), "the GPU's context");
  const int current = api_->context_set(context);
  if (current != kSuccess) {
    api_->context_release(device_);
    api_->check(current, "the GPU's context");
  }
}

Device::~Device() { api_->context_release(device_); }

std::size_t Device::free_bytes() const {
  std::size_t free = 0;
  std::size_t total = 0;
  api_->check(api_->memory_info(&free, &total), "free memory");
  return free;
}

void Device::keep_context() const {
  static std::mutex mutex;
  static auto& kept = *new std::set<std::pair<const Api*, int>>;
  const std::lock_guard lock(mutex);
  if (kept.count({api_.get(), device_}) != 0) return;
  void* context = nullptr;
  api_->check(api_->context_retain(&context, device_), "the GPU's context");
  kept.insert({api_.get(), device_});
}

std::string unavailable(const SysRoot& sys) {
  try {
    const std::shared_ptr<const Api> api = open_api(sys);
    int count = 0;
    const int result = api->device_count(&count);
    if (result == kSuccess && count > 0) return {};
    return (result == kSuccess ? std::string("CUDA sees no GPU") : "CUDA: " + api->words(result)) +
           ". " + kInstall + ".";
  } catch (const Error& error) {
    return error.problem() + ". " + error.hint() + ".";
  }
}

Event::Event(const Device& device) : device_(&device) {
  device.api().check(device.api().event_create(&event_, kBlockingSync), "an event");
}

Event::~Event() {
  if (event_ != nullptr) device_->api().event_destroy(event_);
}

bool Event::done() const {
  const int result = device_->api().event_query(event_);
  if (result == kNotReady) return false;
  device_->api().check(result, "the GPU's work");
  return true;
}

void Event::wait() const {
  device_->api().check(device_->api().event_wait(event_), "the GPU's work");
}

double Event::ms_since(const Event& earlier) const {
  float ms = 0.0F;
  device_->api().check(device_->api().event_elapsed(&ms, earlier.event_, event_),
                       "the time between two events");
  return static_cast<double>(ms);
}

Buffer::Buffer(const Device& device, std::size_t bytes, const std::string& what)
    : device_(&device), bytes_(bytes), mapped_(device.integrated()) {
  const Api& api = device.api();
  // CUDA allocates no empty memory, and a tensor can be empty.
  const std::size_t wanted = bytes == 0 ? 1 : bytes;
  unsigned long long address = 0;
  // The device's first: it is the scarcer, and the host's is written to as soon as it is there.
  if (!mapped_) {
    const int result = api.allocate(&address, wanted);
    if (result == kOutOfMemory) {
      throw Error(ErrorKind::engine,
                  "out of device memory: " + what + " needs " + mib(bytes) + ", " +
                      mib(device.free_bytes()) + " are free",
                  "GPU", "end what else uses the GPU, or give smaller shapes");
    }
    api.check(result, what);
  }
  int result = api.host_allocate(&host_address_, wanted, mapped_ ? kMappedForDevice : 0);
  if (result == kSuccess && mapped_) {
    result = api.host_device_pointer(&address, host_address_, 0);
    if (result != kSuccess) api.host_release(host_address_);
  }
  if (result != kSuccess) {
    if (!mapped_) api.release(address);
    if (result != kOutOfMemory) api.check(result, what);
    throw Error(ErrorKind::engine,
                "out of memory: " + what + " needs " + mib(bytes) + " of the host, pinned", "GPU",
                "end what else runs, or give smaller shapes");
  }
  std::memset(host_address_, 0, wanted);
  device_address_ = reinterpret_cast<void*>(address);
}

Buffer::Buffer(Buffer&& other) noexcept
    : device_(other.device_),
      bytes_(other.bytes_),
      mapped_(other.mapped_),
      host_address_(std::exchange(other.host_address_, nullptr)),
      device_address_(std::exchange(other.device_address_, nullptr)) {}

Buffer::~Buffer() {
  if (device_address_ != nullptr && !mapped_) {
    device_->api().release(reinterpret_cast<unsigned long long>(device_address_));
  }
  if (host_address_ != nullptr) device_->api().host_release(host_address_);
}

Kernels::Kernels(const Device& device, const char* ptx) : device_(&device) {
  device.api().check(device.api().module_load(&module_, ptx), "compiling kernels");
}

Kernels::~Kernels() { device_->api().module_unload(module_); }

void* Kernels::find(const char* name) const {
  void* kernel = nullptr;
  device_->api().check(device_->api().module_function(&kernel, module_, name), name);
  return kernel;
}

void Kernels::launch(void* kernel, unsigned blocks, unsigned threads, std::span<void*> arguments,
                     CUstream_st* stream) const {
  device_->api().check(device_->api().launch(kernel, blocks, 1, 1, threads, 1, 1, 0, stream,
                                             arguments.data(), nullptr),
                       "launching a kernel");
}

Graph::~Graph() { device_->api().executable_destroy(executable_); }

void Graph::launch(CUstream_st* stream) const {
  device_->api().check(device_->api().graph_launch(executable_, stream),
                       "launching the CUDA graph");
}

Stream::Stream(const Device& device) : device_(&device) {
  device.api().check(device.api().stream_create(&stream_, kNonBlockingStream), "a stream");
}

Stream::~Stream() {
  // Memory that work on the stream still uses is freed after this.
  device_->api().stream_wait(stream_);
  device_->api().stream_destroy(stream_);
}

void Stream::wait() const {
  device_->api().check(device_->api().stream_wait(stream_), "the GPU's work");
}

void Stream::record(const Event& event) const {
  device_->api().check(device_->api().event_record(event.get(), stream_), "recording an event");
}

void Stream::upload(const Buffer& buffer) const {
  if (buffer.mapped() || buffer.host().empty()) return;
  device_->api().check(
      device_->api().copy_to_device(reinterpret_cast<unsigned long long>(buffer.device()),
                                    buffer.host().data(), buffer.host().size(), stream_),
      "copying an input");
}

void Stream::download(const Buffer& buffer) const {
  if (buffer.mapped() || buffer.host().empty()) return;
  device_->api().check(
      device_->api().copy_to_host(buffer.host().data(),
                                  reinterpret_cast<unsigned long long>(buffer.device()),
                                  buffer.host().size(), stream_),
      "copying an output");
}

std::string Stream::trouble() const {
  const Api& api = device_->api();
  const int result = api.stream_wait(stream_);
  if (result == kSuccess) return runtime_trouble();
  const char* name = nullptr;
  const bool named = api.error_name(result, &name) == kSuccess && name != nullptr;
  return api.words(result) + (named ? " (" + std::string(name) + ")" : "");
}

std::unique_ptr<Graph> Stream::capture(const std::function<bool()>& work,
                                       std::string& why_not) const {
  const Api& api = device_->api();
  int result = api.capture_begin(stream_, kCaptureThreadLocal);
  if (result != kSuccess) {
    why_not = api.words(result);
    return nullptr;
  }
  const bool enqueued = work();
  void* graph = nullptr;
  result = api.capture_end(stream_, &graph);
  if (!enqueued || result != kSuccess || graph == nullptr) {
    why_not = result != kSuccess ? api.words(result) : "the engine cannot be captured";
    if (graph != nullptr) api.graph_destroy(graph);
    return nullptr;
  }
  void* executable = nullptr;
  result = api.graph_instantiate(&executable, graph, 0);
  api.graph_destroy(graph);
  if (result != kSuccess) {
    why_not = api.words(result);
    return nullptr;
  }
  return std::make_unique<Graph>(*device_, executable);
}

}  // namespace layerwatt::cuda
