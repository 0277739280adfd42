#include "fakes/tensorrt/fake_gpu.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "engine/builtin_kernels.hpp"
#include "fakes/cuda/fake_cuda.hpp"

namespace layerwatt::fakes {
namespace {

constexpr std::size_t kMemoryBytes = std::size_t{512} << 20;

template <class Function>
Function find(void* library, const char* name) {
  return reinterpret_cast<Function>(::dlsym(library, name));
}

}  // namespace

GpuWork& GpuWork::get() {
  static GpuWork work;
  return work;
}

GpuWork::GpuWork() {
  const char* named = std::getenv("LAYERWATT_CUDA");
  library_ = ::dlopen(named != nullptr ? named : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) return;
  fake_work_ = find<void (*)(CUstream_st*, std::int64_t)>(library_, "fake_cuda_work");
  fake_capturing_ = find<bool (*)(CUstream_st*)>(library_, "fake_cuda_is_capturing");
  fake_break_ = find<void (*)(CUstream_st*)>(library_, "fake_cuda_break_capture");
}

bool GpuWork::is_capturing(CUstream_st* stream) const {
  if (is_fake()) return fake_capturing_(stream);
  int status = 0;
  find<int (*)(CUstream_st*, int*)>(library_, "cuStreamIsCapturing")(stream, &status);
  return status != 0;
}

void GpuWork::break_capture(CUstream_st* stream) const {
  if (is_fake()) return fake_break_(stream);
  wait(stream);  // not allowed in a capture, which is lost by it
}

void GpuWork::lose(int error) const {
  find<FakeCuda* (*)()>(library_, "fake_cuda")()->lost = error;
}

std::string GpuWork::words(int error) const {
  const char* text = nullptr;
  find<int (*)(int, const char**)>(library_, "cuGetErrorString")(error, &text);
  return text != nullptr ? text : "CUDA error " + std::to_string(error);
}

int GpuWork::load_kernels() {
  const std::lock_guard lock(mutex_);  // engines that run in parallel load them at once
  if (fma_ != nullptr) return 0;
  void* module = nullptr;
  int error =
      find<int (*)(void**, const void*)>(library_, "cuModuleLoadData")(&module, kBuiltinKernels);
  const auto function = find<int (*)(void**, void*, const char*)>(library_, "cuModuleGetFunction");
  if (error == 0) error = function(&copy_, module, "layerwatt_copy");
  if (error == 0 && !is_fake()) {
    error = find<int (*)(unsigned long long*, std::size_t)>(library_, "cuMemAlloc_v2")(
        &memory_, kMemoryBytes);
  }
  return error == 0 ? function(&fma_, module, "layerwatt_fma") : error;
}

std::string GpuWork::enqueue(const LayerWork& work, CUstream_st* stream) {
  if (is_fake() && !work.launch) {
    fake_work_(stream, static_cast<std::int64_t>(work.ms * 1e6));
    return {};
  }
  if (!is_capturing(stream)) {
    if (const int error = load_kernels(); error != 0) return words(error);
  }
  using Launch = int (*)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                         unsigned, CUstream_st*, void**, void**);
  const auto launch = find<Launch>(library_, "cuLaunchKernel");
  unsigned long long to = memory_;
  unsigned long long from = memory_ + kMemoryBytes / 2;
  std::uint32_t amount = work.amount;
  const bool copy = work.kernel == "copy";
  void* copy_arguments[] = {&to, &from, &amount};
  void* fma_arguments[] = {&to, &amount};
  const unsigned blocks = work.kernel == "one_block" ? 1 : 1056;
  const int error = launch(copy ? copy_ : fma_, blocks, 1, 1, 256, 1, 1, 0, stream,
                           copy ? copy_arguments : fma_arguments, nullptr);
  return error == 0 ? "" : words(error);
}

void GpuWork::overhead(double ms, CUstream_st* stream) const {
  if (is_fake()) fake_work_(stream, static_cast<std::int64_t>(ms * 1e6));
}

CUevent_st* GpuWork::make_event() const {
  CUevent_st* event = nullptr;
  find<int (*)(CUevent_st**, unsigned)>(library_, "cuEventCreate")(&event, 0);
  return event;
}

void GpuWork::destroy(CUevent_st* event) const {
  find<int (*)(CUevent_st*)>(library_, "cuEventDestroy_v2")(event);
}

bool GpuWork::record(CUevent_st* event, CUstream_st* stream) const {
  return find<int (*)(CUevent_st*, CUstream_st*)>(library_, "cuEventRecord")(event, stream) == 0;
}

float GpuWork::elapsed_ms(CUevent_st* begin, CUevent_st* end) const {
  float ms = 0.0F;
  find<int (*)(float*, CUevent_st*, CUevent_st*)>(library_, "cuEventElapsedTime")(&ms, begin, end);
  return ms;
}

void GpuWork::wait(CUstream_st* stream) const {
  find<int (*)(CUstream_st*)>(library_, "cuStreamSynchronize")(stream);
}

}  // namespace layerwatt::fakes
