// OpenVINO on the CPU. Its words on what it measures are in docs/engines/openvino.md.
#include "openvino/openvino.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/module.hpp"
#include "engine/node_timeline.hpp"
#include "engine/openvino_inputs.hpp"
#include "engine/openvino_words.hpp"
#include "layerwatt/error.hpp"
#include "openvino/frontend/manager.hpp"

namespace layerwatt {
namespace {

using nlohmann::json;

constexpr const char* kDevice = "CPU";

struct PrecisionRow {
  const char* option;      // --precision
  const char* capability;  // of ov::device::capabilities
  ov::element::Type_t type;
};

constexpr PrecisionRow kPrecisions[] = {
    {"f32", "FP32", ov::element::f32},
    {"bf16", "BF16", ov::element::bf16},
    {"f16", "FP16", ov::element::f16},
};

// The clock of ProfilingInfo::start_time.
std::int64_t stamp_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::high_resolution_clock::now().time_since_epoch())
      .count();
}

std::int64_t monotonic_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// How far the stamps' clock is ahead of the monotonic one. The thread can lose the processor
// between the readings, so the tightest of a few counts: a loaded machine is not a clock that was
// set.
std::int64_t stamps_ahead_us() {
  std::int64_t ahead = 0;
  std::int64_t narrowest = std::numeric_limits<std::int64_t>::max();
  for (int attempt = 0; attempt < 8 && narrowest > 20; ++attempt) {
    const std::int64_t before = monotonic_us();
    const std::int64_t stamp = stamp_us();
    const std::int64_t width = monotonic_us() - before;
    if (width < narrowest) {
      narrowest = width;
      ahead = stamp - before - width / 2;
    }
  }
  return ahead;
}

ov::element::Type precision_hint(ov::Core& core, const std::string& wanted) {
  const auto capabilities = core.get_property(kDevice, ov::device::capabilities);
  std::string supported;
  for (const PrecisionRow& row : kPrecisions) {
    if (std::find(capabilities.begin(), capabilities.end(), row.capability) == capabilities.end()) {
      continue;
    }
    if (wanted == row.option) return row.type;
    supported += (supported.empty() ? "" : ", ") + std::string(row.option);
  }
  // A hint that the device cannot follow is dropped by OpenVINO without a word.
  throw Error(ErrorKind::usage, "this CPU does not run in precision '" + wanted + "'",
              "--precision", "it runs in " + supported);
}

// OpenVINO offers a file that one frontend refuses to all others, and TensorFlow's then writes to
// stderr; asking the right one first keeps the refusal short, and the terminal clean.
void check_format(const std::filesystem::path& model) {
  const std::string where = model.string();
  std::error_code failed;
  if (!std::filesystem::is_regular_file(model, failed)) {
    throw Error(ErrorKind::bad_input,
                std::filesystem::exists(model, failed) ? "is not a file" : "no such file", where);
  }
  const bool is_ir = model.extension() == ".xml";
  if (!is_ir && model.extension() != ".onnx") return;
  const std::string kind = is_ir ? "an OpenVINO model" : "an ONNX model";
  ov::frontend::FrontEndManager manager;
  const auto frontend = manager.load_by_framework(is_ir ? "ir" : "onnx");
  if (frontend != nullptr && !frontend->supported(where)) {
    throw Error(ErrorKind::bad_input, "is not " + kind + ", or is cut short", where,
                "export it again; a copy is whole when its size is that of the original");
  }
}

json shapes_json(const std::vector<ov::Output<const ov::Node>>& ports) {
  json list = json::array();
  for (const auto& port : ports) {
    json shape = json::array();
    for (const ov::Dimension& dimension : port.get_partial_shape()) {
      if (dimension.is_static()) {
        shape.push_back(dimension.get_length());
      } else {
        shape.push_back(nullptr);  // known only while it runs
      }
    }
    list.push_back({{"name", port.get_names().empty() ? port.get_node()->get_friendly_name()
                                                      : port.get_any_name()},
                    {"type", port.get_element_type().to_string()},
                    {"shape", std::move(shape)}});
  }
  return list;
}

