// LayerProfiler: layer times as IProfiler reports them, for execution contexts of Python's.
#include "layerwatt/layer_profiler.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <unordered_set>
#include <utility>

#include "bindings.hpp"
#include "owned_array.hpp"

namespace layerwatt::python {
namespace {

// LayerProfiler takes the same pointer for the same name, as TensorRT's are; a string of Python's
// is gone after the call, and the next one often lies where it was.
class StableNames {
 public:
  StableNames() : profiler(host().clock) {}
  void report(const std::string& name, float ms) {
    profiler.report_layer_time(names_.insert(name).first->c_str(), ms);
  }

  LayerProfiler profiler;

 private:
  std::unordered_set<std::string> names_;
};

nb::tuple recorded(const StableNames& self) {
  Iterations all = self.profiler.recorded();
  const std::size_t rows = all.size();
  const std::size_t columns = all.layers.size();
  return nb::make_tuple(owned<std::int64_t, nb::ndim<1>>(std::move(all.start_ns), {rows}),
                        owned<std::int64_t, nb::ndim<1>>(std::move(all.end_ns), {rows}),
                        owned<double, nb::ndim<2>>(std::move(all.layer_ms), {rows, columns}));
}

}  // namespace

void bind_layer_profiler(nb::module_& module) {
  nb::class_<StableNames>(
      module, "LayerProfiler",
      "Layer times as they are reported one by one. Layers are told apart by their place in the\n"
      "order of reports: names may repeat, and one that is missing moves no other. One thread.")
      .def(nb::init<>())
      .def(
          "start_iteration",
          [](StableNames& self, std::optional<std::int64_t> start_ns) {
            if (start_ns) {
              self.profiler.start_iteration(*start_ns);
            } else {
              self.profiler.start_iteration();
            }
          },
          "start_ns"_a = nb::none())
      .def("report_layer_time", &StableNames::report, "name"_a, "ms"_a)
      .def(
          "finalize_iteration",
          [](StableNames& self, std::optional<std::int64_t> end_ns) {
            if (end_ns) {
              self.profiler.finalize_iteration(*end_ns);
            } else {
              self.profiler.finalize_iteration();
            }
          },
          "end_ns"_a = nb::none())
      .def("reset", [](StableNames& self) { self.profiler.reset(); })
      .def_prop_ro("layers", [](const StableNames& self) { return self.profiler.layers(); })
      .def("__len__", [](const StableNames& self) { return self.profiler.iterations(); })
      .def(
          "recorded", &recorded,
          "(start_ns, end_ns, layer_ms): int64 (n,), int64 (n,), float64 (n, layers); NaN where a\n"
          "layer was not reported.",
          nb::sig("def recorded(self) -> tuple"));
}

}  // namespace layerwatt::python
