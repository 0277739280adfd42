#include "fakes/cuda/fake_cuda.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/cuda/fake_graph.hpp"

using layerwatt::fakes::count_object;
using layerwatt::fakes::FakeCuda;
using layerwatt::fakes::Graph;

namespace {

constexpr int kSuccess = 0;
constexpr int kInvalidValue = 1;
constexpr int kOutOfMemory = 2;
constexpr int kNoDevice = 100;
constexpr int kInvalidHandle = 400;
constexpr int kNotReady = 600;
constexpr int kLaunchFailed = 719;
constexpr int kCaptureUnsupported = 900;
constexpr int kCaptureInvalidated = 901;
constexpr double kBytesPerNs = 10.0;
constexpr std::int64_t kCopyNs = 2000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A kernel or a module is gone with the context that it was loaded into.
struct Kernel {
  bool copy = false;
  int generation = 0;
};
struct Module {
  Kernel fma;
  Kernel copy;
};

std::map<void*, std::size_t>& sizes() {
  static auto& all = *new std::map<void*, std::size_t>;
  return all;
}

int allocate(void** address, std::size_t bytes, bool device) {
  FakeCuda& cuda = *fake_cuda();
  const std::lock_guard lock(cuda.mutex);
  if (device && cuda.allocated_bytes + bytes > cuda.memory_bytes) return kOutOfMemory;
  if (!device && cuda.host_bytes + bytes > cuda.host_memory_bytes) return kOutOfMemory;
  *address = std::malloc(bytes);
  if (*address == nullptr) return kOutOfMemory;
  sizes()[*address] = bytes;
  (device ? cuda.allocated_bytes : cuda.host_bytes) += bytes;
  return kSuccess;
}

int release(void* address, bool device) {
  FakeCuda& cuda = *fake_cuda();
  const std::lock_guard lock(cuda.mutex);
  const auto found = sizes().find(address);
  if (found == sizes().end()) return kInvalidValue;
  (device ? cuda.allocated_bytes : cuda.host_bytes) -= found->second;
  sizes().erase(found);
  std::free(address);
  return kSuccess;
}

}  // namespace

namespace {

// When what is enqueued now begins: where the stream's work ends; at present only once the host has
// seen it end. A host that is slow to enqueue leaves no gap, or tests would depend on how busy the
// machine is.
std::int64_t begin_on(CUstream_st& stream) {
  if (stream.seen_idle) stream.busy_until_ns = std::max(stream.busy_until_ns, now_ns());
  stream.seen_idle = false;
  return stream.busy_until_ns;
}

void copy(CUstream_st* stream, std::size_t bytes) {
  const std::int64_t ns =
      kCopyNs + static_cast<std::int64_t>(static_cast<double>(bytes) / kBytesPerNs);
  if (stream->capture != nullptr) {
    stream->capture->append({layerwatt::fakes::kMemcpyNode, ns, nullptr});
  } else {
    fake_cuda_work(stream, ns);
  }
}

void see(const CUevent_st& event) {
  if (event.stream != nullptr && event.time_ns >= event.stream->busy_until_ns) {
    event.stream->seen_idle = true;
  }
}

}  // namespace

extern "C" {

FakeCuda* fake_cuda() {
  static auto& table = *new FakeCuda;
  return &table;
}

void fake_cuda_work(CUstream_st* stream, std::int64_t ns) {
  if (stream->capture != nullptr) {
    stream->capture->append({layerwatt::fakes::kKernelNode, ns, nullptr});
    return;
  }
  stream->busy_until_ns = begin_on(*stream) + ns;
  fake_cuda()->worked_ns += ns;
}

bool fake_cuda_is_capturing(CUstream_st* stream) { return stream->capture != nullptr; }
void fake_cuda_break_capture(CUstream_st* stream) { stream->broken = true; }

int cuInit(unsigned) { return fake_cuda()->init; }

int cuGetErrorString(int result, const char** text) {
  switch (result) {
    case kOutOfMemory:
      *text = "out of memory";
      return kSuccess;
    case kNoDevice:
      *text = "no CUDA-capable device is detected";
      return kSuccess;
    case kInvalidHandle:
      *text = "invalid resource handle";
      return kSuccess;
    case kLaunchFailed:
      *text = "unspecified launch failure";
      return kSuccess;
    case kCaptureUnsupported:
      *text = "operation not permitted when stream is capturing";
      return kSuccess;
    case kCaptureInvalidated:
      *text = "operation failed due to a previous error during capture";
      return kSuccess;
    default:
      return kInvalidValue;
  }
}

int cuGetErrorName(int result, const char** text) {
  if (result != kLaunchFailed) return kInvalidValue;
  *text = "CUDA_ERROR_LAUNCH_FAILED";
  return kSuccess;
}

int cuDriverGetVersion(int* version) {
  *version = 12040;
  return kSuccess;
}

int cuDeviceGetCount(int* count) {
  *count = fake_cuda()->devices;
  return fake_cuda()->init;
}

int cuDeviceGet(int* device, int index) {
  *device = index;
  return index < fake_cuda()->devices ? kSuccess : kInvalidValue;
}

int cuDeviceGetName(char* text, int length, int) {
  std::snprintf(text, static_cast<std::size_t>(length), "Fake GPU");
  return kSuccess;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 18 ? (fake_cuda()->integrated ? 1 : 0) : attribute == 75 ? 8 : 7;
  return kSuccess;
}

int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = fake_cuda()->memory_bytes;
  return kSuccess;
}

int cuDevicePrimaryCtxRetain(void** context, int) {
  const std::lock_guard lock(fake_cuda()->mutex);
  ++fake_cuda()->contexts;
  *context = fake_cuda();
  return kSuccess;
}

