// From two files of unknown origin to a result: iterations.csv, a line "====", and the power.
#include <cmath>

#include "fuzz/targets.hpp"
#include "layerwatt/attribution.hpp"
#include "layerwatt/recording.hpp"

namespace layerwatt::fuzz {
namespace {

void check(const Recording& recording, const Result& result) {
  require(result.layers.size() == recording.iterations.layers.size(), "a layer is lost");
  for (const LayerResult& layer : result.layers) {
    const bool known = layer.energy_mj.has_value();
    require(!known || std::isfinite(layer.energy_mj->mean), "an energy that is no number");
  }
}

}  // namespace

void fuzz_analyze(std::string_view bytes) {
  constexpr std::string_view kCut = "\n====\n";
  const std::size_t cut = bytes.find(kCut);
  if (cut == std::string_view::npos) return;
  try {
    const Recording recording = load_loose_files(as_file(bytes.substr(0, cut + 1), 0),
                                                 as_file(bytes.substr(cut + kCut.size()), 1));
    AttributionOptions options;
    options.method = Method::overlap;
    check(recording, attribute(recording, options));
    // The search for a sensor's response takes seconds under the sanitizers where there is much to
    // search in.
    if (recording.iterations.size() * recording.power.size() > 200) return;
    check(recording, attribute(recording));
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
