#include "bindings.hpp"
#include "layerwatt/version.hpp"

namespace layerwatt::python {

const Host& host() {
  static const Host machine;
  return machine;
}

nb::object from_json(const std::string& text) {
  return nb::module_::import_("json").attr("loads")(text);
}

}  // namespace layerwatt::python

NB_MODULE(_core, module) {
  using namespace layerwatt::python;
  module.doc() = "layerwatt's C++ library. Use the package `layerwatt`, which is made of this.";
  module.def("version", [] { return LAYERWATT_VERSION; });
  bind_errors(module);
  bind_result_parts(module);
  bind_recording(module);
  bind_result(module);
  bind_profile(module);
  bind_cuda_graph(module);
  bind_record(module);
  bind_layer_profiler(module);
  bind_tegrastats(module);
  bind_line_log(module);
  bind_machine(module);
  bind_program(module);
}
