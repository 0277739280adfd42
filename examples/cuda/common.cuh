// What the example networks share: checks, device memory filled with fixed random numbers.
#pragma once

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

inline void check(cudaError_t result, const char* what) {
  if (result != cudaSuccess) {
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(result));
  }
}

inline void check(cublasStatus_t result, const char* what) {
  if (result != CUBLAS_STATUS_SUCCESS) {
    throw std::runtime_error(std::string(what) + ": " + cublasGetStatusString(result));
  }
}

inline int batch_size() {
  const char* const given = std::getenv("BATCH");
  return given != nullptr ? std::atoi(given) : 1;
}

// splitmix64 by element: uniform in ±scale. Zeros would draw less power than real data.
template <class T>
__global__ void fill_random(T* out, std::size_t count, float scale, std::uint64_t seed) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    std::uint64_t z = (i + 1) * 0x9E3779B97F4A7C15ULL + seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    out[i] = T(scale * (2.0F * static_cast<float>(z >> 40) / 16777216.0F - 1.0F));
  }
}

// Lives until the program ends.
template <class T>
T* random_buffer(std::size_t count, float scale) {
  static std::uint64_t seed = 1;
  T* buffer = nullptr;
  check(cudaMalloc(&buffer, count * sizeof(T)), "cudaMalloc");
  fill_random<<<512, 256>>>(buffer, count, scale, ++seed * 0xD1B54A32D192ED03ULL);
  check(cudaGetLastError(), "fill_random");
  return buffer;
}

inline cudaStream_t new_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return stream;
}

inline cublasHandle_t new_cublas(cudaStream_t stream) {
  cublasHandle_t handle = nullptr;
  check(cublasCreate(&handle), "cublasCreate");
  check(cublasSetStream(handle, stream), "cublasSetStream");
  // Its own workspace: a captured graph must not allocate.
  constexpr std::size_t kWorkspace = std::size_t{32} << 20;
  void* workspace = nullptr;
  check(cudaMalloc(&workspace, kWorkspace), "cudaMalloc");
  check(cublasSetWorkspace(handle, workspace, kWorkspace), "cublasSetWorkspace");
  return handle;
}
