// What --json wrote, given to compare; and the reports of whatever it says.
#include <sstream>

#include "fuzz/targets.hpp"
#include "layerwatt/report.hpp"

namespace layerwatt {
ReportBackend json_report();
ReportBackend csv_report();
}  // namespace layerwatt

namespace layerwatt::fuzz {
namespace {

std::string written(const ReportBackend& report, const Result& result) {
  std::ostringstream out;
  report.write(out, result, {}, {});
  return out.str();
}

}  // namespace

void fuzz_result_json(std::string_view bytes) {
  try {
    const Result result = read_result_json(std::string(bytes), "result.json");
    for (const LayerResult& layer : result.layers) {
      require(!layer.group || *layer.group < result.groups.size(), "a group that is not there");
    }
    const std::string once = written(json_report(), result);
    require(once == written(json_report(), read_result_json(once, "again.json")),
            "what is written is not what is read");
    static_cast<void>(written(csv_report(), result));
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
