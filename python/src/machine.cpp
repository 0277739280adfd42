// What this machine has: sensors and engines, as the registry knows them.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "layerwatt/registry.hpp"

namespace layerwatt::python {
namespace {

nb::list list_sensors() {
  nb::list out;
  for (const SensorBackend& backend : sensors()) {
    Availability found;
    {
      const nb::gil_scoped_release no_gil;
      found = backend.probe(host(), {});
    }
    nb::dict entry;
    entry["name"] = backend.name;
    entry["summary"] = backend.summary;
    entry["usable"] = found.usable;
    entry["reason"] = found.reason;
    entry["hint"] = found.hint;
    entry["privilege"] = found.privilege;
    out.append(entry);
  }
  return out;
}

nb::list list_engines() {
  nb::list out;
  for (const EngineBackend& backend : engines()) {
    const std::string why_not = backend.unavailable ? backend.unavailable(host()) : std::string();
    nb::dict entry;
    entry["name"] = backend.name;
    entry["summary"] = backend.summary;
    entry["models"] = backend.extensions;
    entry["usable"] = why_not.empty();
    entry["reason"] = why_not;
    out.append(entry);
  }
  return out;
}

}  // namespace

void bind_machine(nb::module_& module) {
  module.def("sensors", &list_sensors,
             "Every power source of this build: name, summary, usable, reason, hint, privilege.");
  module.def("engines", &list_engines,
             "Every engine of this build: name, summary, models (file endings), usable, reason.");
  module.def(
      "now_ns", [] { return host().clock->now_ns(); },
      "Nanoseconds since the Unix epoch, on the clock that every stamp here is on: it never goes\n"
      "back, and a step of the wall clock does not move it.");
}

}  // namespace layerwatt::python
