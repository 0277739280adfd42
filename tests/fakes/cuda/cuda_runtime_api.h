// Written for layerwatt's tests: the few functions of CUDA's runtime that the examples use, over
// the libcuda that LAYERWATT_CUDA names.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>

struct CUstream_st;
using cudaStream_t = CUstream_st*;
enum cudaError_t : int { cudaSuccess = 0 };

template <class... Arguments>
cudaError_t call_fake_cuda(const char* name, Arguments... arguments) {
  static void* library = ::dlopen(std::getenv("LAYERWATT_CUDA"), RTLD_NOW);
  const auto function = reinterpret_cast<int (*)(Arguments...)>(::dlsym(library, name));
  return static_cast<cudaError_t>(function(arguments...));
}

inline cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return call_fake_cuda("cuStreamCreate", stream, 0U);
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return call_fake_cuda("cuStreamSynchronize", stream);
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call_fake_cuda("cuStreamDestroy_v2", stream);
}
inline cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  unsigned long long given = 0;
  const cudaError_t result = call_fake_cuda("cuMemAlloc_v2", &given, bytes);
  *address = reinterpret_cast<void*>(given);
  return result;
}
inline cudaError_t cudaFree(void* address) {
  return call_fake_cuda("cuMemFree_v2", reinterpret_cast<unsigned long long>(address));
}
