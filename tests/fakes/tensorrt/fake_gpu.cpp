#include "fakes/tensorrt/fake_gpu.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "engine/builtin_kernels.hpp"

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

bool GpuWork::load_kernels() {
  if (loaded_) return fma_ != nullptr;
  loaded_ = true;
  void* module = nullptr;
  if (find<int (*)(void**, const void*)>(library_, "cuModuleLoadData")(&module, kBuiltinKernels) !=
      0) {
    return false;
  }
  const auto function = find<int (*)(void**, void*, const char*)>(library_, "cuModuleGetFunction");
  function(&copy_, module, "layerwatt_copy");
  find<int (*)(unsigned long long*, std::size_t)>(library_, "cuMemAlloc_v2")(&memory_,
                                                                             kMemoryBytes);
  return function(&fma_, module, "layerwatt_fma") == 0 && memory_ != 0;
}

bool GpuWork::enqueue(const LayerWork& work, CUstream_st* stream) {
  if (is_fake()) {
    fake_work_(stream, static_cast<std::int64_t>(work.ms * 1e6));
    return true;
  }
  if (!is_capturing(stream) && !load_kernels()) return false;
  using Launch = int (*)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                         unsigned, CUstream_st*, void**, void**);
  const auto launch = find<Launch>(library_, "cuLaunchKernel");
  unsigned long long to = memory_;
  unsigned long long from = memory_ + kMemoryBytes / 2;
  std::uint32_t amount = work.amount;
  if (work.kernel == "copy") {
    void* arguments[] = {&to, &from, &amount};
    return launch(copy_, 1056, 1, 1, 256, 1, 1, 0, stream, arguments, nullptr) == 0;
  }
  void* arguments[] = {&to, &amount};
  const unsigned blocks = work.kernel == "one_block" ? 1 : 1056;
  return launch(fma_, blocks, 1, 1, 256, 1, 1, 0, stream, arguments, nullptr) == 0;
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
