// Any CUDA work of Python's, captured into a graph and profiled: what layerwatt.torch is made of.
#include "layerwatt/cuda_graph.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>

#include <map>
#include <memory>
#include <utility>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "measuring.hpp"

namespace layerwatt::python {
namespace {

DeviceNumber number_named(const std::string& name) {
  static const std::map<std::string, DeviceNumber> names = {{"float16", DeviceNumber::f16},
                                                            {"bfloat16", DeviceNumber::bf16},
                                                            {"float32", DeviceNumber::f32},
                                                            {"float64", DeviceNumber::f64}};
  if (const auto found = names.find(name); found != names.end()) return found->second;
  throw Error(ErrorKind::usage, "there is no type of number " + name, "watch",
              "float16, bfloat16, float32 or float64");
}

// The recorder, until it is given to an engine.
struct Capture {
  std::unique_ptr<GraphRecorder> recorder = make_graph_recorder();

  GraphRecorder& open() const {
    if (recorder) return *recorder;
    throw Error(ErrorKind::usage, "was profiled already", "graph", "capture it again");
  }
};

Measured run_graph(Capture& capture, const std::string& sensor,
                   std::optional<std::size_t> iterations, double target_ci,
                   std::optional<double> max_time, std::size_t warmup, double interval_ms,
                   int device, std::uint64_t seed, const std::string& method,
                   std::optional<bool> empty_cache, std::optional<std::filesystem::path> save,
                   const nb::object& on_progress, const nb::object& on_note) {
  capture.open();
  if (empty_cache.value_or(false) && method != "excite") {
    throw Error(ErrorKind::usage, "only method excite repeats layers", "empty_cache",
                "use method=\"excite\"");
  }
  ProfileOptions options;
  options.sensor = sensor;
  options.iterations = iterations;
  options.target_ci_pct = target_ci;
  options.max_time_s = max_time;
  options.warmup = warmup;
  options.sensor_options.interval_ms = interval_ms;
  options.sensor_options.device = device;
  options.sensor_options.on_gpu = true;
  options.engine_options.seed = seed;
  options.attribution.method = method_named(method);
  options.save = save.value_or(std::filesystem::path());
  GraphEngineOptions graph;
  graph.empty_cache = cache_emptied(empty_cache);
  Interruptible running;
  options.stop = &running.stop();
  take_callbacks(options, running, on_progress, on_note);
  std::optional<Profile> profiled;
  running.run([&] {
    const std::unique_ptr<Engine> engine =
        make_graph_engine(std::move(capture.recorder), host(), graph);
    profiled.emplace(profile(host(), *engine, options));
  });
  running.rethrow_unless_keyboard();
  return measured_of(std::move(*profiled));
}

}  // namespace

void bind_cuda_graph(nb::module_& module) {
  nb::class_<Capture>(module, "GraphCapture",
                      "Captures the launches on one CUDA stream into a graph, in layers.\n"
                      "Raises EngineError where there is no CUDA driver.")
      .def(nb::init<>())
      .def(
          "begin",
          [](Capture& self, std::uintptr_t stream) {
            self.open().begin(reinterpret_cast<CUstream_st*>(stream));
          },
          "stream"_a, "A cudaStream_t as a number, not the default stream; its context current.")
      .def(
          "push", [](Capture& self, const std::string& name) { self.open().push(name); }, "name"_a)
      .def("pop", [](Capture& self) { self.open().pop(); })
      .def("end", [](Capture& self) { self.open().end(); })
      .def(
          "watch",
          [](Capture& self, std::uintptr_t address, std::size_t count, const std::string& type) {
            self.open().watch(reinterpret_cast<const void*>(address), count, number_named(type));
          },
          "address"_a, "count"_a, "type"_a,
          "A buffer whose values must stay finite however often a layer is repeated.");
  module.def("profile_graph", &run_graph, "capture"_a, nb::kw_only(), "sensor"_a = "auto",
             "iterations"_a = nb::none(), "target_ci"_a = 5.0, "max_time"_a = nb::none(),
             "warmup"_a = 10, "interval_ms"_a = 5.0, "device"_a = 0, "seed"_a = 1,
             "method"_a = "auto", "empty_cache"_a = false, "save"_a = nb::none(),
             "on_progress"_a = nb::none(), "on_note"_a = nb::none(),
             "Profiles what was captured, which is used up. See layerwatt.torch.profile.");
}

}  // namespace layerwatt::python
