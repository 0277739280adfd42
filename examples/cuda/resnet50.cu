// ResNet-50 at inference: convolutions with bias, addition and activation fused, as an optimised
// network has them, in f16 and NHWC through cuDNN. BATCH images (1 unless given), random weights.
#include <cudnn.h>

#include <cmath>
#include <functional>
#include <string>

#include <utility>
#include <vector>

#include "common.cuh"
#include "layerwatt/cuda_graph.hpp"

namespace {

void check(cudnnStatus_t result, const char* what) {
  if (result != CUDNN_STATUS_SUCCESS) {
    throw std::runtime_error(std::string(what) + ": " + cudnnGetErrorString(result));
  }
}

struct Image {
  __half* data = nullptr;
  int channels = 0;
  int size = 0;
};

class Network {
 public:
  Network(layerwatt::GraphRecorder& recorder, int batch) : recorder_(recorder), batch_(batch) {
    check(cudnnCreate(&cudnn_), "cudnnCreate");
    check(cudnnSetStream(cudnn_, stream_), "cudnnSetStream");
  }

  cudaStream_t stream() const { return stream_; }

  // Runs, and remembers how to run again.
  template <class Run>
  void layer(const std::string& name, Run run) {
    steps_.push_back([this, name, run] {
      const auto scope = recorder_.layer(name);
      run();
    });
  }

  void pass() {
    for (const auto& step : steps_) step();
  }

  Image input() { return {random_buffer<__half>(elements(8, 224), 1.0F), 8, 224}; }

