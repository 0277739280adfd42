// TensorRT. What its two passes measure, and what not, is in docs/engines/tensorrt.md.
#include <NvInfer.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cache_sweep.hpp"
#include "engine/cuda_driver.hpp"
#include "engine/gpu_clock.hpp"
#include "engine/layer_info.hpp"
#include "engine/module.hpp"
#include "engine/nvtx_ranges.hpp"
#include "engine/tensorrt_build.hpp"
#include "engine/tensorrt_excite.hpp"
#include "engine/tensorrt_library.hpp"
#include "engine/tensorrt_session.hpp"
#include "engine/tensorrt_words.hpp"
#include "engine/two_passes.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::trt {
namespace {

using nlohmann::json;

// The host was away (a sensor was opened): what was enqueued before is of another time.
constexpr std::int64_t kAwayNs = 20'000'000;
constexpr int kPlainTrials = 20;

std::vector<char> read_plan(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed)) {
    throw Error(ErrorKind::bad_input,
                std::filesystem::exists(file, failed) ? "is not a file" : "no such file",
                file.string());
  }
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> plan(std::filesystem::file_size(file, failed));
  if (!stream || failed || !stream.read(plan.data(), static_cast<std::streamsize>(plan.size()))) {
    throw Error(ErrorKind::io, "cannot be read", file.string());
  }
  const std::string_view start(plan.data(), std::min<std::size_t>(plan.size(), 512));
  if (const std::string what = not_a_plan(start, plan.size()); !what.empty()) {
    throw Error(ErrorKind::bad_input, what, file.string(),
                "make a plan of an ONNX model with layerwatt build MODEL.onnx -o FILE");
  }
  return plan;
}

const char* to_text(nvinfer1::ProfilingVerbosity verbosity) {
  switch (verbosity) {
    case nvinfer1::ProfilingVerbosity::kDETAILED:
      return "detailed";
    case nvinfer1::ProfilingVerbosity::kNONE:
      return "none";
    default:
      return "layer_names_only";
  }
}

json tensors_json(const std::vector<Tensor>& tensors, bool inputs) {
  json list = json::array();
  for (const Tensor& tensor : tensors) {
    if (tensor.input != inputs) continue;
    list.push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
  }
  return list;
}

class TensorRtEngine final : public Engine {
 public:
  TensorRtEngine(Host host, EngineOptions options)
      : host_(std::move(host)), options_(std::move(options)) {}

  ~TensorRtEngine() override { settle(); }

