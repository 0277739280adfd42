#include "engine/cuda_graph_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/cache_sweep.hpp"
#include "core/half_pass.hpp"
#include "core/nvml.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

constexpr double kLeadMs = 10.0;       // of plain passes before a timed one
constexpr double kCalibrateMs = 40.0;  // of passes, for each of the figures that are compared
constexpr int kCalibrations = 5;
constexpr double kChunkMs = 5.0;  // between two events that the host waits for
constexpr std::uint32_t kCalibrationGaps = 8;
constexpr std::int64_t kClockEveryNs = 50'000'000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::size_t passes_in(double ms, double pass_ms) {
  return static_cast<std::size_t>(std::clamp(std::ceil(ms / std::max(pass_ms, 1e-4)), 1.0, 1e5));
}

// For people: a nanosecond is more than is known.
double rounded_us(double ms) { return std::round(ms * 1e6) / 1e3; }

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

GraphShape shape_of(CudaGraphDriver& driver, const CapturedGraph& captured) {
  GraphShape shape;
  shape.layers = captured.layers.size();
  shape.owner = captured.owner;
  std::map<CudaNode, std::size_t> number;
  for (std::size_t n = 0; n < captured.nodes.size(); ++n) number[captured.nodes[n]] = n;
  for (const CudaEdge& edge : driver.edges(captured.graph)) {
    shape.edges.push_back({number.at(edge.from), number.at(edge.to), edge.data});
  }
  return shape;
}

}  // namespace

ClockReader sm_clock_of(const Host& host, const std::string& uuid) {
  try {
    for (const nvml::Device& gpu : nvml::open(host.sys).gpus) {
      if (gpu.uuid() != uuid) continue;
      return [gpu] {
        const auto mhz = gpu.clock_mhz(nvml::ClockDomain::sm);
        return mhz ? static_cast<double>(*mhz) : kNaN;
      };
    }
  } catch (const Error&) {
    // Without NVML the clock is not known; the sensor says what is wrong with NVML.
  }
  return {};
}

CudaGraphEngine::CudaGraphEngine(std::shared_ptr<CudaGraphDriver> driver, CapturedGraph captured,
                                 std::shared_ptr<Clock> clock, ClockReader device_clock,
                                 const GraphEngineOptions& options)
    : driver_(std::move(driver)),
      captured_(std::move(captured)),
      clock_(std::move(clock)),
      device_clock_(std::move(device_clock)),
      options_(options) {
  for (const CapturedLayer& layer : captured_.layers) {
    layers_.push_back({layer.name, layer.kernels, std::nullopt});
  }
  if (options_.half_passes && options_.empty_cache != EmptyCache::never) {
    throw Error(ErrorKind::usage, "half passes have the cache as it is in a pass", "empty_cache",
                "leave one of the two out");
  }
  if (options_.empty_cache == EmptyCache::always) layers_.push_back(cache_sweep_layer());
}

CudaGraphEngine::~CudaGraphEngine() {
  const auto drop = [this](const Replay& replay) {
    if (replay.exec != nullptr) driver_->destroy_exec(replay.exec);
    if (replay.graph != nullptr) driver_->destroy(replay.graph);
  };
  drop(plain_);
  drop(timed_);
  drop(gap_);
  if (gap_event_ != nullptr) driver_->destroy_event(gap_event_);
  for (const auto& [extra, replay] : excited_) drop(replay);
  for (CudaEvent event : events_) driver_->destroy_event(event);
  if (from_ != nullptr) driver_->destroy_event(from_);
  if (to_ != nullptr) driver_->destroy_event(to_);
  driver_->destroy(captured_.graph);
}

