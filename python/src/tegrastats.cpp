// Lines of tegrastats, by the library's own parser, and its table of which rails make a total.
#include "sensor/tegrastats.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "bindings.hpp"
#include "cli/tegrastats_json.hpp"
#include "layerwatt/host.hpp"
#include "owned_array.hpp"
#include "sensor/rail_map.hpp"

namespace layerwatt::python {
namespace {

nb::object parse_line(const std::string& text) {
  TegrastatsLine line;
  if (const auto problem = parse_tegrastats_line(text, line)) {
    throw Error(ErrorKind::bad_input, std::string(describe(*problem)), "tegrastats", "");
  }
  std::string out;
  cli::TegrastatsJson().append(out, line);
  return from_json(out);
}

// "5191mW/5190mW", "5191/5190", "1729630462.09": the number that the text begins with.
double leading_number(std::string_view text) {
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  std::string_view rest(stop, static_cast<std::size_t>(end - stop));
  if (rest.substr(0, 2) == "mW") rest.remove_prefix(2);
  if (failed != std::errc() || !std::isfinite(number) || !(rest.empty() || rest.front() == '/')) {
    throw nb::value_error(("no reading: '" + std::string(text) + "'").c_str());
  }
  return number;
}

// Tens of thousands of entries: a loop over them in Python takes longer than the attribution.
nb::object leading_numbers(const nb::list& entries, const nb::str& key) {
  std::vector<double> numbers;
  numbers.reserve(entries.size());
  for (const nb::handle entry : entries) {
    if (!nb::isinstance<nb::dict>(entry)) throw nb::type_error("an entry is not a dict");
    PyObject* const text = PyDict_GetItemWithError(entry.ptr(), key.ptr());
    if (text == nullptr) {
      if (PyErr_Occurred() != nullptr) nb::raise_python_error();
      numbers.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    Py_ssize_t size = 0;
    const char* const characters = PyUnicode_AsUTF8AndSize(text, &size);
    if (characters == nullptr) nb::raise_python_error();
    numbers.push_back(leading_number({characters, static_cast<std::size_t>(size)}));
  }
  const std::size_t count = numbers.size();
  return nb::cast(owned<double, nb::ndim<1>>(std::move(numbers), {count}));
}

}  // namespace

void bind_tegrastats(nb::module_& module) {
  module.def("parse_tegrastats_line", &parse_line, "line"_a,
             "One line as the dict that docs/cli/parse-tegrastats.md describes: numbers, mW, °C.\n"
             "Raises BadInputError for a line that cannot be used.",
             nb::sig("def parse_tegrastats_line(line: str) -> dict"));
  module.def(
      "find_tegrastats",
      [] {
        // The environment as it is now: a script may have set the variable.
        return find_tegrastats(SysRoot(), {});
      },
      "The program of this machine: LAYERWATT_TEGRASTATS, or where Jetson Linux installs it; "
      "never\n"
      "PATH, in which another user may have a say. Raises SensorError where there is none.");
  module.def(
      "leading_numbers", &leading_numbers, "entries"_a, "key"_a,
      "float64 (entries,): what the text under `key` begins with in each dict of a list, with\n"
      "mW behind it or not; NaN where a dict has no such key. Raises ValueError for a text that\n"
      "begins with no number.",
      nb::sig("def leading_numbers(entries: list[dict[str, str]], key: str) -> "
              "numpy.ndarray"));
  module.def(
      "choose_rails",
      [](const std::vector<std::string>& names) {
        const RailChoice choice = choose_rails(std::span<const std::string>(names));
        std::vector<std::string> in_total;
        for (const Rail& rail : choice.rails) {
          if (rail.in_total) in_total.push_back(rail.name);
        }
        return nb::make_tuple(in_total, choice.scope, choice.reason);
      },
      "names"_a,
      "(rails of the total, what it covers, why there is none): by the set of rails of the board.",
      nb::sig(
          "def choose_rails(names: collections.abc.Sequence[str]) -> tuple[list[str], str, str]"));
}

}  // namespace layerwatt::python
