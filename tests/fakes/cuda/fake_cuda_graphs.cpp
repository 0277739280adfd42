// The fake libcuda's calls that read and change graphs.
#include <algorithm>
#include <cstring>
#include <deque>
#include <iterator>

#include "engine/cuda_graph_driver_functions.hpp"
#include "fakes/cuda/fake_graph.hpp"

using layerwatt::fakes::count_object;
using layerwatt::fakes::Graph;
using layerwatt::fakes::GraphNode;
using layerwatt::graph_api::KernelParams;
using layerwatt::graph_api::OpaqueParams;

namespace layerwatt::fakes {

Graph::Graph(const Graph& other) {
  for (const auto& node : other.nodes) of_original[node.get()] = add(*node);
  for (const auto& [from, to] : other.edges) {
    edges.emplace_back(of_original.at(from), of_original.at(to));
  }
}

GraphNode* Graph::add(const GraphNode& node) {
  nodes.push_back(std::make_unique<GraphNode>(node));
  return nodes.back().get();
}

GraphNode* Graph::append(const GraphNode& node) {
  GraphNode* added = add(node);
  if (last_ != nullptr) edges.emplace_back(last_, added);
  last_ = added;
  return added;
}

std::int64_t Graph::run(std::int64_t begin_ns, CUstream_st& stream) const {
  std::map<const GraphNode*, int> waits_for;
  for (const auto& [from, to] : edges) ++waits_for[to];
  std::deque<GraphNode*> ready;
  for (const auto& node : nodes) {
    if (waits_for[node.get()] == 0) ready.push_back(node.get());
  }
  std::int64_t now_ns = begin_ns;
  while (!ready.empty()) {
    GraphNode* node = ready.front();
    ready.pop_front();
    now_ns += node->ns;
    if (node->event != nullptr) *node->event = {now_ns, &stream};
    for (const auto& [from, to] : edges) {
      if (from == node && --waits_for[to] == 0) ready.push_back(to);
    }
  }
  return now_ns;
}

}  // namespace layerwatt::fakes

namespace {

constexpr int kSuccess = 0;
constexpr int kInvalidValue = 1;

Graph& graph_of(void* graph) { return *static_cast<Graph*>(graph); }
GraphNode& node_of(void* node) { return *static_cast<GraphNode*>(node); }

int add(void** made, void* graph, const GraphNode& node) {
  *made = graph_of(graph).add(node);
  return kSuccess;
}

// A node's parameters are the time that it takes.
int read(void* node, OpaqueParams* params) {
  std::memcpy(params->bytes.data(), &node_of(node).ns, sizeof node_of(node).ns);
  return kSuccess;
}

GraphNode with(int type, const OpaqueParams& params) {
  GraphNode node{type, 0, nullptr};
  std::memcpy(&node.ns, params.bytes.data(), sizeof node.ns);
  return node;
}

}  // namespace

extern "C" {

int cuCtxGetCurrent(void** context) {
  *context = fake_cuda();
  return kSuccess;
}

int cuCtxGetDevice(int* device) {
  *device = 0;
  return kSuccess;
}

int cuDeviceGetUuid(unsigned char* id, int) {
  std::fill(id, id + 16, static_cast<unsigned char>(0x11));
  return kSuccess;
}

int cuStreamGetCaptureInfo_v2(CUstream_st* stream, int* status, std::uint64_t* id, void** graph,
                              const void** dependencies, std::size_t* count) {
  *status = stream->broken ? 2 : stream->capture != nullptr ? 1 : 0;
  *id = 1;
  *graph = stream->capture;
  *dependencies = nullptr;
  *count = 0;
  return kSuccess;
}

int cuGraphGetNodes(void* graph, void** nodes, std::size_t* count) {
  const auto& all = graph_of(graph).nodes;
  if (nodes != nullptr) {
    for (std::size_t i = 0; i < std::min(*count, all.size()); ++i) nodes[i] = all[i].get();
  }
  *count = all.size();
  return kSuccess;
}

int cuGraphGetEdges(void* graph, void** from, void** to, std::size_t* count) {
  const auto& all = graph_of(graph).edges;
  if (from != nullptr) {
    for (std::size_t i = 0; i < std::min(*count, all.size()); ++i) {
      from[i] = all[i].first;
      to[i] = all[i].second;
    }
  }
  *count = all.size();
  return kSuccess;
}

int cuGraphNodeGetType(void* node, int* type) {
  *type = node_of(node).type;
  return kSuccess;
}

int cuGraphKernelNodeGetParams_v2(void* node, KernelParams* params) {
  *params = {};
  params->func = reinterpret_cast<void*>(node_of(node).ns);
  return kSuccess;
}

int cuGraphAddKernelNode_v2(void** made, void* graph, const void*, std::size_t,
                            const KernelParams* params) {
  return add(
      made, graph,
      {layerwatt::fakes::kKernelNode, reinterpret_cast<std::int64_t>(params->func), nullptr});
}

int cuGraphKernelNodeCopyAttributes(void*, void*) { return kSuccess; }

int cuFuncGetName(const char** name, void*) {
  *name = "fake_kernel";
  return kSuccess;
}

int cuGraphMemcpyNodeGetParams(void* node, OpaqueParams* params) { return read(node, params); }
int cuGraphMemsetNodeGetParams(void* node, OpaqueParams* params) { return read(node, params); }

int cuGraphAddMemcpyNode(void** made, void* graph, const void*, std::size_t,
                         const OpaqueParams* params, void*) {
  return add(made, graph, with(layerwatt::fakes::kMemcpyNode, *params));
}

int cuGraphAddMemsetNode(void** made, void* graph, const void*, std::size_t,
                         const OpaqueParams* params, void*) {
  return add(made, graph, with(layerwatt::fakes::kMemsetNode, *params));
}

int cuGraphAddEmptyNode(void** made, void* graph, const void*, std::size_t) {
  return add(made, graph, {layerwatt::fakes::kEmptyNode, 0, nullptr});
}

int cuGraphAddEventRecordNode(void** made, void* graph, const void*, std::size_t, void* event) {
  return add(made, graph, {layerwatt::fakes::kEventNode, 0, static_cast<CUevent_st*>(event)});
}

int cuGraphCreate(void** graph, unsigned) {
  count_object(1);
  *graph = new Graph;
  return kSuccess;
}

int cuGraphClone(void** clone, void* graph) {
  count_object(1);
  *clone = new Graph(graph_of(graph));
  return kSuccess;
}

int cuGraphNodeFindInClone(void** found, void* original, void* clone) {
  const auto& known = graph_of(clone).of_original;
  const auto place = known.find(static_cast<GraphNode*>(original));
  if (place == known.end()) return kInvalidValue;
  *found = place->second;
  return kSuccess;
}

int cuGraphAddDependencies(void* graph, void* const* from, void* const* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    graph_of(graph).edges.emplace_back(&node_of(from[i]), &node_of(to[i]));
  }
  return kSuccess;
}

int cuGraphRemoveDependencies(void* graph, void* const* from, void* const* to, std::size_t count) {
  auto& edges = graph_of(graph).edges;
  for (std::size_t i = 0; i < count; ++i) {
    const auto found =
        std::find(edges.begin(), edges.end(), std::pair(&node_of(from[i]), &node_of(to[i])));
    if (found == edges.end()) return kInvalidValue;
    edges.erase(found);
  }
  return kSuccess;
}

int cuMemcpyDtoH_v2(void* to, unsigned long long from, std::size_t bytes) {
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return kSuccess;
}

}  // extern "C"
