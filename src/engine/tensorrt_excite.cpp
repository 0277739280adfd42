#include "engine/tensorrt_excite.hpp"

#include <algorithm>
#include <utility>

#include "engine/two_passes.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::trt {
namespace {

constexpr const char* kNotFound = "TensorRT marked no kernel with the name of this layer";

Error cannot_tell_layers(const CapturedGraph& captured, const std::vector<std::string>& layers) {
  if (captured.layers.empty()) {
    return Error(ErrorKind::engine,
                 "TensorRT marked no layers (NVTX) while it was captured; it was loaded before "
                 "layerwatt, another tool listens, or the engine has verbosity none");
  }
  return Error(ErrorKind::engine,
               "TensorRT marked '" + captured.layers.front().name +
                   "' while it was captured, which is not the name of a layer ('" + layers.front() +
                   "')");
}

}  // namespace

RepeatablePlan::RepeatablePlan(Session& session, const Host& host,
                               const std::vector<std::string>& layers, EmptyCache empty_cache)
    : layers_(layers.size()), empty_cache_(empty_cache != EmptyCache::never) {
  const auto driver = open_graph_driver(host.sys.env("LAYERWATT_CUDA").value_or("libcuda.so.1"));
  CapturingRecorder recorder(driver);
  if (!recorder.follow_nvtx()) {
    throw Error(ErrorKind::engine,
                "liblayerwatt_nvtx.so was not found, or another tool has NVTX_INJECTION64_PATH");
  }
  session.capture_layers(recorder);
  CapturedGraph captured = recorder.take();
  std::vector<std::string> ranges;
  for (const CapturedLayer& layer : captured.layers) ranges.push_back(layer.name);
  const auto layer_of = match_layers(ranges, layers);
  if (std::none_of(layer_of.begin(), layer_of.end(),
                   [](const auto& of) { return of.has_value(); })) {
    driver->destroy(captured.graph);
    throw cannot_tell_layers(captured, layers);
  }
  MatchedGraph matched = keep_layers(std::move(captured), layer_of);
  profiled_ = std::move(matched.profiled);
  const std::string uuid = driver->device_uuid();
  GraphEngineOptions options;
  options.empty_cache = empty_cache;
  engine_ = std::make_unique<CudaGraphEngine>(driver, std::move(matched.graph), host.clock,
                                              sm_clock_of(host, uuid), options);
  engine_->load();
  repeating_ = engine_->repeating();
}

void RepeatablePlan::infer(std::span<const double> profiled_ms, Inference& out) {
  engine_->infer(inference_);
  out.start_ns = inference_.start_ns;
  out.end_ns = inference_.end_ns;
  out.layer_ms.assign(profiled_ms.begin(), profiled_ms.end());
  for (std::size_t j = 0; j < profiled_.size(); ++j) {
    out.layer_ms[profiled_[j]] = inference_.layer_ms[j];
  }
  const double timed = sum_of_reported(inference_.layer_ms);
  const double all = sum_of_reported(out.layer_ms);
  const double room = std::max(0.0, static_cast<double>(out.end_ns - out.start_ns) / 1e6 - timed);
  if (all - timed > room) {
    std::vector<bool> by_event(out.layer_ms.size(), false);
    for (const std::size_t layer : profiled_) by_event[layer] = true;
    for (std::size_t j = 0; j < out.layer_ms.size(); ++j) {
      if (!by_event[j]) out.layer_ms[j] *= room / (all - timed);
    }
  }
  if (empty_cache_) out.layer_ms.push_back(0.0);
}

std::vector<Repeatable> RepeatablePlan::repeatable() {
  const std::vector<Repeatable> of_graph = repeating_->repeatable();
  std::vector<Repeatable> parts(layers_, Repeatable{0, kNotFound});
  for (std::size_t j = 0; j < profiled_.size(); ++j) parts[profiled_[j]] = of_graph[j];
  if (empty_cache_) parts.push_back(of_graph[profiled_.size()]);
  parts.push_back(of_graph.back());
  if (profiled_.size() < layers_) {
    // Repeating it would repeat their kernels too, and count them twice.
    parts.back() = {0, "kernels of layers that are not told apart are among it"};
  }
  return parts;
}

std::vector<std::uint32_t> RepeatablePlan::of_graph(std::span<const std::uint32_t> extra) const {
  std::vector<std::uint32_t> mapped;
  for (const std::size_t layer : profiled_) mapped.push_back(extra[layer]);
  if (empty_cache_) mapped.push_back(extra[layers_]);
  mapped.push_back(extra.back());
  return mapped;
}

void RepeatablePlan::run(std::span<const std::uint32_t> extra, std::int64_t duration_ns,
                         RepeatedRun& out) {
  repeating_->run(of_graph(extra), duration_ns, out);
}

void RepeatablePlan::prepare(std::span<const std::uint32_t> extra) {
  repeating_->prepare(of_graph(extra));
}

}  // namespace layerwatt::trt
