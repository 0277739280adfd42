// The parts of a result: plain values, read-only. A value that is missing is None, never 0; the
// reason stands in `missing`.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"

namespace layerwatt::python {
namespace {

std::string text_of(const std::optional<Interval>& interval) {
  return interval ? fmt::format("({:.6g}, {:.6g})", interval->lo, interval->hi) : "None";
}

template <class T>
void note_missing(nb::dict& reasons, const char* field, const Known<T>& known) {
  if (!known) reasons[field] = known.reason();
}

constexpr const char* kMissingDoc = "Why a field that is None is None: {field: reason}.";

void bind_numbers(nb::module_& module) {
  nb::class_<Estimate>(module, "Estimate", "A number inferred from data.")
      .def_ro("mean", &Estimate::mean)
      .def_prop_ro(
          "ci95", [](const Estimate& self) { return pair_of(self.ci95); },
          "(low, high) of its 95 % confidence interval; None where none can honestly be given.")
      .def("__float__", [](const Estimate& self) { return self.mean; })
      .def("__repr__", [](const Estimate& self) {
        return fmt::format("Estimate(mean={:.6g}, ci95={})", self.mean, text_of(self.ci95));
      });
  nb::class_<Metric>(module, "Metric", "Summary of repeated readings; std divides by n - 1.")
      .def_ro("mean", &Metric::mean)
      .def_ro("median", &Metric::median)
      .def_ro("min", &Metric::min)
      .def_ro("max", &Metric::max)
      .def_ro("std", &Metric::std)
      .def_ro("p90", &Metric::p90)
      .def_ro("p99", &Metric::p99)
      .def_ro("count", &Metric::count)
      .def_prop_ro(
          "ci95", [](const Metric& self) { return pair_of(self.ci95); },
          "(low, high) of the 95 % interval of the mean; None for fewer than two readings.")
      .def("__float__", [](const Metric& self) { return self.mean; })
      .def("__repr__", [](const Metric& self) {
        return fmt::format("Metric(mean={:.6g}, median={:.6g}, std={:.6g}, ci95={}, count={})",
                           self.mean, self.median, self.std, text_of(self.ci95), self.count);
      });
}

void bind_layers(nb::module_& module) {
  nb::class_<RailResult>(module, "RailResult", "One power rail.")
      .def_ro("rail", &RailResult::rail)
      .def_prop_ro("power_mw", [](const RailResult& self) { return value_or_none(self.power_mw); })
      .def_prop_ro(
          "energy_mj", [](const RailResult& self) { return value_or_none(self.energy_mj); },
          "mJ an inference.");
  nb::class_<LayerResult>(module, "LayerResult", "One layer, over the whole run.")
      .def_ro("index", &LayerResult::index, "Place in execution order: the key; names may repeat.")
      .def_ro("name", &LayerResult::name)
      .def_ro("type", &LayerResult::type)
      .def_ro("precision", &LayerResult::precision)
      .def_prop_ro(
          "time_ms", [](const LayerResult& self) { return value_or_none(self.time_ms); },
          "ms in one inference.")
      .def_prop_ro(
          "power_mw", [](const LayerResult& self) { return value_or_none(self.power_mw); },
          "Mean mW while the layer runs, over the rails in the total.")
      .def_prop_ro(
          "energy_mj", [](const LayerResult& self) { return value_or_none(self.energy_mj); },
          "mJ in one inference.")
      .def_ro("rails", &LayerResult::rails)
      .def_ro("samples", &LayerResult::samples, "Power samples that touched the layer.")
      .def_ro("group", &LayerResult::group,
              "Index into Result.groups: layers that the data cannot tell apart; else None.")
      .def_ro("reason", &LayerResult::reason, "Why power or energy is missing or shared.")
      .def_prop_ro(
          "missing",
          [](const LayerResult& self) {
            nb::dict reasons;
            note_missing(reasons, "time_ms", self.time_ms);
            note_missing(reasons, "power_mw", self.power_mw);
            note_missing(reasons, "energy_mj", self.energy_mj);
            return reasons;
          },
          kMissingDoc)
      .def("__repr__", [](const LayerResult& self) {
        return fmt::format(
            "<layer {} '{}': {}, {}>", self.index, self.name,
            self.time_ms ? fmt::format("{:.4g} ms", self.time_ms->mean) : self.time_ms.reason(),
            self.energy_mj ? fmt::format("{:.4g} mJ", self.energy_mj->mean)
                           : self.energy_mj.reason());
      });
  nb::class_<LayerGroup>(module, "LayerGroup",
                         "Layers that the data cannot tell apart: their energy is known together.")
      .def_ro("layers", &LayerGroup::layers)
      .def_prop_ro("energy_mj",
                   [](const LayerGroup& self) { return value_or_none(self.energy_mj); });
}

void bind_whole(nb::module_& module) {
  nb::class_<OutsideLayers>(module, "OutsideLayers", "What an inference spends outside its layers.")
      .def_prop_ro("time_ms", [](const OutsideLayers& self) { return value_or_none(self.time_ms); })
      .def_prop_ro("power_mw",
                   [](const OutsideLayers& self) { return value_or_none(self.power_mw); })
      .def_prop_ro("energy_mj",
                   [](const OutsideLayers& self) { return value_or_none(self.energy_mj); })
      .def_ro("reason", &OutsideLayers::reason);
  nb::class_<Total>(module, "Total", "One whole inference, from its start to its end.")
      .def_prop_ro("time_ms", [](const Total& self) { return value_or_none(self.time_ms); })
      .def_prop_ro("power_mw", [](const Total& self) { return value_or_none(self.power_mw); })
      .def_prop_ro("energy_mj", [](const Total& self) { return value_or_none(self.energy_mj); })
      .def_ro("rails", &Total::rails)
      .def_prop_ro(
          "missing",
          [](const Total& self) {
            nb::dict reasons;
            note_missing(reasons, "time_ms", self.time_ms);
            note_missing(reasons, "power_mw", self.power_mw);
            note_missing(reasons, "energy_mj", self.energy_mj);
            return reasons;
          },
          kMissingDoc);
  nb::class_<Closure>(module, "Closure",
                      "Layers and what is outside them, against what the sensor saw.")
      .def_ro("layers_plus_outside_mj", &Closure::layers_plus_outside_mj)
      .def_ro("measured_mj", &Closure::measured_mj)
      .def_ro("ratio", &Closure::ratio);
  nb::class_<Condition>(module, "Condition", "What held during the run: a clock, a temperature.")
      .def_ro("name", &Condition::name)
      .def_ro("unit", &Condition::unit)
      .def_ro("mean", &Condition::mean)
      .def_ro("min", &Condition::min)
      .def_ro("max", &Condition::max);
  nb::class_<Warning>(module, "Warning", "What the reader of a result should know.")
      .def_ro("code", &Warning::code)
      .def_ro("message", &Warning::message)
      .def_ro("hint", &Warning::hint)
      .def("__repr__",
           [](const Warning& self) { return fmt::format("<{}: {}>", self.code, self.message); });
}

void bind_sensor(nb::module_& module) {
  nb::class_<SensorModel>(module, "SensorModel",
                          "How a sensor responds; None: not known, and never taken for 0.")
      .def_ro("period_ms", &SensorModel::period_ms)
      .def_ro("window_ms", &SensorModel::window_ms)
      .def_ro("latency_ms", &SensorModel::latency_ms)
      .def_ro("time_constant_ms", &SensorModel::time_constant_ms)
      .def_ro("timestamp_error_ms", &SensorModel::timestamp_error_ms);
  nb::class_<ResultSensor>(module, "ResultSensor", "Where the power came from.")
      .def_ro("kind", &ResultSensor::kind)
      .def_ro("measured", &ResultSensor::measured, "False: a model or a simulation.")
      .def_ro("scope", &ResultSensor::scope, "What the total covers, such as 'module'.")
      .def_ro("model", &ResultSensor::model)
      .def_ro("notes", &ResultSensor::notes);
}

}  // namespace

void bind_result_parts(nb::module_& module) {
  bind_numbers(module);
  bind_layers(module);
  bind_whole(module);
  bind_sensor(module);
}

}  // namespace layerwatt::python
