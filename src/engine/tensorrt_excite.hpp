// Method excite for a TensorRT plan: its kernels, captured into a graph in which each layer can be
// run more than once. TensorRT marks the kernels of each layer with an NVTX range.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/captured_layers.hpp"
#include "engine/cuda_graph_engine.hpp"
#include "engine/tensorrt_session.hpp"
#include "layerwatt/engine.hpp"

namespace layerwatt::trt {

class RepeatablePlan final : public Repeating {
 public:
  // Captures one inference of `session`, its copies included. Throws Error(engine) where that
  // cannot be: its problem says why. Unless empty_cache is never, there is one more layer, the
  // last: cache_sweep_layer().
  RepeatablePlan(Session& session, const Host& host, const std::vector<std::string>& layers,
                 EmptyCache empty_cache);

  // As Engine::infer(), but with the layers timed by events in the graph that is repeated. Layers
  // whose kernels are not known in it take the times of `profiled_ms`, made shorter where the pass
  // has no room for them.
  void infer(std::span<const double> profiled_ms, Inference& out);

  std::vector<Repeatable> repeatable() override;
  void run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
           RepeatedRun& out) override;
  void prepare(std::span<const std::uint32_t> extra) override;

 private:
  std::vector<std::uint32_t> of_graph(std::span<const std::uint32_t> extra) const;

  std::vector<std::size_t> profiled_;  // by layer of the graph: its number among all
  std::size_t layers_ = 0;
  bool empty_cache_ = false;
  std::unique_ptr<CudaGraphEngine> engine_;
  Repeating* repeating_ = nullptr;
  Inference inference_;
};

}  // namespace layerwatt::trt
