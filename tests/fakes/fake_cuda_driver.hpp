// A CUDA driver whose kernels are durations: graphs are run node by node in virtual time.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/cuda_graph_driver.hpp"
#include "layerwatt/clock.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::fakes {

class FakeCudaDriver final : public CudaGraphDriver {
 public:
  struct Node {
    CudaNodeKind kind = CudaNodeKind::kernel;
    std::string name;
    double ms = 0.0;
    CudaEvent event = nullptr;
    CudaNode copied_from = nullptr;
    bool copyable = true;
    bool overflows_twice = false;  // run again in one pass, its output is infinite
  };
  struct Graph {
    std::vector<CudaNode> nodes;
    std::vector<CudaEdge> edges;
    std::map<CudaNode, CudaNode> of_original;
  };

  explicit FakeCudaDriver(std::shared_ptr<VirtualClock> clock) : clock_(std::move(clock)) {}

  // Captures a kernel behind what the stream last did, or behind `after`.
  CudaNode kernel(const std::string& name, double ms, std::vector<CudaNode> after = {}) {
    CudaNode node = make({CudaNodeKind::kernel, name, ms, nullptr, nullptr, true, false});
    if (after.empty() && last_ != nullptr) after.push_back(last_);
    capture_->nodes.push_back(node);
    for (CudaNode before : after) capture_->edges.push_back({before, node, 0});
    last_ = node;
    return node;
  }
  Node& node(CudaNode handle) { return *static_cast<Node*>(handle); }
  Graph& graph(CudaGraph handle) { return *static_cast<Graph*>(handle); }
  static CUstream_st* stream() { return reinterpret_cast<CUstream_st*>(std::uintptr_t{64}); }

  double sweep_ms = 0.03;     // of the kernel that empties the cache
  double event_ms = 0.0;      // what an event costs between kernels; alone in a graph, nothing
  double graph_gap_ms = 0.0;  // before each graph
  std::size_t launches = 0;
  std::vector<std::string> ran;  // names, of the last launch
  bool infinite = false;         // the watched buffer

  void begin_capture(CUstream_st*) override { capture_ = &graph(create_graph()); }
  CudaGraph capturing(CUstream_st*) override { return capture_; }
  CudaGraph end_capture(CUstream_st*) override { return capture_; }
  std::vector<CudaNode> nodes(CudaGraph handle) override {
    // In an order that says nothing, as the driver's.
    std::vector<CudaNode> all = graph(handle).nodes;
    std::reverse(all.begin(), all.end());
    std::sort(all.begin(), all.end(), [this](CudaNode a, CudaNode b) { return id(a) < id(b); });
    return all;
  }
  std::vector<CudaEdge> edges(CudaGraph handle) override { return graph(handle).edges; }
  CudaNodeKind kind(CudaNode handle) override { return node(handle).kind; }
  std::string name(CudaNode handle) override { return node(handle).name; }
  CudaGraph create_graph() override {
    graphs_.push_back(std::make_unique<Graph>());
    return graphs_.back().get();
  }
  CudaGraph clone(CudaGraph handle) override {
    Graph& made = graph(create_graph());
    for (CudaNode original : graph(handle).nodes) {
      made.of_original[original] = make(node(original));
      made.nodes.push_back(made.of_original[original]);
    }
    for (const CudaEdge& edge : graph(handle).edges) {
      made.edges.push_back({made.of_original[edge.from], made.of_original[edge.to], edge.data});
    }
    return &made;
  }
  CudaNode in_clone(CudaNode original, CudaGraph handle) override {
    return graph(handle).of_original.at(original);
  }
  CudaNode copy_node(CudaGraph handle, CudaNode original) override {
    if (!node(original).copyable) throw Error(ErrorKind::engine, "cannot be read");
    Node made = node(original);
    made.copied_from = original;
    graph(handle).nodes.push_back(make(made));
    return graph(handle).nodes.back();
  }
  CudaNode add_event_record(CudaGraph handle, CudaEvent event) override {
    Node made;
    made.kind = CudaNodeKind::event_record;
    made.name = "event";
    made.ms = event_ms;
    made.event = event;
    graph(handle).nodes.push_back(make(made));
    return graph(handle).nodes.back();
  }
  CudaNode add_cache_sweep(CudaGraph handle) override {
    Node made;
    made.name = "sweep";
    made.ms = sweep_ms;
    graph(handle).nodes.push_back(make(made));
    return graph(handle).nodes.back();
  }
  void add_edge(CudaGraph handle, const CudaEdge& edge) override {
    graph(handle).edges.push_back(edge);
  }
  void remove_edge(CudaGraph handle, const CudaEdge& edge) override {
    auto& all = graph(handle).edges;
    const auto found = std::find_if(all.begin(), all.end(), [&](const CudaEdge& one) {
      return one.from == edge.from && one.to == edge.to && one.data == edge.data;
    });
    if (found == all.end()) throw Error(ErrorKind::engine, "there is no such edge");
    all.erase(found);
  }
  void destroy(CudaGraph) override {}
  CudaExec instantiate(CudaGraph handle) override { return handle; }
  void destroy_exec(CudaExec) override {}

