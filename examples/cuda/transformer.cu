// One block of a transformer (1024 wide, 16 heads, 512 tokens, BATCH sequences) in bf16 through
// cuBLAS. The residual is added in place: run again, that layer gives other values, which is what
// GraphRecorder::watch() looks after.
#include "common.cuh"
#include "layerwatt/cuda_graph.hpp"

namespace {

using Half = __nv_bfloat16;

constexpr int kWidth = 1024;
constexpr int kHeads = 16;
constexpr int kHeadWidth = kWidth / kHeads;
constexpr int kTokens = 512;
constexpr int kInner = 4 * kWidth;

__device__ float block_sum(float value) {
  __shared__ float parts[32];
  for (int lane = 16; lane > 0; lane /= 2) value += __shfl_xor_sync(~0U, value, lane);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0.0F;
  for (unsigned i = 0; i < blockDim.x / 32; ++i) sum += parts[i];
  __syncthreads();
  return sum;
}

// One block a row of kWidth.
__global__ void layer_norm(const Half* in, Half* out) {
  const Half* const row = in + std::size_t{blockIdx.x} * kWidth;
  float sum = 0.0F;
  float squares = 0.0F;
  for (int i = threadIdx.x; i < kWidth; i += blockDim.x) {
    const float v = static_cast<float>(row[i]);
    sum += v;
    squares += v * v;
  }
  const float mean = block_sum(sum) / kWidth;
  const float variance = block_sum(squares) / kWidth - mean * mean;
  const float scale = rsqrtf(fmaxf(variance, 0.0F) + 1e-5F);
  for (int i = threadIdx.x; i < kWidth; i += blockDim.x) {
    out[std::size_t{blockIdx.x} * kWidth + i] =
        static_cast<Half>((static_cast<float>(row[i]) - mean) * scale);
  }
}

// One block a row of kTokens; not in place, so that it can be run again.
__global__ void softmax(const Half* in, Half* out) {
  const std::size_t at = std::size_t{blockIdx.x} * kTokens;
  float sum = 0.0F;
  for (int i = threadIdx.x; i < kTokens; i += blockDim.x) {
    sum += __expf(fminf(static_cast<float>(in[at + i]), 30.0F));
  }
  const float total = block_sum(sum);
  for (int i = threadIdx.x; i < kTokens; i += blockDim.x) {
    out[at + i] =
        static_cast<Half>(__expf(fminf(static_cast<float>(in[at + i]), 30.0F)) / total);
  }
}

__global__ void gelu(const Half* in, Half* out, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float x = static_cast<float>(in[i]);
  out[i] = static_cast<Half>(0.5F * x * (1.0F + erff(x * 0.70710678F)));
}

__global__ void add_in_place(Half* x, const Half* y, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) x[i] = static_cast<Half>(static_cast<float>(x[i]) + static_cast<float>(y[i]));
}

unsigned blocks_for(std::size_t count) { return static_cast<unsigned>((count + 255) / 256); }

}  // namespace

