// A captured graph as an engine: replayed, timed layer by layer, and with layers repeated.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cuda_graph_plan.hpp"
#include "engine/cuda_graph_recorder.hpp"
#include "layerwatt/cuda_graph.hpp"

namespace layerwatt {

// The device's clock now, in MHz; NaN where it is not known.
using ClockReader = std::function<double()>;

// The clock of the GPU with this UUID, through NVML; empty where there is no NVML.
ClockReader sm_clock_of(const Host& host, const std::string& uuid);

class CudaGraphEngine final : public Engine, private Repeating {
 public:
  CudaGraphEngine(std::shared_ptr<CudaGraphDriver> driver, CapturedGraph captured,
                  std::shared_ptr<Clock> clock, ClockReader device_clock,
                  const GraphEngineOptions& options);
  ~CudaGraphEngine() override;
  CudaGraphEngine(const CudaGraphEngine&) = delete;
  CudaGraphEngine& operator=(const CudaGraphEngine&) = delete;

  void load() override;
  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override;
  std::string device_json() const override;
  // One timed pass behind some 10 ms of plain ones, so that clocks and caches are those of a busy
  // device. Its layers' times are between events in the graph, less what the events cost; the pass
  // is as long as the plain ones before it.
  void infer(Inference& out) override;
  Repeating* repeating() override;
  std::string why_not_repeating() const override;

 private:
  std::vector<Repeatable> repeatable() override { return repeatable_; }
  bool behind_the_pass() const override { return options_.half_passes; }
  void run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
           RepeatedRun& out) override;
  void prepare(std::span<const std::uint32_t> extra) override;

  struct Replay {
    CudaGraph graph = nullptr;
    CudaExec exec = nullptr;
  };
  Replay instantiate(const GraphPlan& plan, const std::vector<CudaEvent>& events);
  CudaExec excited(std::span<const std::uint32_t> extra);
  // extra: one a layer of ours, the last one outside layers.
  GraphPlan plan_of(const std::vector<std::uint32_t>& extra) const;
  Repeatable sweeps();
  // Whether what empties the cache is a layer by now.
  bool has_sweeps() const { return layers_.size() > shape_.layers; }
  // Whether all layers follow each other, with nothing outside them between.
  bool one_after_the_other() const { return timing_.plan.events == shape_.layers + 1; }
  void find_repeatable();
  void find_overflows();
  std::optional<std::size_t> first_overflow();
  void launch_pass(CudaExec exec, std::uint32_t gaps);
  double busy_ms(CudaExec exec, std::size_t passes, std::uint32_t gaps);
  void calibrate();
  double estimated_ms(std::span<const std::uint32_t> extra) const;

  std::shared_ptr<CudaGraphDriver> driver_;
  CapturedGraph captured_;
  std::shared_ptr<Clock> clock_;
  ClockReader device_clock_;
  GraphEngineOptions options_;
  GraphShape shape_;
  std::vector<GraphSegment> segments_;
  TimingPlan timing_;
  std::vector<LayerInfo> layers_;
  std::vector<Repeatable> repeatable_;
  std::vector<double> layer_ms_;  // as timed last
  std::vector<CudaEvent> events_;
  CudaEvent from_ = nullptr;
  CudaEvent to_ = nullptr;
  Replay plain_;
  Replay timed_;
  // A graph that does nothing. Where no kernel is outside layers, what is outside is the device
  // going from one graph to the next, and launching this one repeats it.
  Replay gap_;
  CudaEvent gap_event_ = nullptr;
  bool gaps_outside_ = false;
  std::map<std::vector<std::uint32_t>, Replay> excited_;
  double pass_ms_ = 0.0;
  double event_ms_ = 0.0;  // what one event adds to a layer
  double gap_ms_ = 0.0;    // from one graph to the next
};

}  // namespace layerwatt