CudaGraphEngine::Replay CudaGraphEngine::instantiate(const GraphPlan& plan,
                                                     const std::vector<CudaEvent>& events) {
  Replay replay;
  replay.graph = driver_->clone(captured_.graph);
  try {
    std::vector<CudaNode> nodes;
    for (CudaNode node : captured_.nodes) nodes.push_back(driver_->in_clone(node, replay.graph));
    for (const std::size_t of : plan.copies) {
      nodes.push_back(of == kEmptyCache ? driver_->add_cache_sweep(replay.graph)
                                        : driver_->copy_node(replay.graph, captured_.nodes[of]));
    }
    for (std::size_t e = 0; e < plan.events; ++e) {
      nodes.push_back(driver_->add_event_record(replay.graph, events[e]));
    }
    for (const GraphEdge& edge : plan.removed) {
      driver_->remove_edge(replay.graph, {nodes[edge.from], nodes[edge.to], edge.data});
    }
    for (const GraphEdge& edge : plan.added) {
      driver_->add_edge(replay.graph, {nodes[edge.from], nodes[edge.to], edge.data});
    }
    replay.exec = driver_->instantiate(replay.graph);
  } catch (...) {
    driver_->destroy(replay.graph);
    throw;
  }
  return replay;
}

void CudaGraphEngine::load() {
  driver_->use_context();
  shape_ = shape_of(*driver_, captured_);
  segments_ = graph_segments(shape_);
  timing_ = timing_plan(shape_, segments_);
  for (std::size_t e = 0; e < timing_.plan.events; ++e) events_.push_back(driver_->create_event());
  from_ = driver_->create_event();
  to_ = driver_->create_event();
  plain_ = instantiate({}, {});
  timed_ = instantiate(timing_.plan, events_);
  gap_event_ = driver_->create_event();
  gap_.graph = driver_->create_graph();
  driver_->add_event_record(gap_.graph, gap_event_);
  gap_.exec = driver_->instantiate(gap_.graph);
  calibrate();
  find_repeatable();
  Inference untimed;
  infer(untimed);
  if (!captured_.watched.empty()) find_overflows();
}

void CudaGraphEngine::launch_pass(CudaExec exec, std::uint32_t gaps) {
  driver_->launch(exec, captured_.stream);
  for (std::uint32_t gap = 0; gap < gaps; ++gap) driver_->launch(gap_.exec, captured_.stream);
}

double CudaGraphEngine::busy_ms(CudaExec exec, std::size_t passes, std::uint32_t gaps) {
  driver_->record(from_, captured_.stream);
  for (std::size_t i = 0; i < passes; ++i) launch_pass(exec, gaps);
  driver_->record(to_, captured_.stream);
  driver_->wait(to_);
  return driver_->elapsed_ms(from_, to_) / static_cast<double>(passes);
}

// Events cost two microseconds or three each, which would make short layers look longer than they
// are. Where all layers follow each other, what their times add up to beyond the plain pass is that
// cost: a pass less the way from one graph to the next, which launching a graph that does nothing
// tells. (The period of the timed graph itself is no measure: a graph with events takes longer to
// follow the one before it, by 17 µs for 57 events, which then went to outside layers.)
void CudaGraphEngine::calibrate() {
  pass_ms_ = busy_ms(plain_.exec, 1, 0);
  pass_ms_ = busy_ms(plain_.exec, passes_in(kCalibrateMs, pass_ms_), 0);
  const std::size_t passes = passes_in(kCalibrateMs, pass_ms_);
  std::vector<double> plain;
  std::vector<double> timed;
  std::vector<double> with_gaps;
  std::vector<double> layers;
  for (int i = 0; i < kCalibrations; ++i) {
    plain.push_back(busy_ms(plain_.exec, passes, 0));
    with_gaps.push_back(busy_ms(plain_.exec, passes, kCalibrationGaps));
    timed.push_back(busy_ms(timed_.exec, passes, 0));
    double sum = 0.0;
    for (const auto& events : timing_.layers) {
      if (events) sum += driver_->elapsed_ms(events_[events->begin], events_[events->end]);
    }
    layers.push_back(sum);
  }
  pass_ms_ = median(plain);
  gap_ms_ = std::max(0.0, (median(with_gaps) - pass_ms_) / kCalibrationGaps);
  const double excess =
      one_after_the_other() ? median(layers) - (pass_ms_ - gap_ms_) : median(timed) - pass_ms_;
  event_ms_ = std::max(0.0, excess) / static_cast<double>(std::max<std::size_t>(1, shape_.layers));
}