// Elements of all floating-point constants: weights, and the few scalars that the graph holds.
std::uint64_t count_parameters(const ov::Model& model) {
  std::uint64_t count = 0;
  for (const auto& node : model.get_ops()) {
    if (std::string(node->get_type_name()) == "Constant" &&
        node->get_output_element_type(0).is_real()) {
      count += ov::shape_size(node->get_output_shape(0));
    }
  }
  return count;
}

// What each node of the graph that runs was made of, by its name (OpenVINO makes those unique).
std::map<std::string, std::string> original_names(const ov::CompiledModel& compiled) {
  std::map<std::string, std::string> names;
  for (const auto& node : compiled.get_runtime_model()->get_ops()) {
    const auto found = node->get_rt_info().find("originalLayersNames");
    if (found == node->get_rt_info().end() || !found->second.is<std::string>()) continue;
    names[node->get_friendly_name()] = found->second.as<std::string>();
  }
  return names;
}

class OpenVinoEngine final : public Engine {
 public:
  OpenVinoEngine(Host host, EngineOptions options)
      : host_(std::move(host)), options_(std::move(options)) {}

  void load() override {
    check_options();
    try {
      read_and_compile();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(ErrorKind::engine, useful_part(error.what()), options_.model.string());
    }
  }

  const std::vector<LayerInfo>& layers() const override { return layers_; }
  std::string engine_json() const override { return engine_json_; }
  std::string device_json() const override { return device_json_; }

  void infer(Inference& out) override {
    try {
      InferenceSpan span;
      run(span, out);
      timeline_->layer_ms(readings_, span, out.layer_ms);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(ErrorKind::engine, useful_part(error.what()), options_.model.string());
    }
  }

 private:
  void check_options() const {
    const auto refuse = [](const std::string& what, const std::string& where) {
      throw Error(ErrorKind::usage, what, where, "leave it out, or use --engine tensorrt");
    };
    if (options_.device != 0) refuse("the openvino engine knows the CPU alone, 0", "--device");
    if (options_.dla_core) refuse("the openvino engine has no DLA", "--dla-core");
    if (options_.profile_index) {
      refuse("OpenVINO has no optimisation profiles", "--profile-index");
    }
    if (options_.cuda_graph.value_or(false)) refuse("OpenVINO has no CUDA graph", "--cuda-graph");
    if (options_.threads && *options_.threads < 1) {
      throw Error(ErrorKind::usage, "must be 1 or more", "--threads");
    }
  }

  void read_and_compile() {
    check_format(options_.model);
    try {
      model_ = core_.read_model(options_.model.string());
    } catch (const std::exception& error) {
      throw Error(ErrorKind::bad_input, useful_part(error.what()), options_.model.string());
    }
    fix_shapes(*model_, options_);
    for (const auto& node : model_->get_ops()) operations_.insert(node->get_friendly_name());

    // One stream: nodes of one inference then run one after another, which the times rely on.
    ov::AnyMap config = {ov::enable_profiling(true), ov::num_streams(1),
                         ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY)};
    if (options_.threads) config.insert(ov::inference_num_threads(*options_.threads));
    if (options_.precision) {
      config.insert(ov::hint::inference_precision(precision_hint(core_, *options_.precision)));
    }
    compiled_ = core_.compile_model(model_, kDevice, config);
    request_ = compiled_.create_infer_request();
    fill_inputs(*model_, options_, request_);

