// What the fake libcuda's handles point to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "fakes/cuda/fake_cuda.hpp"

struct CUevent_st;

namespace layerwatt::fakes {

// CUgraphNodeType.
constexpr int kKernelNode = 0;
constexpr int kMemcpyNode = 1;
constexpr int kMemsetNode = 2;
constexpr int kEmptyNode = 5;
constexpr int kEventNode = 7;

struct GraphNode {
  int type = kKernelNode;
  std::int64_t ns = 0;
  CUevent_st* event = nullptr;
};

// Nodes run one after the other, in an order that their edges allow.
struct Graph {
  Graph() = default;
  Graph(const Graph& other);  // nodes of its own
  Graph& operator=(const Graph&) = delete;

  GraphNode* add(const GraphNode& node);
  GraphNode* append(const GraphNode& node);  // behind what was appended last
  // From `begin_ns` on; returns the end. Events get their moments.
  std::int64_t run(std::int64_t begin_ns, CUstream_st& stream) const;

  std::vector<std::unique_ptr<GraphNode>> nodes;
  std::vector<std::pair<GraphNode*, GraphNode*>> edges;
  std::map<const GraphNode*, GraphNode*> of_original;  // of a clone

 private:
  GraphNode* last_ = nullptr;
};

inline void count_object(int change) {
  const std::lock_guard lock(fake_cuda()->mutex);
  fake_cuda()->objects += change;
}

}  // namespace layerwatt::fakes

struct CUstream_st {
  std::int64_t busy_until_ns = 0;
  bool seen_idle = true;
  layerwatt::fakes::Graph* capture = nullptr;
  bool broken = false;
};

struct CUevent_st {
  std::int64_t time_ns = 0;
  CUstream_st* stream = nullptr;
};
