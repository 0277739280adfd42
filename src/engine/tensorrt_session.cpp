#include "engine/tensorrt_session.hpp"

#include <algorithm>
#include <utility>

#include "engine/tensorrt_words.hpp"
#include "engine/two_passes.hpp"
#include "layerwatt/error.hpp"
#include "layerwatt/layer_profiler.hpp"

namespace layerwatt::trt {
namespace {

constexpr int kUntimed = 3;
constexpr std::size_t kFewestProfiled = 20;
constexpr std::size_t kMostProfiled = 200;
constexpr std::int64_t kProfilingNs = 1'000'000'000;

}  // namespace

Session::Session(const Host& host, const EngineOptions& options, const std::vector<char>& plan)
    : options_(options),
      sys_(host.sys),
      logger_(options.cuda_engine != nullptr),
      library_(options.cuda_engine != nullptr ? Library::already_loaded(host.sys)
                                              : Library(host.sys)),
      device_(host.sys, options.device),
      stream_(device_) {
  device_.keep_context();
  if (options.cuda_engine != nullptr) {
    engine_ = options.cuda_engine;
    return;
  }
  const std::string where = options.model.string();
  library_.load_standard_plugins(logger_);
  runtime_ = library_.runtime(logger_);
  for (const auto& plugin : options.plugins) library_.load_plugin(*runtime_, plugin);
  check_dla();
  if (options.dla_core) runtime_->setDLACore(*options.dla_core);
  logger_.take();
  loaded_.reset(runtime_->deserializeCudaEngine(plan.data(), plan.size()));
  if (!loaded_) {
    const Error refused = failed(logger_, "loading the plan", where);
    if (!refused.hint().empty()) throw refused;
    throw Error(ErrorKind::bad_input, refused.problem(), where,
                "the file may be cut short or damaged: build it here, or copy it again");
  }
  engine_ = loaded_.get();
  said_ = logger_.take();
}

int Session::auxiliary_streams() const {
#if NV_TENSORRT_MAJOR > 8 || NV_TENSORRT_MINOR >= 6
  return engine_->getNbAuxStreams();
#else
  return 0;
#endif
}

void Session::check_dla() const {
  if (!options_.dla_core) return;
  const int cores = runtime_->getNbDLACores();
  if (*options_.dla_core < cores) return;
  throw Error(ErrorKind::usage,
              cores == 0 ? "this board has no DLA"
                         : "there is no DLA core " + std::to_string(*options_.dla_core),
              "--dla-core " + std::to_string(*options_.dla_core),
              cores == 0
                  ? "leave it out: Xavier, AGX Orin and Orin NX have one, Orin Nano, Thor and "
                    "desktop GPUs have none"
                  : "there are " + std::to_string(cores) + ", counted from 0");
}

std::unique_ptr<nvinfer1::IExecutionContext> Session::make_context() {
  std::unique_ptr<nvinfer1::IExecutionContext> context(engine_->createExecutionContext());
  if (!context) throw failed(logger_, "preparing the engine", options_.model.string());
  if (tensors_.empty()) {
    tensors_ = prepare_tensors(*engine_, *context, logger_, device_, stream_, options_);
    for (const Tensor& tensor : tensors_) {
      if (tensor.input && !tensor.on_host) stream_.upload(tensor.buffer);
    }
    stream_.wait();
  } else {
    use_tensors(tensors_, *context, logger_, stream_, options_);
  }
  return context;
}

bool Session::enqueue_layers(nvinfer1::IExecutionContext& context) {
#if NV_TENSORRT_MAJOR < 10
  if (sys_.env("LAYERWATT_TENSORRT_ENQUEUE") == "2") {
    // Each optimisation profile has bindings of its own; names are those of the first.
    const int all = engine_->getNbBindings();
    const int first = options_.profile_index.value_or(0) *
                      (all / std::max(1, engine_->getNbOptimizationProfiles()));
    std::vector<void*> bindings(static_cast<std::size_t>(all));
    for (const Tensor& tensor : tensors_) {
      const int index = first + engine_->getBindingIndex(tensor.name.c_str());
      bindings[static_cast<std::size_t>(index)] = tensor.address();
    }
    return context.enqueueV2(bindings.data(), stream_.get(), nullptr);
  }
#endif
  return context.enqueueV3(stream_.get());
}

void Session::must_enqueue_layers(nvinfer1::IExecutionContext& context) {
  if (enqueue_layers(context)) return;
  const Error error = failed(logger_, "running it", options_.model.string(), stream_.trouble());
  if (!error.hint().empty()) throw error;
  throw Error(error.kind(), error.problem(), error.where(),
              "see whether TensorRT runs it alone: trtexec --loadEngine=FILE --verbose");
}

TimePass Session::time_pass() {
  LayerProfiler profiler;
  ProfilerFor<nvinfer1::IProfiler> adapter(profiler);
  const std::unique_ptr<nvinfer1::IExecutionContext> context = make_context();
  context->setProfiler(&adapter);
  // Else the enqueue waits for the layers itself, and in some versions leaves out those of a graph.
  context->setEnqueueEmitsProfile(false);
  const SteadyClock clock;
  const auto run = [&] {
    profiler.start_iteration();
    must_enqueue_layers(*context);
    stream_.wait();
    if (!context->reportToProfiler()) {
      throw failed(logger_, "reading the layers' times", options_.model.string(),
                   stream_.trouble());
    }
    profiler.finalize_iteration();
  };
  for (int i = 0; i < kUntimed; ++i) run();
  profiler.reset();
  const std::int64_t begin = clock.now_ns();
  while (profiler.iterations() < kFewestProfiled ||
         (profiler.iterations() < kMostProfiled && clock.now_ns() - begin < kProfilingNs)) {
    run();
  }

  if (profiler.lost_reports() > 0) {
    throw Error(ErrorKind::engine, "out of memory for the layers' times", options_.model.string());
  }

  TimePass pass;
  pass.names = profiler.layers();
  std::vector<double> sums;
  for (std::size_t i = 0; i < profiler.iterations(); ++i) {
    profiler.row(i, pass.rows.emplace_back());
    sums.push_back(sum_of_reported(pass.rows.back()));
  }
  std::sort(sums.begin(), sums.end());
  pass.median_sum_ms = sums[sums.size() / 2];
  pass.information = inspect(*context);
  return pass;
}

LayerInformation Session::inspect(const nvinfer1::IExecutionContext& context) const {
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine_->createEngineInspector());
  if (!inspector) return {};
  // Without one, shapes of dynamic engines are -1 and their formats are not told.
  inspector->setExecutionContext(&context);
  const char* text = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
  if (text == nullptr) return {};
  try {
    return parse_layer_information(text, "engine inspector");
  } catch (const Error&) {
    return {};  // some versions write JSON that is none for some layers; times need no inspector
  }
}

