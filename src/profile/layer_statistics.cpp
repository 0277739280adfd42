// LayerProfiler's statistics: apart from the recording of reports, which a loadable engine needs
// without the attribution.
#include <cmath>
#include <utility>

#include "attribution/statistics.hpp"
#include "layerwatt/layer_profiler.hpp"

namespace layerwatt {

std::vector<LayerTiming> LayerProfiler::statistics() const {
  std::vector<LayerTiming> all;
  for (const std::string& name : names_) all.push_back({name, Missing{"no_readings"}, {}});
  std::vector<double> layer_ms;
  for (std::size_t i = 0; i < iterations(); ++i) {
    row(i, layer_ms);
    for (std::size_t layer = 0; layer < all.size(); ++layer) {
      all[layer].raw.push_back(layer_ms[layer]);
    }
  }
  for (LayerTiming& layer : all) {
    std::vector<double> reported;
    for (const double ms : layer.raw) {
      if (!std::isnan(ms)) reported.push_back(ms);
    }
    layer.time_ms = metric(std::move(reported));
  }
  return all;
}

Result LayerProfiler::statistics(const PowerSamples& power, const SensorInfo& sensor,
                                 const AttributionOptions& options) const {
  Recording recording;
  recording.manifest.engine_json = R"({"name":"tensorrt"})";
  recording.manifest.sensor = sensor;
  for (const std::string& name : names_) recording.manifest.layers.push_back({name, {}, {}});
  recording.iterations = recorded();
  recording.power = power;
  return attribute(recording, options);
}

}  // namespace layerwatt