  Image convolution(const std::string& name, Image in, int channels, int kernel, int stride,
                    bool relu, const Image* add = nullptr) {
    const int pad = kernel / 2;
    Image out{nullptr, channels, (in.size + 2 * pad - kernel) / stride + 1};
    out.data = random_buffer<__half>(elements(channels, out.size), 0.0F);
    const std::size_t fan_in = std::size_t{static_cast<unsigned>(in.channels)} * kernel * kernel;
    auto* const weights =
        random_buffer<__half>(fan_in * channels, sqrtf(3.0F / static_cast<float>(fan_in)));
    auto* const bias = random_buffer<__half>(channels, 0.1F);

    const auto x = tensor(in);
    const auto y = tensor(out);
    const auto b = tensor_of(1, channels, 1);
    cudnnFilterDescriptor_t filter = nullptr;
    check(cudnnCreateFilterDescriptor(&filter), "filter");
    check(cudnnSetFilter4dDescriptor(filter, CUDNN_DATA_HALF, CUDNN_TENSOR_NHWC, channels,
                                     in.channels, kernel, kernel),
          "filter");
    cudnnConvolutionDescriptor_t how = nullptr;
    check(cudnnCreateConvolutionDescriptor(&how), "convolution");
    check(cudnnSetConvolution2dDescriptor(how, pad, pad, stride, stride, 1, 1,
                                          CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
          "convolution");
    check(cudnnSetConvolutionMathType(how, CUDNN_TENSOR_OP_MATH), "math type");
    cudnnActivationDescriptor_t activation = nullptr;
    check(cudnnCreateActivationDescriptor(&activation), "activation");
    check(cudnnSetActivationDescriptor(
              activation, relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
              CUDNN_NOT_PROPAGATE_NAN, 0.0),
          "activation");
    constexpr auto kAlgorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
    std::size_t bytes = 0;
    check(cudnnGetConvolutionForwardWorkspaceSize(cudnn_, x, filter, how, y, kAlgorithm, &bytes),
          "workspace");
    void* workspace = nullptr;
    if (bytes > 0) ::check(cudaMalloc(&workspace, bytes), "cudaMalloc");
    // What is added: the block's input, or nothing (z must be given all the same).
    __half* const z = add != nullptr ? add->data : out.data;
    const float none_or_one = add != nullptr ? 1.0F : 0.0F;
    layer(name, [=, this] {
      const float one = 1.0F;
      check(cudnnConvolutionBiasActivationForward(
                cudnn_, &one, x, in.data, filter, weights, how, kAlgorithm, workspace, bytes,
                &none_or_one, y, z, b, bias, activation, y, out.data),
            name.c_str());
    });
    return out;
  }

  Image pool(const std::string& name, Image in, cudnnPoolingMode_t mode, int window, int pad,
             int stride) {
    Image out{nullptr, in.channels, (in.size + 2 * pad - window) / stride + 1};
    out.data = random_buffer<__half>(elements(out.channels, out.size), 0.0F);
    cudnnPoolingDescriptor_t how = nullptr;
    check(cudnnCreatePoolingDescriptor(&how), "pooling");
    check(cudnnSetPooling2dDescriptor(how, mode, CUDNN_NOT_PROPAGATE_NAN, window, window, pad, pad,
                                      stride, stride),
          "pooling");
    const auto x = tensor(in);
    const auto y = tensor(out);
    layer(name, [=, this] {
      const float one = 1.0F;
      const float zero = 0.0F;
      check(cudnnPoolingForward(cudnn_, how, &one, x, in.data, &zero, y, out.data), name.c_str());
    });
    return out;
  }

  __half* fully_connected(const std::string& name, Image in, int outputs) {
    auto* const weights = random_buffer<__half>(std::size_t{static_cast<unsigned>(in.channels)} *
                                                    outputs, 0.03F);
    auto* const out = random_buffer<__half>(std::size_t{static_cast<unsigned>(outputs)} * batch_,
                                            0.0F);
    cublasHandle_t cublas = new_cublas(stream_);
    layer(name, [=, this] {
      const float one = 1.0F;
      const float zero = 0.0F;
      ::check(cublasGemmEx(cublas, CUBLAS_OP_T, CUBLAS_OP_N, outputs, batch_, in.channels, &one,
                           weights, CUDA_R_16F, in.channels, in.data, CUDA_R_16F, in.channels,
                           &zero, out, CUDA_R_16F, outputs, CUBLAS_COMPUTE_32F,
                           CUBLAS_GEMM_DEFAULT),
              name.c_str());
    });
    return out;
  }

 private:
  std::size_t elements(int channels, int size) const {
    return std::size_t{static_cast<unsigned>(batch_)} * channels * size * size;
  }
  cudnnTensorDescriptor_t tensor_of(int batch, int channels, int size) const {
    cudnnTensorDescriptor_t made = nullptr;
    check(cudnnCreateTensorDescriptor(&made), "tensor");
    check(cudnnSetTensor4dDescriptor(made, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, batch, channels,
                                     size, size),
          "tensor");
    return made;
  }
  cudnnTensorDescriptor_t tensor(const Image& image) const {
    return tensor_of(batch_, image.channels, image.size);
  }

  layerwatt::GraphRecorder& recorder_;
  int batch_;
  cudaStream_t stream_ = new_stream();
  cudnnHandle_t cudnn_ = nullptr;
  std::vector<std::function<void()>> steps_;
};

}  // namespace

extern "C" void layerwatt_capture_1(layerwatt::GraphRecorder& recorder) {
  const int batch = batch_size();
  auto& net = *new Network(recorder, batch);  // lives as long as the graph
  Image x = net.convolution("conv1", net.input(), 64, 7, 2, true);
  x = net.pool("maxpool", x, CUDNN_POOLING_MAX, 3, 1, 2);
  int block = 0;
  for (const auto& [width, count] : {std::pair{64, 3}, {128, 4}, {256, 6}, {512, 3}}) {
    for (int i = 0; i < count; ++i, ++block) {
      const std::string name = "block" + std::to_string(block);
      const int stride = i == 0 && width > 64 ? 2 : 1;
      const Image skip =
          i == 0 ? net.convolution(name + ".down", x, 4 * width, 1, stride, false) : x;
      Image y = net.convolution(name + ".conv1", x, width, 1, 1, true);
      y = net.convolution(name + ".conv2", y, width, 3, stride, true);
      x = net.convolution(name + ".conv3", y, 4 * width, 1, 1, true, &skip);
    }
  }
  x = net.pool("avgpool", x, CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING, x.size, 0, 1);
  __half* const logits = net.fully_connected("fc", x, 1000);

  check(cudaDeviceSynchronize(), "filling");
  for (int i = 0; i < 3; ++i) net.pass();
  check(cudaStreamSynchronize(net.stream()), "warm-up");
  recorder.begin(net.stream());
  net.pass();
  recorder.end();
  recorder.watch(logits, std::size_t{1000} * batch, layerwatt::DeviceNumber::f16);
}
