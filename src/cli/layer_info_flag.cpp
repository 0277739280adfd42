#include "cli/layer_info_flag.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/whole_file.hpp"
#include "engine/layer_info.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {

void join_layer_info_file(const std::filesystem::path& file, Result& result) {
  const LayerInformation information =
      parse_layer_information(read_whole_file(file), file.string());
  std::vector<LayerInfo> layers;
  for (const LayerResult& layer : result.layers) {
    layers.push_back({layer.name, layer.type, layer.precision});
  }
  const auto matches = match_layers(layers, information);
  const auto known =
      std::count_if(matches.begin(), matches.end(), [](const auto& match) { return match; });
  if (known == 0) {
    throw Error(ErrorKind::bad_input, "names no layer of this result", file.string(),
                "it belongs to another engine");
  }
  join_layer_information(layers, information);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    result.layers[i].type = layers[i].type;
    result.layers[i].precision = layers[i].precision;
  }
  auto engine = nlohmann::json::parse(result.engine_json, nullptr, false);
  if (!engine.is_object()) engine = nlohmann::json::object();
  engine["layers"] = nlohmann::json::parse(layer_information_json(layers, information));
  result.engine_json = engine.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace layerwatt::cli
