// manifest.json.
#include "recording/manifest.hpp"

#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_manifest(std::string_view bytes) {
  try {
    const recording::ReadManifest read = recording::manifest_from_json(bytes, "manifest.json");
    require(read.in_total_known.size() == read.manifest.sensor.rails.size(), "not one flag a rail");
    const std::string once = recording::manifest_to_json(read.manifest);
    const std::string twice =
        recording::manifest_to_json(recording::manifest_from_json(once, "manifest.json").manifest);
    require(once == twice, "what is written is not what is read");
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