int cuDevicePrimaryCtxRelease_v2(int) {
  const std::lock_guard lock(fake_cuda()->mutex);
  if (--fake_cuda()->contexts == 0) ++fake_cuda()->context_generation;
  return kSuccess;
}

int cuCtxSetCurrent(void*) { return kSuccess; }

int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  *total = fake_cuda()->memory_bytes;
  *free = fake_cuda()->memory_bytes - fake_cuda()->allocated_bytes;
  return kSuccess;
}

int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes) {
  void* memory = nullptr;
  const int result = allocate(&memory, bytes, true);
  *address = reinterpret_cast<unsigned long long>(memory);
  return result;
}

int cuMemFree_v2(unsigned long long address) {
  return release(reinterpret_cast<void*>(address), true);
}

int cuMemHostAlloc(void** address, std::size_t bytes, unsigned) {
  return allocate(address, bytes, false);
}

int cuMemFreeHost(void* address) { return release(address, false); }

int cuMemHostGetDevicePointer_v2(unsigned long long* device, void* host, unsigned) {
  *device = reinterpret_cast<unsigned long long>(host);
  return kSuccess;
}

int cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, std::size_t bytes,
                         CUstream_st* stream) {
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  copy(stream, bytes);
  return kSuccess;
}

int cuMemcpyDtoHAsync_v2(void* to, unsigned long long from, std::size_t bytes,
                         CUstream_st* stream) {
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  copy(stream, bytes);
  return kSuccess;
}

int cuStreamCreate(CUstream_st** stream, unsigned) {
  count_object(1);
  *stream = new CUstream_st;
  return kSuccess;
}

int cuStreamDestroy_v2(CUstream_st* stream) {
  count_object(-1);
  delete stream;
  return kSuccess;
}

int cuStreamSynchronize(CUstream_st* stream) {
  if (stream->capture != nullptr) {
    stream->broken = true;
    return kCaptureUnsupported;
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds(stream->busy_until_ns - now_ns()));
  stream->seen_idle = true;
  return fake_cuda()->lost;
}

int cuStreamBeginCapture_v2(CUstream_st* stream, int) {
  if (stream->capture != nullptr) return kInvalidValue;
  count_object(1);
  stream->capture = new Graph;
  stream->broken = false;
  return kSuccess;
}

int cuStreamEndCapture(CUstream_st* stream, void** graph) {
  Graph* captured = std::exchange(stream->capture, nullptr);
  *graph = captured;
  if (!stream->broken) return kSuccess;
  count_object(-1);
  delete captured;
  *graph = nullptr;
  return kCaptureInvalidated;
}

int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
  count_object(1);
  *executable = new Graph(*static_cast<Graph*>(graph));
  return kSuccess;
}

int cuGraphDestroy(void* graph) {
  count_object(-1);
  delete static_cast<Graph*>(graph);
  return kSuccess;
}

int cuGraphExecDestroy(void* graph) { return cuGraphDestroy(graph); }

int cuGraphLaunch(void* graph, CUstream_st* stream) {
  ++fake_cuda()->graph_launches;
  const std::int64_t begin_ns = begin_on(*stream);
  stream->busy_until_ns = static_cast<Graph*>(graph)->run(begin_ns, *stream);
  fake_cuda()->worked_ns += stream->busy_until_ns - begin_ns;
  return kSuccess;
}

// Kernels are told apart by name; a round of either takes a nanosecond.
int cuModuleLoadData(void** module, const void*) {
  const int generation = fake_cuda()->context_generation;
  *module = new Module{{false, generation}, {true, generation}};
  return kSuccess;
}

int cuModuleUnload(void* module) {
  delete static_cast<Module*>(module);
  return kSuccess;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
  // Only ever a node of a graph, whose functions are nanoseconds here.
  if (std::strcmp(name, "layerwatt_read") == 0) {
    *function = reinterpret_cast<void*>(std::intptr_t{30'000});
    return kSuccess;
  }
  Module& all = *static_cast<Module*>(module);
  *function = std::strstr(name, "copy") != nullptr ? &all.copy : &all.fma;
  return kSuccess;
}

int cuLaunchKernel(void* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                   unsigned, CUstream_st* stream, void** arguments, void**) {
  const Kernel& kernel = *static_cast<Kernel*>(function);
  if (kernel.generation != fake_cuda()->context_generation) return kInvalidHandle;
  fake_cuda_work(stream, *static_cast<std::uint32_t*>(arguments[kernel.copy ? 2 : 1]));
  return kSuccess;
}

int cuEventCreate(CUevent_st** event, unsigned) {
  count_object(1);
  *event = new CUevent_st;
  return kSuccess;
}

int cuEventDestroy_v2(CUevent_st* event) {
  count_object(-1);
  delete event;
  return kSuccess;
}

int cuEventRecord(CUevent_st* event, CUstream_st* stream) {
  if (stream->capture != nullptr) return kSuccess;
  event->time_ns = begin_on(*stream);
  event->stream = stream;
  return kSuccess;
}

int cuEventQuery(CUevent_st* event) {
  if (now_ns() < event->time_ns) return kNotReady;
  see(*event);
  return kSuccess;
}

int cuEventSynchronize(CUevent_st* event) {
  ++fake_cuda()->event_waits;
  std::this_thread::sleep_for(std::chrono::nanoseconds(event->time_ns - now_ns()));
  see(*event);
  return kSuccess;
}

int cuEventElapsedTime(float* ms, CUevent_st* begin, CUevent_st* end) {
  *ms = static_cast<float>(static_cast<double>(end->time_ns - begin->time_ns) / 1e6);
  return kSuccess;
}

}  // extern "C"
