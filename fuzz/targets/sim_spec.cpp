// .sim.json.
#include "fuzz/targets.hpp"
#include "sim/spec.hpp"

namespace layerwatt::fuzz {

void fuzz_sim_spec(std::string_view bytes) {
  try {
    const sim::Spec spec = sim::parse_spec(bytes, "a.sim.json");
    require(!spec.rails.empty(), "a board without a rail");
    for (const sim::LayerSpec& layer : spec.engine.layers) {
      require(layer.stretch.power_mw.size() == spec.rails.size(), "not one power a rail");
      require(layer.stretch.time_ms >= 0.0, "a layer takes less than no time");
    }
  } catch (const Error& error) {
    require_useful(error);
  }
}

}  // namespace layerwatt::fuzz