void Session::prepare_energy_pass(bool graph) {
  // What there was goes first: it may hold the optimisation profile.
  graph_.reset();
  context_.reset();
  context_ = make_context();
  // The first enqueue of a context does what may not be captured.
  for (int i = 0; i < kUntimed; ++i) must_enqueue_layers(*context_);
  stream_.wait();
  if (!graph) return;
  logger_.take();
  graph_ = stream_.capture([this] { return enqueue_layers(*context_); }, no_graph_reason_);
  if (graph_) return;
  const std::vector<std::string> said = logger_.take();
  if (!said.empty()) no_graph_reason_ += ": " + said.front();
  // A capture that failed can leave the context between two states. The old one goes first: it may
  // hold the optimisation profile.
  context_.reset();
  context_ = make_context();
  must_enqueue_layers(*context_);
  stream_.wait();
}

void Session::enqueue(const Marks& marks) {
  stream_.record(marks.begin);
  if (graph_) {
    graph_->launch(stream_.get());
  } else {
    must_enqueue_layers(*context_);
  }
  stream_.record(marks.computed);
  enqueue_copies();
  stream_.record(marks.end);
}

void Session::enqueue_copies() {
  for (const Tensor& tensor : tensors_) {
    if (!tensor.input && !tensor.on_host) stream_.download(tensor.buffer);
  }
  for (const Tensor& tensor : tensors_) {
    if (tensor.input && !tensor.on_host) stream_.upload(tensor.buffer);
  }
}

void Session::capture_layers(GraphRecorder& recorder) {
  stream_.wait();
  // Another context would be cleaner, but in TensorRT 8 no two can have the same profile.
  if (engine_->getProfilingVerbosity() == nvinfer1::ProfilingVerbosity::kDETAILED) {
    // Else there can be the layers' parameters behind their names.
    context_->setNvtxVerbosity(nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY);
  }
  logger_.take();
  recorder.begin(stream_.get());
  if (!enqueue_layers(*context_)) {
    throw failed(logger_, "capturing it",
                 options_.model.string());  // the recorder ends the capture
  }
  enqueue_copies();
  recorder.end();
}

}  // namespace layerwatt::trt
