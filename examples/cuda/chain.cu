// Eight kernels that use a GPU in eight ways: memory, CUDA cores, tensor cores, special functions, a
// single block, and little of anything. Where mean power × time goes most wrong.
#include "common.cuh"
#include "layerwatt/cuda_graph.hpp"

namespace {

__global__ void copy(const float4* in, float4* out, std::size_t count) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    out[i] = in[i];
  }
}

__global__ void fma_chain(float* out, int rounds) {
  float a = threadIdx.x * 1e-3F, b = a + 0.1F, c = a + 0.2F, d = a + 0.3F;
  for (int i = 0; i < rounds; ++i) {
    a = fmaf(a, 0.999F, 0.001F);
    b = fmaf(b, 0.998F, 0.002F);
    c = fmaf(c, 0.997F, 0.003F);
    d = fmaf(d, 0.996F, 0.004F);
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = a + b + c + d;
}

__global__ void scale_add(const float* in, float* out, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) out[i] = in[i] * 1.5F + 0.25F;
}

__global__ void special_functions(float* out, int rounds) {
  float a = threadIdx.x * 1e-3F + 0.1F, b = a + 0.5F;
  for (int i = 0; i < rounds; ++i) {
    a = __sinf(a) + 1.1F;
    b = __expf(-b) + 0.3F;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = a + b;
}

__global__ void one_block(float* out, int rounds) {
  float a = threadIdx.x * 1e-3F;
  for (int i = 0; i < rounds; ++i) a = fmaf(a, 0.999F, 0.001F);
  out[threadIdx.x] = a;
}

__global__ void reduce(const float4* in, float* out, std::size_t count) {
  float sum = 0.0F;
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    const float4 v = in[i];
    sum += v.x + v.y + v.z + v.w;
  }
  __shared__ float parts[256];
  parts[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned half = 128; half > 0; half /= 2) {
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = parts[0];
}

}  // namespace

extern "C" void layerwatt_capture_1(layerwatt::GraphRecorder& recorder) {
  constexpr std::size_t kBig = std::size_t{24} << 20;  // floats: 96 MiB, twice an H100's L2
  constexpr std::size_t kSmall = std::size_t{1} << 20;
  constexpr int kBf16 = 3584;
  constexpr int kSgemm = 1536;
  const cudaStream_t stream = new_stream();
  const cublasHandle_t cublas = new_cublas(stream);
  auto* const big = random_buffer<float>(kBig, 1.0F);
  auto* const big_out = random_buffer<float>(kBig, 1.0F);
  auto* const scratch = random_buffer<float>(kSmall, 1.0F);
  auto* const small = random_buffer<float>(kSmall, 1.0F);
  auto* const a16 = random_buffer<__nv_bfloat16>(std::size_t{kBf16} * kBf16, 1.0F);
  auto* const b16 = random_buffer<__nv_bfloat16>(std::size_t{kBf16} * kBf16, 1.0F);
  auto* const c16 = random_buffer<__nv_bfloat16>(std::size_t{kBf16} * kBf16, 1.0F);
  auto* const a32 = random_buffer<float>(std::size_t{kSgemm} * kSgemm, 1.0F);
  auto* const b32 = random_buffer<float>(std::size_t{kSgemm} * kSgemm, 1.0F);
  auto* const c32 = random_buffer<float>(std::size_t{kSgemm} * kSgemm, 1.0F);
  const float one = 1.0F;
  const float zero = 0.0F;

  const auto pass = [&] {
    {
      const auto scope = recorder.layer("copy");
      copy<<<1056, 256, 0, stream>>>(reinterpret_cast<const float4*>(big),
                                     reinterpret_cast<float4*>(big_out), kBig / 4);
    }
    {
      const auto scope = recorder.layer("fma");
      fma_chain<<<1056, 256, 0, stream>>>(scratch, 8000);
    }
    {
      const auto scope = recorder.layer("gemm bf16");
      check(cublasGemmEx(cublas, CUBLAS_OP_N, CUBLAS_OP_N, kBf16, kBf16, kBf16, &one, a16,
                         CUDA_R_16BF, kBf16, b16, CUDA_R_16BF, kBf16, &zero, c16, CUDA_R_16BF,
                         kBf16, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
            "cublasGemmEx");
    }
    {
      const auto scope = recorder.layer("elementwise, small");
      scale_add<<<kSmall / 256, 256, 0, stream>>>(small, scratch, kSmall);
    }
    {
      const auto scope = recorder.layer("special functions");
      special_functions<<<1056, 256, 0, stream>>>(scratch, 2000);
    }
    {
      const auto scope = recorder.layer("one block");
      one_block<<<1, 256, 0, stream>>>(scratch, 16000);
    }
    {
      const auto scope = recorder.layer("reduction");
      reduce<<<1056, 256, 0, stream>>>(reinterpret_cast<const float4*>(big), scratch, kBig / 4);
    }
    {
      const auto scope = recorder.layer("sgemm");
      check(cublasSgemm(cublas, CUBLAS_OP_N, CUBLAS_OP_N, kSgemm, kSgemm, kSgemm, &one, a32,
                        kSgemm, b32, kSgemm, &zero, c32, kSgemm),
            "cublasSgemm");
    }
    check(cudaGetLastError(), "launch");
  };
  check(cudaDeviceSynchronize(), "filling");
  for (int i = 0; i < 3; ++i) pass();
  check(cudaStreamSynchronize(stream), "warm-up");
  recorder.begin(stream);
  pass();
  recorder.end();
  recorder.watch(c32, std::size_t{kSgemm} * kSgemm, layerwatt::DeviceNumber::f32);
}
