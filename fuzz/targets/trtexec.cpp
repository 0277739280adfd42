// What trtexec exports: layer times, inferences, and what the layers are.
#include "engine/trtexec.hpp"

#include <cmath>

#include "engine/layer_info.hpp"
#include "fuzz/targets.hpp"

namespace layerwatt::fuzz {

void fuzz_trtexec(std::string_view bytes) {
  TrtexecProfile profile;
  try {
    profile = parse_trtexec_profile(bytes, "profile.json");
    require(profile.layers.size() == profile.mean_ms.size() && !profile.layers.empty(),
            "not one time a layer");
  } catch (const Error& error) {
    require_useful(error);
  }
  try {
    const auto times = parse_trtexec_times(bytes, "times.json");
    for (std::size_t i = 1; i < times.size(); ++i) {
      require(times[i - 1].end_ms <= times[i].compute_start_ms, "inferences that overlap");
    }
    static_cast<void>(trtexec_begin_by_file_time(times, 1'700'000'000'000'000'000));
    if (profile.layers.empty()) profile = {1, {"a", "b"}, {0.5, 0.25}};
    const Iterations iterations = trtexec_iterations(profile, times, 1'700'000'000'000'000'000);
    require(iterations.size() == times.size(), "not one row an inference");
    for (const double ms : iterations.layer_ms) require(ms >= 0.0, "a layer without a time");
  } catch (const Error& error) {
    require_useful(error);
  }
  try {
    const LayerInformation information = parse_layer_information(bytes, "layers.json");
    std::vector<LayerInfo> layers{{"conv1", {}, {}}, {"conv1", {}, {}}};
    join_layer_information(layers, information);
    static_cast<void>(layer_information_json(layers, information));
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
