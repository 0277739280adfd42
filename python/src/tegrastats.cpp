// Lines of tegrastats, by the library's own parser, and its table of which rails make a total.
#include "sensor/tegrastats.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "cli/tegrastats_json.hpp"
#include "layerwatt/host.hpp"
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
