// layerwatt::Error becomes one of the classes of layerwatt/_errors.py, by its kind.
#include <exception>

#include "bindings.hpp"

namespace layerwatt::python {

nb::object exception_of(const Error& error) {
  return nb::module_::import_("layerwatt._errors")
      .attr("error_of_kind")(std::string(to_string(error.kind())), error.problem(), error.where(),
                             error.hint());
}

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      try {
        const nb::object exception = exception_of(error);
        PyErr_SetObject(exception.type().ptr(), exception.ptr());
      } catch (nb::python_error& failed) {
        failed.restore();  // what went wrong on the way is told instead
      }
    }
  });
}

}  // namespace layerwatt::python