extern "C" void layerwatt_capture_1(layerwatt::GraphRecorder& recorder) {
  const int batch = batch_size();
  const std::size_t rows = std::size_t{static_cast<unsigned>(batch)} * kTokens;
  const std::size_t values = rows * kWidth;
  const std::size_t scores_count = std::size_t{static_cast<unsigned>(batch)} * kHeads * kTokens * kTokens;
  const cudaStream_t stream = new_stream();
  const cublasHandle_t cublas = new_cublas(stream);
  const float by_width = 1.7F / sqrtf(kWidth);
  auto* const input = random_buffer<Half>(values, 1.0F);
  auto* const x = random_buffer<Half>(values, 0.0F);
  auto* const normed = random_buffer<Half>(values, 0.0F);
  auto* const qkv = random_buffer<Half>(3 * values, 0.0F);
  auto* const scores = random_buffer<Half>(scores_count, 0.0F);
  auto* const weights = random_buffer<Half>(scores_count, 0.0F);
  auto* const context = random_buffer<Half>(values, 0.0F);
  auto* const branch = random_buffer<Half>(values, 0.0F);
  auto* const inner = random_buffer<Half>(rows * kInner, 0.0F);
  auto* const active = random_buffer<Half>(rows * kInner, 0.0F);
  auto* const w_qkv = random_buffer<Half>(std::size_t{3} * kWidth * kWidth, by_width);
  auto* const w_out = random_buffer<Half>(std::size_t{kWidth} * kWidth, by_width);
  auto* const w_fc1 = random_buffer<Half>(std::size_t{kInner} * kWidth, by_width);
  auto* const w_fc2 = random_buffer<Half>(std::size_t{kInner} * kWidth, by_width / 2.0F);
  const float one = 1.0F;
  const float zero = 0.0F;
  const float by_head = 1.0F / sqrtf(kHeadWidth);

  // Row-major y[rows × n] = in[rows × k] · w[k × n].
  const auto matmul = [&](const Half* in, const Half* w, Half* y, int n, int k) {
    check(cublasGemmEx(cublas, CUBLAS_OP_N, CUBLAS_OP_N, n, static_cast<int>(rows), k, &one, w,
                       CUDA_R_16BF, n, in, CUDA_R_16BF, k, &zero, y, CUDA_R_16BF, n,
                       CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
          "cublasGemmEx");
  };
  // qkv: [part][batch·token][head][64]; one product a head, strided over heads within a sequence.
  const auto attention = [&](const char* what, bool first, int sequence) {
    const std::size_t at = std::size_t{static_cast<unsigned>(sequence)} * kTokens * kWidth;
    const std::size_t scores_at =
        std::size_t{static_cast<unsigned>(sequence)} * kHeads * kTokens * kTokens;
    const Half* const q = qkv + at;
    const Half* const k = qkv + values + at;
    const Half* const v = qkv + 2 * values + at;
    if (first) {
      check(cublasGemmStridedBatchedEx(
                cublas, CUBLAS_OP_T, CUBLAS_OP_N, kTokens, kTokens, kHeadWidth, &by_head, k,
                CUDA_R_16BF, kWidth, kHeadWidth, q, CUDA_R_16BF, kWidth, kHeadWidth, &zero,
                scores + scores_at, CUDA_R_16BF, kTokens, kTokens * kTokens, kHeads,
                CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
            what);
    } else {
      check(cublasGemmStridedBatchedEx(
                cublas, CUBLAS_OP_N, CUBLAS_OP_N, kHeadWidth, kTokens, kTokens, &one, v,
                CUDA_R_16BF, kWidth, kHeadWidth, weights + scores_at, CUDA_R_16BF, kTokens,
                kTokens * kTokens, &zero, context + at, CUDA_R_16BF, kWidth, kHeadWidth, kHeads,
                CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
            what);
    }
  };

  const auto pass = [&] {
    {
      const auto scope = recorder.layer("input");
      check(cudaMemcpyAsync(x, input, values * sizeof(Half), cudaMemcpyDeviceToDevice, stream),
            "cudaMemcpyAsync");
    }
    {
      const auto scope = recorder.layer("norm1");
      layer_norm<<<static_cast<unsigned>(rows), 256, 0, stream>>>(x, normed);
    }
    {
      const auto scope = recorder.layer("qkv");
      for (int part = 0; part < 3; ++part) {
        matmul(normed, w_qkv + std::size_t{static_cast<unsigned>(part)} * kWidth * kWidth,
               qkv + part * values, kWidth, kWidth);
      }
    }
    {
      const auto scope = recorder.layer("scores");
      for (int s = 0; s < batch; ++s) attention("scores", true, s);
    }
    {
      const auto scope = recorder.layer("softmax");
      softmax<<<static_cast<unsigned>(scores_count / kTokens), 128, 0, stream>>>(scores, weights);
    }
    {
      const auto scope = recorder.layer("context");
      for (int s = 0; s < batch; ++s) attention("context", false, s);
    }
    {
      const auto scope = recorder.layer("projection");
      matmul(context, w_out, branch, kWidth, kWidth);
    }
    {
      const auto scope = recorder.layer("add1");
      add_in_place<<<blocks_for(values), 256, 0, stream>>>(x, branch, values);
    }
    {
      const auto scope = recorder.layer("norm2");
      layer_norm<<<static_cast<unsigned>(rows), 256, 0, stream>>>(x, normed);
    }
    {
      const auto scope = recorder.layer("fc1");
      matmul(normed, w_fc1, inner, kInner, kWidth);
    }
    {
      const auto scope = recorder.layer("gelu");
      gelu<<<blocks_for(rows * kInner), 256, 0, stream>>>(inner, active, rows * kInner);
    }
    {
      const auto scope = recorder.layer("fc2");
      matmul(active, w_fc2, branch, kWidth, kInner);
    }
    {
      const auto scope = recorder.layer("add2");
      add_in_place<<<blocks_for(values), 256, 0, stream>>>(x, branch, values);
    }
    check(cudaGetLastError(), "launch");
  };
  check(cudaDeviceSynchronize(), "filling");
  for (int i = 0; i < 3; ++i) pass();
  check(cudaStreamSynchronize(stream), "warm-up");
  recorder.begin(stream);
  pass();
  recorder.end();
  recorder.watch(x, values, layerwatt::DeviceNumber::bf16);
}