    InferenceSpan span;
    Inference first;
    run(span, first);
    timeline_ = std::make_unique<NodeTimeline>(readings_, span);
    describe();
    model_.reset();  // the compiled one is all that is needed, and weights are large
  }

  // One inference; leaves what OpenVINO tells of the nodes in infos_ and readings_.
  void run(InferenceSpan& span, Inference& out) {
    const std::int64_t ahead_before = stamps_ahead_us();
    out.start_ns = host_.clock->now_ns();
    span.begin_us = stamp_us();
    request_.infer();
    span.end_us = stamp_us();
    out.end_ns = host_.clock->now_ns();
    span.elapsed_us = span.end_us - span.begin_us - (stamps_ahead_us() - ahead_before);

    infos_ = request_.get_profiling_info();
    if (!readings_.empty() && infos_.size() != readings_.size()) {
      throw Error(ErrorKind::engine,
                  "OpenVINO told of " + std::to_string(infos_.size()) + " nodes after " +
                      std::to_string(readings_.size()) + " in the first inference",
                  options_.model.string());
    }
    readings_.resize(infos_.size());
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      readings_[i] = {infos_[i].start_time.count(), infos_[i].real_time.count()};
    }
  }

  void describe() {
    const auto originals = original_names(compiled_);
    json nodes = json::array();
    for (const std::size_t node : timeline_->nodes()) {
      const ov::ProfilingInfo& info = infos_[node];
      const auto found = originals.find(info.node_name);
      layers_.push_back(
          {layer_name(info.node_name, found == originals.end() ? "" : found->second, operations_),
           info.node_type, precision_of(info.exec_type)});
      nodes.push_back({{"node", info.node_name}, {"implementation", info.exec_type}});
    }
    if (layers_.empty()) {
      throw Error(ErrorKind::engine, "OpenVINO ran no node of this model", options_.model.string(),
                  "its outputs do not depend on its inputs");
    }
    engine_json_ =
        json{{"name", "openvino"},
             {"version", ov::get_openvino_version().buildNumber},
             {"model", options_.model.filename().string()},
             {"precision", compiled_.get_property(ov::hint::inference_precision).to_string()},
             {"threads", compiled_.get_property(ov::inference_num_threads)},
             {"inputs", shapes_json(std::as_const(*model_).inputs())},
             {"outputs", shapes_json(std::as_const(*model_).outputs())},
             {"parameters", count_parameters(*model_)},
             {"seed", options_.seed},
             {"nodes", std::move(nodes)}}
            .dump(-1, ' ', false, json::error_handler_t::replace);
    device_json_ = json{{"kind", "cpu"},
                        {"name", core_.get_property(kDevice, ov::device::full_name)},
                        {"logical_cores", std::thread::hardware_concurrency()},
                        {"capabilities", core_.get_property(kDevice, ov::device::capabilities)}}
                       .dump(-1, ' ', false, json::error_handler_t::replace);
  }

  Host host_;
  EngineOptions options_;
  ov::Core core_;
  std::shared_ptr<ov::Model> model_;
  std::set<std::string, std::less<>> operations_;  // the model's, before anything is fused
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  std::vector<ov::ProfilingInfo> infos_;
  std::vector<NodeReading> readings_;
  std::unique_ptr<NodeTimeline> timeline_;
  std::vector<LayerInfo> layers_;
  std::string engine_json_;
  std::string device_json_;
};

EngineBackend openvino_engine() {
  EngineBackend backend;
  backend.name = "openvino";
  backend.unavailable = [](const Host&) -> std::string {
    try {
      ov::Core core;
      core.get_property(kDevice, ov::device::full_name);
      return {};
    } catch (const std::exception& error) {
      return "OpenVINO cannot use this CPU: " + useful_part(error.what()) +
             " Install it again: pip install openvino.";
    }
  };
  backend.create = [](const Host& host, const EngineOptions& options) -> std::unique_ptr<Engine> {
    try {
      return std::make_unique<OpenVinoEngine>(host, options);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::engine, useful_part(error.what()), "openvino",
                  "install it again: pip install openvino");
    }
  };
  return backend;
}

}  // namespace
}  // namespace layerwatt

extern "C" __attribute__((visibility("default"))) const layerwatt::EngineBackend*
LAYERWATT_ENGINE_MODULE() {
  static const layerwatt::EngineBackend backend = [] {
#ifdef __SANITIZE_ADDRESS__
    // OpenVINO's TBB opens libraries with RTLD_DEEPBIND, at which ASan ends the program, unless
    // told otherwise.
    ::setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
    return layerwatt::openvino_engine();
  }();
  return &backend;
}
