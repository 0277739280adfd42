// One plan on one GPU: from the file to enqueued inferences.
#pragma once

#include <NvInfer.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cuda_driver.hpp"
#include "engine/layer_info.hpp"
#include "engine/tensorrt_library.hpp"
#include "engine/tensorrt_tensors.hpp"
#include "layerwatt/cuda_graph.hpp"
#include "layerwatt/engine.hpp"

namespace layerwatt::trt {

// Layer times of repeated inferences under the profiler.
struct TimePass {
  std::vector<std::string> names;         // in the order of the first report; may repeat
  std::vector<std::vector<double>> rows;  // ms; NaN: not reported
  double median_sum_ms = 0.0;             // of the sums of the rows
  LayerInformation information;           // with the shapes that it ran with
};

// Where an inference stands on the GPU's time.
struct Marks {
  explicit Marks(const cuda::Device& device) : begin(device), computed(device), end(device) {}
  cuda::Event begin;
  cuda::Event computed;  // the layers are done; the outputs follow
  cuda::Event end;
};

class Session {
 public:
  // Throws Error(bad_input) for a plan that this TensorRT or this GPU cannot take. With
  // options.cuda_engine, `plan` is not looked at.
  Session(const Host& host, const EngineOptions& options, const std::vector<char>& plan);

  const cuda::Device& device() const { return device_; }
  const cuda::Stream& stream() const { return stream_; }
  const nvinfer1::ICudaEngine& engine() const { return *engine_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  int version() const { return library_.version(); }
  // What TensorRT warned of while it loaded the plan.
  const std::vector<std::string>& said() const { return said_; }
  // Beside the one that it is enqueued on; layers on them run beside each other.
  int auxiliary_streams() const;

  // Runs the engine under a profiler of ours, in a context that is gone afterwards: the energy pass
  // must not pay for it.
  TimePass time_pass();
  // A context without profiler, captured in a graph where that is wanted and can be.
  void prepare_energy_pass(bool graph);
  // One inference as enqueue() does it, captured by `recorder`: for method excite. Throws
  // Error(engine); then the energy pass has to be prepared again, once the recorder is gone.
  void capture_layers(GraphRecorder& recorder);
  bool uses_graph() const { return graph_ != nullptr; }
  const std::string& no_graph_reason() const { return no_graph_reason_; }
  // One inference: layers, then outputs to the host and the next inputs to the GPU.
  void enqueue(const Marks& marks);

 private:
  std::unique_ptr<nvinfer1::IExecutionContext> make_context();
  void enqueue_copies();
  bool enqueue_layers(nvinfer1::IExecutionContext& context);
  void must_enqueue_layers(nvinfer1::IExecutionContext& context);
  LayerInformation inspect(const nvinfer1::IExecutionContext& context) const;
  void check_dla() const;

  const EngineOptions options_;
  const SysRoot sys_;
  Logger logger_;
  Library library_;
  cuda::Device device_;
  cuda::Stream stream_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> loaded_;
  nvinfer1::ICudaEngine* engine_ = nullptr;  // loaded_, or the caller's
  std::vector<std::string> said_;
  std::vector<Tensor> tensors_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  std::unique_ptr<cuda::Graph> graph_;
  std::string no_graph_reason_;
};

}  // namespace layerwatt::trt
