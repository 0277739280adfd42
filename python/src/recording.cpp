// Recording: from files, from arrays, and its columns as numpy views without a copy.
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bindings.hpp"
#include "recording/power_file.hpp"
#include "recording/rails.hpp"

namespace layerwatt::python {
namespace {

template <class T>
using View1 = nb::ndarray<nb::numpy, const T, nb::ndim<1>>;
using View2 = nb::ndarray<nb::numpy, const double, nb::ndim<2>>;
using Times = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Table = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// The array keeps its Recording alive. Read-only: a recording is what was measured.
template <class T>
View1<T> view(nb::handle owner, const std::vector<T>& values) {
  return View1<T>(values.data(), {values.size()}, owner);
}

View2 view(nb::handle owner, const std::vector<double>& values, std::size_t rows,
           std::size_t columns) {
  return View2(values.data(), {rows, columns}, owner);
}

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(ErrorKind::bad_input, what, where, "docs/python.md says what the arrays must be");
}

void check_iterations(const Iterations& iterations) {
  if (iterations.size() == 0) refuse("there is no inference", "start_ns");
  for (std::size_t i = 0; i < iterations.size(); ++i) {
    if (iterations.end_ns[i] < iterations.start_ns[i]) {
      refuse("inference " + std::to_string(i) + " ends before it starts", "end_ns");
    }
    if (i > 0 && iterations.start_ns[i] < iterations.end_ns[i - 1]) {
      refuse("inference " + std::to_string(i) + " starts before the one before it ends",
             "start_ns");
    }
  }
  for (const double ms : iterations.layer_ms) {
    if (ms < 0.0 || std::isinf(ms)) refuse("a time is negative or infinite", "layer_ms");
  }
}

// Throws Error(bad_input) for arrays that do not fit together.
void put_iterations(Recording& out, std::vector<std::string> layers, const Times& start_ns,
                    const Times& end_ns, const Table& layer_ms) {
  const std::size_t count = start_ns.shape(0);
  if (end_ns.shape(0) != count) refuse("is not as long as start_ns", "end_ns");
  if (layer_ms.shape(0) != count || layer_ms.shape(1) != layers.size()) {
    refuse("is not of shape (inferences, layers)", "layer_ms");
  }
  Iterations& iterations = out.iterations;
  out.manifest.layers.clear();
  for (const std::string& name : layers) out.manifest.layers.push_back({name, {}, {}});
  iterations.layers = std::move(layers);
  iterations.start_ns.assign(start_ns.data(), start_ns.data() + count);
  iterations.end_ns.assign(end_ns.data(), end_ns.data() + count);
  iterations.layer_ms.assign(layer_ms.data(), layer_ms.data() + layer_ms.size());
  check_iterations(iterations);
}

std::shared_ptr<Recording> with_iterations(const Recording& self, std::vector<std::string> layers,
                                           const Times& start_ns, const Times& end_ns,
                                           const Table& layer_ms) {
  auto out = std::make_shared<Recording>(self);
  put_iterations(*out, std::move(layers), start_ns, end_ns, layer_ms);
  if (out->power.size() > 0) {
    recording::check_coverage(out->iterations, out->power, "time_ns", out->warnings);
  }
  return out;
}

std::shared_ptr<Recording> from_arrays(
    std::vector<std::string> layers, const Times& start_ns, const Times& end_ns,
    const Table& layer_ms, const Times& time_ns, const std::vector<std::string>& rails,
    const Table& rail_mw, const std::optional<std::vector<std::string>>& in_total,
    const std::string& kind, const std::string& scope, bool measured,
    std::optional<double> period_ms, std::optional<double> window_ms,
    std::optional<double> latency_ms, std::optional<double> time_constant_ms,
    std::optional<double> timestamp_error_ms) {
  const std::size_t samples = time_ns.shape(0);
  if (rail_mw.shape(0) != samples || rail_mw.shape(1) != rails.size()) {
    refuse("is not of shape (samples, rails)", "rail_mw");
  }
  auto out = std::make_shared<Recording>();
  put_iterations(*out, std::move(layers), start_ns, end_ns, layer_ms);

  SensorInfo& sensor = out->manifest.sensor;
  sensor.kind = kind;
  sensor.scope = scope;
  sensor.measured = measured;
  sensor.model = {period_ms, window_ms, latency_ms, time_constant_ms, timestamp_error_ms};
  if (samples == 0) return out;
  std::vector<bool> said;
  if (in_total) {
    for (const std::string& rail : rails) {
      const bool is_in = std::find(in_total->begin(), in_total->end(), rail) != in_total->end();
      sensor.rails.push_back({rail, is_in});
      said.push_back(true);
    }
  }
  recording::decide_rails(rails, said, sensor, out->warnings);
  PowerSamples& power = out->power;
  power.rails = sensor.rails;
  power.time_ns.assign(time_ns.data(), time_ns.data() + samples);
  power.rail_mw.assign(rail_mw.data(), rail_mw.data() + rail_mw.size());
  for (std::size_t k = 1; k < samples; ++k) {
    if (power.time_ns[k] < power.time_ns[k - 1]) refuse("goes back", "time_ns");
  }
  recording::check_coverage(out->iterations, power, "time_ns", out->warnings);
  return out;
}

std::vector<std::string> rail_names_of(const Recording& self) {
  std::vector<std::string> names;
  for (const Rail& rail : self.power.rails) names.push_back(rail.name);
  return names;
}

void bind_columns(nb::class_<Recording>& recording) {
  recording
      .def_prop_ro(
          "start_ns",
          [](nb::handle self) {
            return view(self, nb::cast<Recording&>(self).iterations.start_ns);
          },
          "int64 (inferences,): ns since the Unix epoch. A view.")
      .def_prop_ro(
          "end_ns",
          [](nb::handle self) { return view(self, nb::cast<Recording&>(self).iterations.end_ns); },
          "int64 (inferences,): ns since the Unix epoch. A view.")
      .def_prop_ro(
          "layer_ms",
          [](nb::handle self) {
            const Iterations& all = nb::cast<Recording&>(self).iterations;
            return view(self, all.layer_ms, all.size(), all.layers.size());
          },
          "float64 (inferences, layers): ms; NaN where a layer was not reported. A view.")
      .def_prop_ro(
          "time_ns",
          [](nb::handle self) { return view(self, nb::cast<Recording&>(self).power.time_ns); },
          "int64 (samples,): stamps of the power samples. A view.")
      .def_prop_ro(
          "rail_mw",
          [](nb::handle self) {
            const PowerSamples& power = nb::cast<Recording&>(self).power;
            return view(self, power.rail_mw, power.size(), power.rails.size());
          },
          "float64 (samples, rails): mW; NaN where a rail was not read. A view.")
      .def_prop_ro(
          "total_mw",
          [](nb::handle self) {
            const PowerSamples& power = nb::cast<Recording&>(self).power;
            auto* totals = new std::vector<double>(power.size());
            const nb::capsule owner(
                totals, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
            for (std::size_t k = 0; k < power.size(); ++k) (*totals)[k] = power.total_mw(k);
            return View1<double>(totals->data(), {totals->size()}, owner);
          },
          nb::rv_policy::automatic,
          "float64 (samples,): sum of the rails in the total; NaN where one is missing.");
}

}  // namespace

void bind_recording(nb::module_& module) {
  nb::class_<Recording> recording(module, "Recording",
                                  "What was measured, before any arithmetic (docs/recording.md).");
  recording
      .def_prop_ro(
          "layers", [](const Recording& self) { return self.iterations.layers; },
          "Names in execution order; they may repeat.")
      .def_prop_ro("rails", &rail_names_of)
      .def_prop_ro(
          "in_total",
          [](const Recording& self) {
            std::vector<bool> out;
            for (const Rail& rail : self.power.rails) out.push_back(rail.in_total);
            return out;
          },
          "Whether a rail is part of the total, by rail.")
      .def_prop_ro(
          "scope", [](const Recording& self) { return self.manifest.sensor.scope; },
          "What the total covers; empty: no total is formed.")
      .def_prop_ro("sensor", [](const Recording& self) { return self.manifest.sensor.kind; })
      .def_prop_ro(
          "device", [](const Recording& self) { return from_json(self.manifest.device_json); },
          nb::sig("def device(self) -> dict"))
      .def_prop_ro(
          "engine", [](const Recording& self) { return from_json(self.manifest.engine_json); },
          nb::sig("def engine(self) -> dict"))
      .def_prop_ro(
          "incidents",
          [](const Recording& self) {
            nb::list out;
            for (const Incident& one : self.incidents) {
              out.append(nb::make_tuple(one.time_ns, one.code, one.message));
            }
            return out;
          },
          "What went wrong while the measurement went on: (time_ns, code, message).",
          nb::sig("def incidents(self) -> list[tuple[int, str, str]]"))
      .def("__len__", [](const Recording& self) { return self.iterations.size(); })
      .def("__repr__", [](const Recording& self) {
        return "<layerwatt.Recording: " + std::to_string(self.iterations.size()) +
               " inferences of " + std::to_string(self.iterations.layers.size()) + " layers, " +
               std::to_string(self.power.size()) + " power samples>";
      });
  bind_columns(recording);
  recording.def_static(
      "from_arrays", &from_arrays, "layers"_a, "start_ns"_a, "end_ns"_a, "layer_ms"_a, "time_ns"_a,
      "rails"_a, "rail_mw"_a, nb::kw_only(), "in_total"_a = nb::none(), "kind"_a = "arrays",
      "scope"_a = "", "measured"_a = true, "period_ms"_a = nb::none(), "window_ms"_a = nb::none(),
      "latency_ms"_a = nb::none(), "time_constant_ms"_a = nb::none(),
      "timestamp_error_ms"_a = nb::none(),
      "A recording of your own times and power readings; the arrays are copied once.\n\n"
      "layers: names, in execution order. start_ns, end_ns: int64 (inferences,), ns on one clock,\n"
      "ascending. layer_ms: float64 (inferences, layers); NaN = not reported. time_ns: int64\n"
      "(samples,), ascending, on the same clock. rail_mw: float64 (samples, rails), mW.\n"
      "in_total: the rails that add up to the total; None: by the known boards' sets, and a "
      "single\n"
      "rail is the total. The rest is what is known of the sensor's response; None: not known, to\n"
      "be found from the data. Raises BadInputError for arrays that do not fit together.");
  recording.def("with_iterations", &with_iterations, "layers"_a, "start_ns"_a, "end_ns"_a,
                "layer_ms"_a, "The same power with other inferences, as from_arrays takes them.");
  module.def(
      "load_recording",
      [](const std::filesystem::path& directory) {
        const nb::gil_scoped_release no_gil;
        return std::make_shared<Recording>(load_recording(directory));
      },
      "directory"_a);
  module.def(
      "load_loose_files",
      [](const std::filesystem::path& iterations, const std::filesystem::path& power) {
        const nb::gil_scoped_release no_gil;
        return std::make_shared<Recording>(load_loose_files(iterations, power));
      },
      "iterations"_a, "power"_a);
}

}  // namespace layerwatt::python