  void load() override {
    check_options();
    std::vector<char> plan;
    if (options_.cuda_engine == nullptr) {
      plan = read_plan(options_.model);
    } else {
      options_.model = name_of_given();
    }
    // Loaded again, for another run: what hangs on the old session goes first.
    settle();
    forget();
    // Before libnvinfer is opened: NVTX looks once, when it is first called, for who wants its
    // ranges.
    offer_nvtx_listener();
    session_.emplace(host_, options_, plan);
    profiled_ = session_->time_pass();
    describe_layers();
    clock_.emplace(session_->device(), *host_.clock);
    session_->prepare_energy_pass(wants_graph() && !any_dla_);
    measure_plain();
    describe();
    if (options_.empty_cache == EmptyCache::always) layers_.push_back(cache_sweep_layer());
  }

  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return engine_json_; }
  std::string device_json() const override { return device_json_; }
  std::vector<Warning> warnings() const override { return warnings_; }

  Repeating* repeating() override {
    if (repeatable_ || !why_not_repeating_.empty()) return repeatable_.get();
    if (any_dla_ || options_.dla_core) {
      why_not_repeating_ = "it has layers on the DLA, which cannot be captured";
      return nullptr;
    }
    try {
      drain();
      repeatable_ =
          std::make_unique<RepeatablePlan>(*session_, host_, profiled_.names, options_.empty_cache);
      if (options_.empty_cache == EmptyCache::automatic) layers_.push_back(cache_sweep_layer());
    } catch (const Error& error) {
      why_not_repeating_ = error.problem();
      // A capture that failed can leave the context between two states.
      session_->prepare_energy_pass(session_->uses_graph());
    }
    return repeatable_.get();
  }
  std::string why_not_repeating() const override { return why_not_repeating_; }

  void infer(Inference& out) override {
    if (repeatable_) {
      repeatable_->infer(next_profiled(), out);
      return;
    }
    const std::int64_t now = host_.clock->now_ns();
    if (now - returned_ns_ > kAwayNs && !enqueued_.empty()) drain();
    clock_->keep_fresh();
    while (enqueued_.size() < ahead_) enqueue();
    if (done_ == 0) {
      const std::size_t last = wait_for(ahead_);
      enqueued_[last]->end.wait();
      done_ = last + 1;
    }
    const Marks& marks = *enqueued_.front();
    // The tie between the clocks is renewed now and then, and not exact.
    out.start_ns = std::max(clock_->time_ns(marks.begin), last_end_ns_);
    out.end_ns = std::max(clock_->time_ns(marks.end), out.start_ns + 1);
    last_end_ns_ = out.end_ns;
    fit_layers(next_profiled(), marks.computed.ms_since(marks.begin), out.layer_ms);
    if (options_.empty_cache == EmptyCache::always) out.layer_ms.push_back(0.0);
    idle_.push_back(std::move(enqueued_.front()));
    enqueued_.pop_front();
    --done_;
    returned_ns_ = host_.clock->now_ns();
  }

 private:
  // All of a run that is over. What hangs on the session goes before the session does.
  void forget() {
    repeatable_.reset();
    why_not_repeating_.clear();
    enqueued_.clear();
    done_ = 0;
    idle_.clear();
    clock_.reset();
    layers_.clear();
    warnings_.clear();
    next_row_ = 0;
  }

  // Of what was enqueued ahead nothing counts.
  void drain() {
    session_->stream().wait();
    for (auto& marks : enqueued_) idle_.push_back(std::move(marks));
    enqueued_.clear();
    done_ = 0;
  }

  const std::vector<double>& next_profiled() {
    const std::vector<double>& row = profiled_.rows[next_row_];
    next_row_ = (next_row_ + 1) % profiled_.rows.size();
    return row;
  }

  // What is still enqueued uses all that is freed next.
  void settle() noexcept {
    try {
      if (session_) session_->stream().wait();
    } catch (const std::exception&) {  // the GPU is lost; there is nothing left to wait for
    }
  }

  void check_options() const {
    if (options_.dla_core && options_.cuda_graph.value_or(false)) {
      throw Error(ErrorKind::usage, "an engine on the DLA cannot be captured in a CUDA graph",
                  "--cuda-graph --dla-core", "leave --cuda-graph out");
    }
    if (options_.cuda_engine != nullptr && (options_.dla_core || !options_.plugins.empty())) {
      throw Error(ErrorKind::usage, "DLA core and plugins were settled when the engine was loaded",
                  options_.dla_core ? "dla_core" : "plugins",
                  "set them with the IRuntime that deserialises it");
    }
    if (options_.precision) {
      throw Error(ErrorKind::usage, "a plan's precisions were settled when it was built",
                  "--precision", "layerwatt build --fp16");
    }
    if (options_.threads) {
      throw Error(ErrorKind::usage, "an engine on a GPU has no threads to choose", "--threads");
    }
  }

  std::string name_of_given() const {
    // Before any call to it: of another version it would be another class.
    static_cast<void>(Library::already_loaded(host_.sys));
    const char* name = options_.cuda_engine->getName();
    return name == nullptr || *name == '\0' ? "the given engine" : name;
  }

  bool wants_graph() const { return options_.cuda_graph.value_or(true) && !options_.dla_core; }

  // The outputs are fetched and the next inputs sent after the layers, so that these lie where the
  // recording has them: from the start on.
  void enqueue() {
    if (idle_.empty()) idle_.push_back(std::make_unique<Marks>(session_->device()));
    std::unique_ptr<Marks> marks = std::move(idle_.back());
    idle_.pop_back();
    session_->enqueue(*marks);
    enqueued_.push_back(std::move(marks));
  }

  void measure_plain() {
    std::vector<double> kernels_ms;
    for (int i = 0; i < kPlainTrials; ++i) {
      enqueue();
      const Marks& marks = *enqueued_.front();
      marks.end.wait();
      kernels_ms.push_back(marks.computed.ms_since(marks.begin));
      idle_.push_back(std::move(enqueued_.front()));
      enqueued_.pop_front();
    }
    std::sort(kernels_ms.begin(), kernels_ms.end());
    plain_ms_ = kernels_ms[kernels_ms.size() / 2];
    ahead_ = inferences_ahead(plain_ms_);
  }

  void describe_layers() {
    any_dla_ = false;
    for (const std::string& name : profiled_.names) {
      LayerInfo layer{name, {}, {}};
      const DlaPart part = dla_part(name);
      if (part == DlaPart::wait) layer.type = "DLA";
      if (part == DlaPart::copy_in) layer.type = "copy to the DLA";
      any_dla_ |= part != DlaPart::none;
      layers_.push_back(std::move(layer));
    }
    information_ = profiled_.information;
    join_layer_information(layers_, information_);
    const auto verbosity = session_->engine().getProfilingVerbosity();
    if (options_.dla_core && !any_dla_ && verbosity != nvinfer1::ProfilingVerbosity::kNONE) {
      throw Error(ErrorKind::usage, "no layer of this engine runs on the DLA",
                  "--dla-core " + std::to_string(*options_.dla_core),
                  "build it for the DLA: layerwatt build MODEL.onnx --dla " +
                      std::to_string(*options_.dla_core) + " --fp16 -o FILE");
    }
    if (any_dla_) {
      warnings_.push_back(
          {"dla_time",
           "TensorRT books all of the DLA's time on the rows '… from nvm', where the "
           "GPU waits for it",
           ""});
    }
    if (verbosity != nvinfer1::ProfilingVerbosity::kDETAILED) {
      warnings_.push_back(
          {"not_detailed",
           std::string("the engine was built with profiling verbosity ") + to_text(verbosity) +
               (names_are_numbers(profiled_.names) ? ": its layers have numbers for names"
                                                   : ": nothing is known of its layers but names"),
           "build it with --profilingVerbosity=detailed, or layerwatt build"});
    }
    if (layers_.empty()) {
      throw Error(ErrorKind::engine, "TensorRT reported no layer", options_.model.string(),
                  "an engine whose outputs are its inputs has none; see trtexec --loadEngine=FILE "
                  "--dumpLayerInfo");
    }
    if (const int streams = session_->auxiliary_streams(); streams > 0) {
      warnings_.push_back(
          {"parallel_layers",
           "layers may run beside each other, on " + std::to_string(streams) +
               " auxiliary streams: each is given the time that it took, as if one followed the "
               "other, and energy by that",
           "to tell them apart: layerwatt build --aux-streams 0, or trtexec --maxAuxStreams=0"});
    }
    for (Warning& warning : loading_warnings(session_->said())) {
      warnings_.push_back(std::move(warning));
    }
  }

  void describe() {
    const std::string& why_not = session_->no_graph_reason();
    // Unless it was asked for, nobody expects one where a DLA is.
    if (!session_->uses_graph() && wants_graph() &&
        (!any_dla_ || options_.cuda_graph.has_value())) {
      warnings_.push_back({"no_cuda_graph",
                           "the engine runs without a CUDA graph: " +
                               (any_dla_ ? "it has layers on the DLA" : why_not),
                           ""});
    }
    const double profiled_ms = profiled_.median_sum_ms;
    engine_json_ =
        json{{"name", "tensorrt"},
             {"version", tensorrt_version(session_->version())},
             {"built_for", tensorrt_version(NV_TENSORRT_VERSION)},
             {"model", options_.model.filename().string()},
             {"verbosity", to_text(session_->engine().getProfilingVerbosity())},
             {"cuda_graph", session_->uses_graph()},
             {"dla_core", options_.dla_core ? json(*options_.dla_core) : json()},
             {"profile_index", options_.profile_index.value_or(0)},
             {"inputs", tensors_json(session_->tensors(), true)},
             {"outputs", tensors_json(session_->tensors(), false)},
             {"seed", options_.seed},
             {"time_pass",
              {{"inferences", profiled_.rows.size()},
               {"layers_ms", profiled_ms},
               {"kernels_without_profiler_ms", plain_ms_},
               {"shortened_by", profiled_ms > plain_ms_ ? plain_ms_ / profiled_ms : 1.0}}},
             {"clock_tie_us", clock_->uncertainty_us()},
             {"layers", json::parse(layer_information_json(layers_, information_))}}
            .dump(-1, ' ', false, json::error_handler_t::replace);
    const cuda::Device& device = session_->device();
    device_json_ = json{{"kind", "gpu"},
                        {"name", device.name()},
                        {"index", options_.device},
                        {"compute_capability", std::to_string(device.compute_major()) + "." +
                                                   std::to_string(device.compute_minor())},
                        {"integrated", device.integrated()},
                        {"memory_mib", device.memory_bytes() >> 20},
                        {"cuda_driver", device.driver_version()}}
                       .dump(-1, ' ', false, json::error_handler_t::replace);
  }

  Host host_;
  EngineOptions options_;
  std::optional<Session> session_;
  std::optional<GpuClock> clock_;
  TimePass profiled_;
  std::size_t next_row_ = 0;
  double plain_ms_ = 0.0;
  bool any_dla_ = false;
  LayerInformation information_;
  std::vector<LayerInfo> layers_;
  std::vector<Warning> warnings_;
  std::string engine_json_;
  std::string device_json_;
  std::deque<std::unique_ptr<Marks>> enqueued_;
  std::size_t ahead_ = 0;  // as many are enqueued, so that the GPU never waits for the host
  std::size_t done_ = 0;   // of enqueued_, from the front, that are known to be done
  std::vector<std::unique_ptr<Marks>> idle_;
  std::int64_t last_end_ns_ = 0;
  std::int64_t returned_ns_ = 0;
  std::unique_ptr<RepeatablePlan> repeatable_;  // once method excite has asked for it
  std::string why_not_repeating_;
};

std::string why_unavailable(const Host& host) {
  if (std::string reason = cuda::unavailable(host.sys); !reason.empty()) return reason;
  return trt::unavailable(host.sys);
}

}  // namespace
}  // namespace layerwatt::trt

extern "C" __attribute__((visibility("default"))) const layerwatt::EngineBackend*
LAYERWATT_ENGINE_MODULE() {
  static const layerwatt::EngineBackend backend = [] {
    layerwatt::EngineBackend tensorrt;
    tensorrt.name = "tensorrt";
    tensorrt.unavailable = layerwatt::trt::why_unavailable;
    tensorrt.create =
        [](const layerwatt::Host& host,
           const layerwatt::EngineOptions& options) -> std::unique_ptr<layerwatt::Engine> {
      return std::make_unique<layerwatt::trt::TensorRtEngine>(host, options);
    };
    tensorrt.build = layerwatt::trt::build_plan;
    return tensorrt;
  }();
  return &backend;
}
