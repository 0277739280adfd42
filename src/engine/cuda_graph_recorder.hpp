// The one GraphRecorder there is: what it captured, for the engine that replays it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/cuda_graph_driver.hpp"
#include "layerwatt/cuda_graph.hpp"

namespace layerwatt {

struct WatchedBuffer {
  const void* address = nullptr;
  std::size_t count = 0;
  DeviceNumber type = DeviceNumber::f32;
};

// Whether all of them are finite.
bool all_finite(const std::vector<unsigned char>& bytes, DeviceNumber type);
std::size_t bytes_of(DeviceNumber type);

// "void cutlass::Kernel2<cutlass_80_tensorop…>(…)" → "cutlass::Kernel2"; the name as it is where it
// is not a C++ one.
std::string short_kernel_name(const std::string& mangled);

struct CapturedLayer {
  std::string name;
  std::string kernels;  // the first one's name, and how many more
};

struct CapturedGraph {
  CudaGraph graph = nullptr;
  CUstream_st* stream = nullptr;
  std::vector<CudaNode> nodes;     // in the order they were captured
  std::vector<std::size_t> owner;  // by node: a layer, or layers.size()
  std::vector<CapturedLayer> layers;
  std::vector<WatchedBuffer> watched;
};

class CapturingRecorder final : public GraphRecorder {
 public:
  explicit CapturingRecorder(std::shared_ptr<CudaGraphDriver> driver)
      : driver_(std::move(driver)) {}
  ~CapturingRecorder() override;
  CapturingRecorder(const CapturingRecorder&) = delete;
  CapturingRecorder& operator=(const CapturingRecorder&) = delete;

  void begin(CUstream_st* stream) override;
  void push(std::string_view name) override;
  void pop() override;
  void end() override;
  void watch(const void* device_address, std::size_t count, DeviceNumber type) override;
  bool follow_nvtx() override;

  const std::shared_ptr<CudaGraphDriver>& driver() const { return driver_; }
  // Throws Error(usage) before end(). The graph is the taker's to destroy.
  CapturedGraph take();

 private:
  void claim_new_nodes(CudaGraph graph);

  std::shared_ptr<CudaGraphDriver> driver_;
  CUstream_st* stream_ = nullptr;
  bool capturing_ = false;
  bool follows_nvtx_ = false;
  std::vector<std::string> scopes_;  // every one that was ever pushed, in order
  std::vector<std::size_t> open_;
  std::vector<CudaNode> nodes_;
  std::vector<std::optional<std::size_t>> scope_of_;  // by node; empty: outside
  std::unordered_map<CudaNode, std::size_t> known_;
  std::vector<WatchedBuffer> watched_;
  std::optional<CapturedGraph> captured_;
};

}  // namespace layerwatt
