// The thin seam to the CUDA driver: what capturing, copying and replaying a graph needs, in words
// of its own, so that tests can put a graph that runs nowhere behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct CUstream_st;

namespace layerwatt {

// Opaque handles of the driver.
using CudaGraph = void*;
using CudaNode = void*;
using CudaExec = void*;
using CudaEvent = void*;

enum class CudaNodeKind { kernel, memcpy, memset, empty, event_record, other };

struct CudaEdge {
  CudaNode from = nullptr;
  CudaNode to = nullptr;
  std::uint64_t data = 0;  // the driver's 8 bytes about it; 0: a plain dependency
};

// All methods throw Error(engine) with the driver's own words. A CUDA context must be current;
// use_context() makes the one of the capture current again on another thread.
class CudaGraphDriver {
 public:
  virtual ~CudaGraphDriver() = default;

  virtual void begin_capture(CUstream_st* stream) = 0;
  // The graph that the stream is being captured into; it may be asked, not changed.
  virtual CudaGraph capturing(CUstream_st* stream) = 0;
  virtual CudaGraph end_capture(CUstream_st* stream) = 0;

  virtual std::vector<CudaNode> nodes(CudaGraph graph) = 0;
  virtual std::vector<CudaEdge> edges(CudaGraph graph) = 0;
  virtual CudaNodeKind kind(CudaNode node) = 0;
  // Of a kernel, mangled; a word for other nodes.
  virtual std::string name(CudaNode node) = 0;

  virtual CudaGraph create_graph() = 0;
  virtual CudaGraph clone(CudaGraph graph) = 0;
  virtual CudaNode in_clone(CudaNode original, CudaGraph clone) = 0;
  // Adds a node to `graph` that does what `node` (of any graph) does. Throws where that node cannot
  // be read or made again.
  virtual CudaNode copy_node(CudaGraph graph, CudaNode node) = 0;
  virtual CudaNode add_event_record(CudaGraph graph, CudaEvent event) = 0;
  // Adds a kernel that reads a buffer as large as the device's L2 cache.
  virtual CudaNode add_cache_sweep(CudaGraph graph) = 0;
  virtual void add_edge(CudaGraph graph, const CudaEdge& edge) = 0;
  virtual void remove_edge(CudaGraph graph, const CudaEdge& edge) = 0;
  virtual void destroy(CudaGraph graph) = 0;

  virtual CudaExec instantiate(CudaGraph graph) = 0;
  virtual void destroy_exec(CudaExec exec) = 0;
  virtual void launch(CudaExec exec, CUstream_st* stream) = 0;

  virtual CudaEvent create_event() = 0;
  virtual void destroy_event(CudaEvent event) = 0;
  virtual void record(CudaEvent event, CUstream_st* stream) = 0;
  virtual void wait(CudaEvent event) = 0;
  virtual double elapsed_ms(CudaEvent from, CudaEvent to) = 0;
  virtual void wait_stream(CUstream_st* stream) = 0;

  virtual std::vector<unsigned char> read(const void* device_address, std::size_t bytes) = 0;
  virtual std::string device_name() = 0;
  virtual std::string device_uuid() = 0;  // "GPU-…", as NVML writes it
  virtual std::string version() = 0;      // of the driver's CUDA: "13.0"
  // Makes the context current that was current when the driver was opened or capture began.
  virtual void use_context() = 0;
};

// Opens libcuda.so.1, or the file that is given. Throws Error(engine), with a hint, where there is
// none, or one older than CUDA 12.
std::shared_ptr<CudaGraphDriver> open_graph_driver(
    const std::filesystem::path& library = "libcuda.so.1");

}  // namespace layerwatt