CudaExec CudaGraphEngine::excited(std::span<const std::uint32_t> extra) {
  std::vector<std::uint32_t> key(extra.begin(), extra.end());
  if (gaps_outside_) key.back() = 0;
  if (std::all_of(key.begin(), key.end(), [](std::uint32_t n) { return n == 0; })) {
    return plain_.exec;
  }
  auto found = excited_.find(key);
  if (found == excited_.end()) {
    found = excited_.emplace(key, instantiate(plan_of(key), {})).first;
  }
  return found->second.exec;
}

GraphPlan CudaGraphEngine::plan_of(const std::vector<std::uint32_t>& extra) const {
  if (options_.half_passes && is_half_pass(std::span(extra))) {
    return second_pass_plan(shape_, segments_, extra);
  }
  if (!has_sweeps()) return repeat_plan(shape_, segments_, extra);
  std::vector<std::uint32_t> of_graph = extra;
  const std::uint32_t sweeps = extra[shape_.layers];
  of_graph.erase(of_graph.begin() + static_cast<std::ptrdiff_t>(shape_.layers));
  const std::uint32_t repeats = std::accumulate(
      of_graph.begin(), of_graph.begin() + static_cast<std::ptrdiff_t>(shape_.layers),
      std::uint32_t{0});
  if (sweeps == 0 && options_.empty_cache == EmptyCache::automatic) {
    return repeat_plan(shape_, segments_, of_graph);
  }
  if (sweeps < repeats) throw std::logic_error("a repeat whose cache is not emptied");
  return repeat_plan(shape_, segments_, of_graph, {true, sweeps - repeats});
}

double CudaGraphEngine::estimated_ms(std::span<const std::uint32_t> extra) const {
  double ms = pass_ms_;
  for (std::size_t j = 0; j < std::min(extra.size(), layer_ms_.size()); ++j) {
    if (layer_ms_[j] > 0.0) ms += extra[j] * layer_ms_[j];
    if (repeatable_[j].beside) ms += extra[j] * repeatable_[j].run_ms;
  }
  return gaps_outside_ ? ms + extra.back() * gap_ms_ : ms;
}

void CudaGraphEngine::infer(Inference& out) {
  const std::size_t lead = passes_in(kLeadMs, pass_ms_);
  driver_->record(from_, captured_.stream);
  for (std::size_t i = 0; i < lead; ++i) driver_->launch(plain_.exec, captured_.stream);
  driver_->record(to_, captured_.stream);
  driver_->launch(timed_.exec, captured_.stream);
  driver_->wait_stream(captured_.stream);
  const std::int64_t end_ns = clock_->now_ns();
  pass_ms_ = driver_->elapsed_ms(from_, to_) / static_cast<double>(lead);
  out.layer_ms.assign(layers_.size(), kNaN);
  if (has_sweeps()) out.layer_ms.back() = 0.0;
  for (std::size_t j = 0; j < shape_.layers; ++j) {
    if (!timing_.layers[j]) continue;
    const auto [begin, end] = *timing_.layers[j];
    out.layer_ms[j] = std::max(0.0, driver_->elapsed_ms(events_[begin], events_[end]) - event_ms_);
  }
  layer_ms_ = out.layer_ms;
  out.end_ns = end_ns;
  out.start_ns = end_ns - static_cast<std::int64_t>(std::llround(pass_ms_ * 1e6));
}

