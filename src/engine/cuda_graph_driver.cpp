#include "engine/cuda_graph_driver.hpp"

#include <fmt/format.h>

#include <cstring>

#include "core/dynlib.hpp"
#include "engine/builtin_kernels.hpp"
#include "engine/cuda_graph_driver_functions.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using namespace graph_api;

constexpr Result kLossyQuery = 917;  // CUDA_ERROR_LOSSY_QUERY
constexpr int kCaptureThreadLocal = 1;
constexpr int kEventDefault = 0;
// CUdevice_attribute.
constexpr int kMultiprocessors = 16;
constexpr int kL2CacheSize = 38;
constexpr unsigned kSweepThreads = 256;
constexpr unsigned kSweepBlocks = 8;     // a multiprocessor
constexpr std::size_t kSweepBytes = 16;  // a load

// CUgraphNodeType.
CudaNodeKind kind_of(int type) {
  switch (type) {
    case 0:
      return CudaNodeKind::kernel;
    case 1:
      return CudaNodeKind::memcpy;
    case 2:
      return CudaNodeKind::memset;
    case 5:
      return CudaNodeKind::empty;
    case 7:
      return CudaNodeKind::event_record;
    default:
      return CudaNodeKind::other;
  }
}

class Driver final : public CudaGraphDriver {
 public:
  explicit Driver(const std::filesystem::path& file)
      : library_(open_library(file)), call_(load_functions(library_, file)) {
    check(call_.init(0), "cuInit");
    call_.context_current(&context_);
  }