  void launch(CudaExec handle, CUstream_st*) override {
    ++launches;
    ran.clear();
    Graph& run = graph(handle);
    advance(graph_gap_ms);
    std::map<CudaNode, std::size_t> waits;
    for (const CudaEdge& edge : run.edges) ++waits[edge.to];
    std::vector<CudaNode> open = run.nodes;
    std::set<CudaNode> copied;
    infinite = false;
    while (!open.empty()) {
      const auto next =
          std::find_if(open.begin(), open.end(), [&](CudaNode one) { return waits[one] == 0; });
      if (next == open.end()) throw Error(ErrorKind::engine, "the graph runs in a circle");
      CudaNode done = *next;
      open.erase(next);
      const Node& what = node(done);
      if (run.nodes.size() > 1) advance(what.ms);
      if (what.event != nullptr) times_[what.event] = now_ns_;
      if (what.event == nullptr) ran.push_back(what.name);
      if (what.copied_from != nullptr && what.overflows_twice) infinite = true;
      for (const CudaEdge& edge : run.edges) {
        if (edge.from == done) --waits[edge.to];
      }
    }
  }

  CudaEvent create_event() override {
    events_.push_back(std::make_unique<int>());
    return events_.back().get();
  }
  void destroy_event(CudaEvent) override {}
  void record(CudaEvent event, CUstream_st*) override { times_[event] = now_ns_; }
  void wait(CudaEvent) override {}
  double elapsed_ms(CudaEvent from, CudaEvent to) override {
    return (times_.at(to) - times_.at(from)) / 1e6;
  }
  void wait_stream(CUstream_st*) override {}
  std::vector<unsigned char> read(const void*, std::size_t bytes) override {
    return std::vector<unsigned char>(bytes, infinite ? 0xFF : 0x01);
  }
  std::string device_name() override { return "Fake GPU"; }
  std::string device_uuid() override {
    // As cuCtxGetDevice() answers a thread that has no context.
    if (std::this_thread::get_id() != has_context_) {
      throw Error(ErrorKind::engine, "invalid device context");
    }
    return "GPU-fake";
  }
  std::string version() override { return "13.0"; }
  void use_context() override { has_context_ = std::this_thread::get_id(); }

 private:
  std::thread::id has_context_ = std::this_thread::get_id();
  CudaNode make(const Node& what) {
    all_.push_back(std::make_unique<Node>(what));
    ids_[all_.back().get()] = all_.size();
    return all_.back().get();
  }
  std::size_t id(CudaNode handle) { return ids_.at(handle); }
  void advance(double ms) {
    now_ns_ += ms * 1e6;
    clock_->sleep_until_ns(static_cast<std::int64_t>(now_ns_));
  }

  std::shared_ptr<VirtualClock> clock_;
  double now_ns_ = 0.0;
  Graph* capture_ = nullptr;
  CudaNode last_ = nullptr;
  std::vector<std::unique_ptr<Graph>> graphs_;
  std::vector<std::unique_ptr<Node>> all_;
  std::map<CudaNode, std::size_t> ids_;
  std::vector<std::unique_ptr<int>> events_;
  std::map<CudaEvent, double> times_;
};

}  // namespace layerwatt::fakes
