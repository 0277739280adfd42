// Result: attribution, and every report of it.
#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <sstream>
#include <utility>

#include "bindings.hpp"
#include "core/whole_file.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/registry.hpp"
#include "layerwatt/report.hpp"
#include "report/columns.hpp"

namespace layerwatt::python {
namespace {

nb::object cell_object(const Cell& cell) {
  struct Visitor {
    nb::object operator()(const Missing&) const { return nb::none(); }
    nb::object operator()(const std::string& text) const { return nb::cast(text); }
    nb::object operator()(std::uint64_t count) const { return nb::cast(count); }
    nb::object operator()(double value) const { return nb::cast(value); }
  };
  return std::visit(Visitor{}, cell);
}

nb::dict columns(const Measured& self) {
  nb::dict out;
  for (const Column& column : layer_columns()) {
    nb::list cells;
    for (const LayerResult& layer : self.result.layers)
      cells.append(cell_object(column.get(layer)));
    out[column.name] = cells;
  }
  for (const std::string& rail : rail_names(self.result)) {
    for (const RailColumn& column : rail_columns()) {
      nb::list cells;
      for (const LayerResult& layer : self.result.layers) {
        const RailResult* found = find_rail(layer.rails, rail);
        cells.append(found != nullptr ? cell_object(column.get(*found)) : nb::object(nb::none()));
      }
      out[(rail + "_" + column.suffix).c_str()] = cells;
    }
  }
  nb::list reasons;
  for (const LayerResult& layer : self.result.layers) reasons.append(nb::cast(layer.reason));
  out["reason"] = reasons;
  return out;
}

std::string report(const Measured& self, const std::string& format, int verbosity, std::size_t top,
                   std::size_t width, bool color) {
  const nb::gil_scoped_release no_gil;
  std::ostringstream out;
  find_report(format).write(out, self.result, *self.recording, {color, verbosity, top, width});
  return std::move(out).str();
}

std::string summary(const Measured& self) {
  const Result& result = self.result;
  const auto mean = [](const auto& known, const char* unit) {
    return known ? fmt::format("{:.4g} {}", known->mean, unit)
                 : fmt::format("no {} ({})", unit, known.reason());
  };
  return fmt::format("<layerwatt.Result: {} layers, {} inferences, {}, {} an inference, {}{}>",
                     result.layers.size(), result.iterations, mean(result.total.time_ms, "ms"),
                     mean(result.total.energy_mj, "mJ"), to_string(result.method),
                     result.sensor.measured ? "" : ", NOT MEASURED");
}

Measured analyze(std::shared_ptr<Recording> recording, const std::string& method) {
  AttributionOptions options;
  options.method = method_named(method);
  const nb::gil_scoped_release no_gil;
  Measured out;
  out.result = attribute(*recording, options);
  out.recording = std::move(recording);
  return out;
}

}  // namespace

std::optional<Method> method_named(const std::string& name) {
  if (name == "auto") return std::nullopt;
  for (const Method method : {Method::overlap, Method::deconvolve, Method::excite}) {
    if (name == to_string(method)) return method;
  }
  throw Error(ErrorKind::usage, "there is no method " + name, "method",
              "auto, overlap, deconvolve or excite");
}

void bind_result(nb::module_& module) {
  const auto inner = nb::rv_policy::reference_internal;
  nb::class_<Measured>(module, "Result", "Time, power and energy per layer; layerwatt.result/1.")
      .def_prop_ro(
          "device", [](const Measured& self) { return from_json(self.result.device_json); },
          "What is known of the device.", nb::sig("def device(self) -> dict"))
      .def_prop_ro(
          "engine", [](const Measured& self) { return from_json(self.result.engine_json); },
          "What is known of the engine.", nb::sig("def engine(self) -> dict"))
      .def_prop_ro(
          "sensor", [](const Measured& self) { return &self.result.sensor; }, inner)
      .def_prop_ro("method",
                   [](const Measured& self) { return std::string(to_string(self.result.method)); })
      .def_prop_ro("method_reason", [](const Measured& self) { return self.result.method_reason; })
      .def_prop_ro(
          "iterations", [](const Measured& self) { return self.result.iterations; },
          "Inferences that were measured.")
      .def_prop_ro(
          "layers",
          [](const Measured& self) -> const std::vector<LayerResult>& {
            return self.result.layers;
          },
          inner, "In execution order.")
      .def_prop_ro(
          "groups",
          [](const Measured& self) -> const std::vector<LayerGroup>& { return self.result.groups; },
          inner)
      .def_prop_ro(
          "outside_layers", [](const Measured& self) { return &self.result.outside_layers; }, inner)
      .def_prop_ro(
          "total", [](const Measured& self) { return &self.result.total; }, inner)
      .def_prop_ro(
          "power_draw_mw",
          [](const Measured& self) { return value_or_none(self.result.power_draw_mw); },
          "Of the power samples that fell inside an inference.")
      .def_prop_ro(
          "energy_mj", [](const Measured& self) { return value_or_none(self.result.energy_mj); },
          "Of the inferences, each by the samples inside it.")
      .def_prop_ro("closure",
                   [](const Measured& self) { return value_or_none(self.result.closure); })
      .def_prop_ro("conditions", [](const Measured& self) { return self.result.conditions; })
      .def_prop_ro("warnings", [](const Measured& self) { return self.result.warnings; })
      .def_prop_ro(
          "recording", [](const Measured& self) { return self.recording; },
          "What it was made from; empty for a result that was read from JSON.")
      .def_prop_ro(
          "interrupted", [](const Measured& self) { return self.interrupted; },
          "Ctrl-C ended the measurement; what had been measured is all here.")
      .def_prop_ro(
          "failure",
          [](const Measured& self) {
            return self.failure ? exception_of(*self.failure) : nb::object(nb::none());
          },
          "The error that ended the measurement early, or None.",
          nb::sig("def failure(self) -> Exception | None"))
      .def("columns", &columns, "Lists of one cell a layer, by the names of the CSV's columns.",
           nb::sig("def columns(self) -> dict[str, list]"))
      .def("report", &report, "format"_a, nb::kw_only(), "verbosity"_a = 0, "top"_a = 20,
           "width"_a = 100, "color"_a = false,
           "The text of a report: 'table', 'json', 'csv', 'html' or 'trace' (Perfetto).")
      .def(
          "to_pandas",
          [](nb::handle self) {
            return nb::module_::import_("layerwatt._frames").attr("to_pandas")(self);
          },
          "A pandas.DataFrame of one row a layer. A value that is missing is NaN, its reason in\n"
          "the column `reason`. Needs pandas.",
          nb::sig("def to_pandas(self) -> pandas.DataFrame"))
      .def(
          "to_json",
          [](nb::handle self, const nb::object& path) {
            return nb::module_::import_("layerwatt._frames").attr("write")(self, "json", path);
          },
          "path"_a = nb::none(),
          "The result as JSON, schema layerwatt.result/1 (docs/result.md). With a path the file\n"
          "is written too.",
          nb::sig("def to_json(self, path: str | os.PathLike | None = None) -> str"))
      .def(
          "to_html",
          [](nb::handle self, const nb::object& path) {
            return nb::module_::import_("layerwatt._frames").attr("write")(self, "html", path);
          },
          "path"_a = nb::none(), "One page with charts that needs no network.",
          nb::sig("def to_html(self, path: str | os.PathLike | None = None) -> str"))
      .def(
          "_repr_html_",
          [](nb::handle self) {
            return nb::module_::import_("layerwatt._frames").attr("to_notebook")(self);
          },
          nb::sig("def _repr_html_(self) -> str"))
      .def_static(
          "from_json",
          [](const std::string& text) {
            Measured out;
            out.result = read_result_json(text, "JSON");
            return out;
          },
          "text"_a, "The inverse of to_json(); it has no recording.")
      .def("__len__", [](const Measured& self) { return self.result.layers.size(); })
      .def("__str__", [](const Measured& self) { return report(self, "table", 0, 20, 100, false); })
      .def("__repr__", &summary);

  module.def(
      "write_file",
      [](const std::filesystem::path& file, const std::string& text) {
        const nb::gil_scoped_release no_gil;
        write_whole_file(file, [&](std::ostream& out) { out << text; });
      },
      "file"_a, "text"_a,
      "A whole text: a new file beside it, then renamed, so that nobody reads half of it and no\n"
      "other user's link is followed. Raises IoError.",
      nb::sig("def write_file(file: str | os.PathLike, text: str) -> None"));
  module.def("analyze", &analyze, "recording"_a, nb::kw_only(), "method"_a = "auto");
}

}  // namespace layerwatt::python
