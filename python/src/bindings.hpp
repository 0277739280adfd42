// What the files of the Python extension share. Bindings are thin: they convert, release the GIL,
// and say what a thing is; arithmetic is the library's, convenience is in python/layerwatt/*.py.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "layerwatt/error.hpp"
#include "layerwatt/host.hpp"
#include "layerwatt/recording.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt::python {

namespace nb = nanobind;
// In signatures: bool f(int, nb::keyword...) reads as Python does.
using namespace nb::literals;

// One machine and one clock for the whole process: stamps of different calls can be compared.
const Host& host();

// What Python calls a Result: the figures, and the recording that they come from, which the reports
// with a timeline need (empty for a result that was read from JSON).
struct Measured {
  Result result;
  std::shared_ptr<Recording> recording = std::make_shared<Recording>();
  bool interrupted = false;
  std::optional<Error> failure;
};

// The exception that layerwatt/_errors.py makes of it.
nb::object exception_of(const Error& error);

// A JSON object as Python's.
nb::object from_json(const std::string& text);

template <class T>
std::optional<T> value_or_none(const Known<T>& known) {
  if (!known) return std::nullopt;
  return *known;
}

inline std::optional<std::pair<double, double>> pair_of(const std::optional<Interval>& interval) {
  if (!interval) return std::nullopt;
  return std::pair(interval->lo, interval->hi);
}

// "auto" or one of the methods; empty for "auto". Throws Error(usage).
std::optional<Method> method_named(const std::string& name);

void bind_cuda_graph(nb::module_& module);
void bind_errors(nb::module_& module);
void bind_layer_profiler(nb::module_& module);
void bind_line_log(nb::module_& module);
void bind_machine(nb::module_& module);
void bind_profile(nb::module_& module);
void bind_program(nb::module_& module);
void bind_record(nb::module_& module);
void bind_recording(nb::module_& module);
void bind_result(nb::module_& module);
void bind_result_parts(nb::module_& module);
void bind_tegrastats(nb::module_& module);

}  // namespace layerwatt::python