void CudaGraphEngine::run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
                          RepeatedRun& out) {
  CudaExec exec = excited(extra);
  const std::uint32_t gaps = gaps_outside_ ? extra.back() : 0;
  const std::size_t chunk = passes_in(kChunkMs, estimated_ms(extra));
  const auto ahead =
      static_cast<std::size_t>(std::max(2.0, std::ceil(options_.queued_ms / kChunkMs) + 1.0));
  std::vector<CudaEvent> marks;
  for (std::size_t i = 0; i < ahead; ++i) marks.push_back(driver_->create_event());
  std::deque<CudaEvent> queued;
  double clock_sum = 0.0;
  std::size_t clock_count = 0;
  std::int64_t next_clock_ns = 0;

  out = {};
  out.start_ns = clock_->now_ns();
  for (std::size_t next = 0; out.passes == 0 || clock_->now_ns() - out.start_ns < duration_ns;
       next = (next + 1) % ahead) {
    if (queued.size() == ahead) {
      driver_->wait(queued.front());
      queued.pop_front();
    }
    for (std::size_t i = 0; i < chunk; ++i) launch_pass(exec, gaps);
    out.passes += chunk;
    driver_->record(marks[next], captured_.stream);
    queued.push_back(marks[next]);
    const std::int64_t now_ns = clock_->now_ns();
    // Asked once the queue is full, when the host has nothing else to do.
    if (device_clock_ && queued.size() == ahead && now_ns >= next_clock_ns) {
      const double mhz = device_clock_();
      if (!std::isnan(mhz)) {
        clock_sum += mhz;
        ++clock_count;
      }
      next_clock_ns = now_ns + kClockEveryNs;
    }
  }
  driver_->wait_stream(captured_.stream);
  out.end_ns = clock_->now_ns();
  for (CudaEvent mark : marks) driver_->destroy_event(mark);
  if (clock_count > 0) out.clock_mhz = clock_sum / static_cast<double>(clock_count);
}

// The first launch of a graph brings it to the device, which takes milliseconds for a large one.
void CudaGraphEngine::prepare(std::span<const std::uint32_t> extra) {
  const std::size_t known = excited_.size();
  CudaExec exec = excited(extra);
  if (excited_.size() == known) return;
  driver_->launch(exec, captured_.stream);
  driver_->wait_stream(captured_.stream);
}

std::string CudaGraphEngine::engine_json() const {
  nlohmann::ordered_json engine;
  engine["name"] = "cuda-graph";
  engine["cuda"] = driver_->version();
  engine["nodes"] = captured_.nodes.size();
  engine["layers"] = captured_.layers.size();
  engine["nodes_outside_layers"] =
      std::count(captured_.owner.begin(), captured_.owner.end(), captured_.layers.size());
  engine["event_us"] = rounded_us(event_ms_);
  engine["graph_to_graph_us"] = rounded_us(gap_ms_);
  if (options_.half_passes) engine["half_passes"] = true;
  if (has_sweeps()) {
    engine["cache_emptied"] = options_.empty_cache == EmptyCache::always;
    if (!repeatable_.empty()) engine["emptying_us"] = rounded_us(repeatable_[shape_.layers].run_ms);
  }
  return engine.dump();
}

std::string CudaGraphEngine::device_json() const {
  nlohmann::ordered_json device;
  device["name"] = driver_->device_name();
  device["uuid"] = driver_->device_uuid();
  return device.dump();
}

std::unique_ptr<Engine> make_graph_engine(std::unique_ptr<GraphRecorder> recorder, const Host& host,
                                          const GraphEngineOptions& options) {
  auto* capturing = dynamic_cast<CapturingRecorder*>(recorder.get());
  if (capturing == nullptr) {
    throw Error(ErrorKind::usage, "not a recorder of make_graph_recorder()", "make_graph_engine()");
  }
  CapturedGraph captured = capturing->take();
  // Another thread may have captured it.
  capturing->driver()->use_context();
  const std::string uuid = capturing->driver()->device_uuid();
  return std::make_unique<CudaGraphEngine>(capturing->driver(), std::move(captured), host.clock,
                                           sm_clock_of(host, uuid), options);
}

}  // namespace layerwatt