  // Where the context is gone, so is what was in it.
  ~Driver() override {
    if (sweep_.buffer == 0 || call_.context_set(context_) != 0) return;
    call_.release(sweep_.buffer);
    if (sweep_.module != nullptr) call_.module_unload(sweep_.module);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void begin_capture(CUstream_st* stream) override {
    check(call_.context_current(&context_), "cuCtxGetCurrent");
    if (context_ == nullptr) {
      throw Error(ErrorKind::engine, "no CUDA context is current on this thread", "cuda graph",
                  "call cudaSetDevice(), or anything else of the CUDA runtime, before begin()");
    }
    check(call_.begin_capture(stream, kCaptureThreadLocal), "cuStreamBeginCapture");
  }

  CudaGraph capturing(CUstream_st* stream) override {
    int status = 0;
    std::uint64_t id = 0;
    void* graph = nullptr;
    const void* dependencies = nullptr;
    std::size_t count = 0;
    check(call_.capture_info(stream, &status, &id, &graph, &dependencies, &count),
          "cuStreamGetCaptureInfo");
    if (status != 1 || graph == nullptr) {
      throw Error(ErrorKind::engine,
                  status == 2 ? "the capture broke off: a call that cannot be captured was made"
                              : "the stream is not being captured",
                  "cuda graph", "allocate, synchronise and copy to pageable memory before begin()");
    }
    return graph;
  }

  CudaGraph end_capture(CUstream_st* stream) override {
    void* graph = nullptr;
    check(call_.end_capture(stream, &graph), "cuStreamEndCapture");
    return graph;
  }

  std::vector<CudaNode> nodes(CudaGraph graph) override {
    std::size_t count = 0;
    check(call_.get_nodes(graph, nullptr, &count), "cuGraphGetNodes");
    std::vector<CudaNode> nodes(count);
    if (count > 0) check(call_.get_nodes(graph, nodes.data(), &count), "cuGraphGetNodes");
    nodes.resize(count);
    return nodes;
  }

  std::vector<CudaEdge> edges(CudaGraph graph) override {
    std::size_t count = 0;
    const auto get = [&](void** from, void** to, EdgeData* data) {
      return call_.get_edges_v2 != nullptr ? call_.get_edges_v2(graph, from, to, data, &count)
                                           : call_.get_edges(graph, from, to, &count);
    };
    check(get(nullptr, nullptr, nullptr), "cuGraphGetEdges");
    std::vector<void*> from(count);
    std::vector<void*> to(count);
    std::vector<EdgeData> data(count, EdgeData{});
    if (count > 0) check(get(from.data(), to.data(), data.data()), "cuGraphGetEdges");
    std::vector<CudaEdge> edges(count);
    for (std::size_t i = 0; i < count; ++i) {
      edges[i].from = from[i];
      edges[i].to = to[i];
      std::memcpy(&edges[i].data, &data[i], sizeof(EdgeData));
    }
    return edges;
  }

  CudaNodeKind kind(CudaNode node) override {
    int type = -1;
    check(call_.node_type(node, &type), "cuGraphNodeGetType");
    return kind_of(type);
  }

  std::string name(CudaNode node) override {
    switch (kind(node)) {
      case CudaNodeKind::kernel:
        break;
      case CudaNodeKind::memcpy:
        return "memcpy";
      case CudaNodeKind::memset:
        return "memset";
      default:
        return "node";
    }
    KernelParams params{};
    const char* text = nullptr;
    if (call_.kernel_get(node, &params) != 0) return "kernel";
    if (params.kernel != nullptr && call_.kernel_name != nullptr &&
        call_.kernel_name(&text, params.kernel) == 0) {
      return text;
    }
    if (params.func != nullptr && call_.function_name != nullptr &&
        call_.function_name(&text, params.func) == 0) {
      return text;
    }
    return "kernel";
  }

  CudaGraph create_graph() override {
    void* made = nullptr;
    check(call_.graph_create(&made, 0), "cuGraphCreate");
    return made;
  }

  CudaGraph clone(CudaGraph graph) override {
    void* made = nullptr;
    check(call_.clone(&made, graph), "cuGraphClone");
    return made;
  }

  CudaNode in_clone(CudaNode original, CudaGraph clone) override {
    void* found = nullptr;
    check(call_.find_in_clone(&found, original, clone), "cuGraphNodeFindInClone");
    return found;
  }

  CudaNode copy_node(CudaGraph graph, CudaNode node) override {
    void* made = nullptr;
    switch (kind(node)) {
      case CudaNodeKind::kernel: {
        KernelParams params{};
        check(call_.kernel_get(node, &params), "cuGraphKernelNodeGetParams");
        check(call_.kernel_add(&made, graph, nullptr, 0, &params), "cuGraphAddKernelNode");
        check(call_.kernel_copy_attributes(made, node), "cuGraphKernelNodeCopyAttributes");
        return made;
      }
      case CudaNodeKind::memcpy: {
        OpaqueParams params;
        check(call_.memcpy_get(node, &params), "cuGraphMemcpyNodeGetParams");
        check(call_.memcpy_add(&made, graph, nullptr, 0, &params, context_),
              "cuGraphAddMemcpyNode");
        return made;
      }
      case CudaNodeKind::memset: {
        OpaqueParams params;
        check(call_.memset_get(node, &params), "cuGraphMemsetNodeGetParams");
        check(call_.memset_add(&made, graph, nullptr, 0, &params, context_),
              "cuGraphAddMemsetNode");
        return made;
      }
      case CudaNodeKind::empty:
        check(call_.empty_add(&made, graph, nullptr, 0), "cuGraphAddEmptyNode");
        return made;
      default:
        throw Error(ErrorKind::engine, "only kernels, copies and memsets can be repeated");
    }
  }

  CudaNode add_event_record(CudaGraph graph, CudaEvent event) override {
    void* made = nullptr;
    check(call_.event_record_add(&made, graph, nullptr, 0, event), "cuGraphAddEventRecordNode");
    return made;
  }

  CudaNode add_cache_sweep(CudaGraph graph) override {
    if (sweep_.function == nullptr) prepare_sweep();
    void* parameters[] = {&sweep_.buffer, &sweep_.count};
    KernelParams params{};
    params.func = sweep_.function;
    params.grid[0] = sweep_.blocks;
    params.grid[1] = params.grid[2] = 1;
    params.block[0] = kSweepThreads;
    params.block[1] = params.block[2] = 1;
    params.params = parameters;
    void* made = nullptr;
    check(call_.kernel_add(&made, graph, nullptr, 0, &params), "cuGraphAddKernelNode");
    return made;
  }

  void add_edge(CudaGraph graph, const CudaEdge& edge) override {
    EdgeData data{};
    std::memcpy(&data, &edge.data, sizeof data);
    if (edge.data != 0 && call_.add_edges_v2 != nullptr) {
      check(call_.add_edges_v2(graph, &edge.from, &edge.to, &data, 1), "cuGraphAddDependencies");
    } else {
      check(call_.add_edges(graph, &edge.from, &edge.to, 1), "cuGraphAddDependencies");
    }
  }

  void remove_edge(CudaGraph graph, const CudaEdge& edge) override {
    EdgeData data{};
    std::memcpy(&data, &edge.data, sizeof data);
    if (edge.data != 0 && call_.remove_edges_v2 != nullptr) {
      check(call_.remove_edges_v2(graph, &edge.from, &edge.to, &data, 1),
            "cuGraphRemoveDependencies");
    } else {
      check(call_.remove_edges(graph, &edge.from, &edge.to, 1), "cuGraphRemoveDependencies");
    }
  }

  void destroy(CudaGraph graph) override { call_.graph_destroy(graph); }

  CudaExec instantiate(CudaGraph graph) override {
    void* exec = nullptr;
    check(call_.instantiate(&exec, graph, 0), "cuGraphInstantiate");
    return exec;
  }
  void destroy_exec(CudaExec exec) override { call_.exec_destroy(exec); }
  void launch(CudaExec exec, CUstream_st* stream) override {
    check(call_.launch(exec, stream), "cuGraphLaunch");
  }

  CudaEvent create_event() override {
    void* event = nullptr;
    check(call_.event_create(&event, kEventDefault), "cuEventCreate");
    return event;
  }
  void destroy_event(CudaEvent event) override { call_.event_destroy(event); }
  void record(CudaEvent event, CUstream_st* stream) override {
    check(call_.event_record(event, stream), "cuEventRecord");
  }
  void wait(CudaEvent event) override { check(call_.event_wait(event), "cuEventSynchronize"); }
  double elapsed_ms(CudaEvent from, CudaEvent to) override {
    float ms = 0.0F;
    check(call_.event_elapsed(&ms, from, to), "cuEventElapsedTime");
    return ms;
  }
  void wait_stream(CUstream_st* stream) override {
    check(call_.stream_wait(stream), "cuStreamSynchronize");
  }

  std::vector<unsigned char> read(const void* device_address, std::size_t bytes) override {
    std::vector<unsigned char> host(bytes);
    check(call_.copy_to_host(host.data(), reinterpret_cast<std::uintptr_t>(device_address), bytes),
          "cuMemcpyDtoH");
    return host;
  }

  std::string device_name() override {
    char text[256] = "";
    check(call_.device_name(text, sizeof text, device()), "cuDeviceGetName");
    return text;
  }

  std::string device_uuid() override {
    unsigned char id[16] = {};
    check(call_.device_uuid(id, device()), "cuDeviceGetUuid");
    std::string text = "GPU-";
    for (std::size_t i = 0; i < sizeof id; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
      text += fmt::format("{:02x}", id[i]);
    }
    return text;
  }

  std::string version() override {
    int number = 0;
    check(call_.driver_version(&number), "cuDriverGetVersion");
    return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
  }

  void use_context() override { check(call_.context_set(context_), "cuCtxSetCurrent"); }

 private:
  static DynamicLibrary open_library(const std::filesystem::path& file) {
    try {
      return DynamicLibrary(file);
    } catch (const Error& error) {
      throw Error(ErrorKind::engine, "there is no CUDA driver on this machine", file.string(),
                  error.what());
    }
  }

  void check(Result result, const char* call) const {
    if (result == 0) return;
    const char* text = nullptr;
    if (call_.error_string(result, &text) != 0 || text == nullptr) text = "unknown error";
    throw Error(ErrorKind::engine, fmt::format("{}: {} ({})", call, text, result), "cuda graph",
                result == kLossyQuery ? "this driver cannot tell programmatic launches apart; "
                                        "update it to CUDA 12.3 or newer"
                                      : "");
  }

  int attribute(int which) const {
    int value = 0;
    check(call_.device_attribute(&value, which, device()), "cuDeviceGetAttribute");
    return value;
  }

  // The buffer and the kernel live as long as we do, and every owner of a graph has a share in us.
  void prepare_sweep() {
    const int bytes = attribute(kL2CacheSize);
    if (bytes <= 0) throw Error(ErrorKind::engine, "the device says nothing of its L2 cache");
    const auto size = static_cast<std::size_t>(bytes);
    check(call_.allocate(&sweep_.buffer, size), "cuMemAlloc");
    void*& module = sweep_.module;
    check(call_.module_load(&module, kBuiltinKernels), "cuModuleLoadData");
    void* function = nullptr;
    check(call_.module_function(&function, module, "layerwatt_read"), "cuModuleGetFunction");
    sweep_.count = static_cast<std::uint32_t>(size / kSweepBytes);
    sweep_.blocks = kSweepBlocks * static_cast<unsigned>(attribute(kMultiprocessors));
    sweep_.function = function;
  }

  int device() const {
    int number = 0;
    check(call_.context_device(&number), "cuCtxGetDevice");
    return number;
  }

  DynamicLibrary library_;
  const Functions call_;
  void* context_ = nullptr;
  struct Sweep {
    void* module = nullptr;
    void* function = nullptr;
    std::uint64_t buffer = 0;
    std::uint32_t count = 0;
    unsigned blocks = 0;
  };
  Sweep sweep_;
};

}  // namespace

std::shared_ptr<CudaGraphDriver> open_graph_driver(const std::filesystem::path& library) {
  return std::make_shared<Driver>(library);
}

}  // namespace layerwatt
