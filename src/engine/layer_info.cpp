#include "engine/layer_info.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/json_depth.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt {
namespace {

using Json = nlohmann::json;

struct TypeRow {
  std::string_view word;
  const char* name;
};

// Longer words first: "BF16" holds "F16" in newer formats.
constexpr TypeRow kTypes[] = {
    {"BF16", "bf16"}, {"BFloat16", "bf16"}, {"FP16", "f16"},  {"Half", "f16"},  {"FP32", "f32"},
    {"Float", "f32"}, {"FP8", "f8"},        {"FP4", "f4"},    {"UINT8", "u8"},  {"UInt8", "u8"},
    {"INT8", "i8"},   {"Int8", "i8"},       {"INT4", "i4"},   {"INT32", "i32"}, {"Int32", "i32"},
    {"INT64", "i64"}, {"Int64", "i64"},     {"BOOL", "bool"}, {"Bool", "bool"},
};

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string tensor_text(const Json& tensor) {
  if (!tensor.is_object()) return tensor.is_string() ? tensor.get<std::string>() : tensor.dump();
  const std::string format = text_at(tensor, "Format/Datatype");
  std::string text = precision_of_format(format).value_or("");
  std::string shape;
  if (const auto found = tensor.find("Dimensions"); found != tensor.end() && found->is_array()) {
    for (const Json& dimension : *found) {
      shape += (shape.empty() ? "" : "x") + dimension.dump();
    }
  }
  if (!shape.empty()) text += (text.empty() ? "" : " ") + shape;
  if (!format.empty()) text += " (" + format + ")";
  return text;
}

std::optional<std::string> some(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

InspectedLayer layer_of(const Json& json) {
  InspectedLayer layer;
  if (json.is_string()) {
    layer.name = json.get<std::string>();
    layer.onnx = onnx_nodes(layer.name, "");
    return layer;
  }
  layer.name = text_at(json, "Name");
  layer.type = some(text_at(json, "LayerType"));
  layer.tactic = some(text_at(json, "TacticName"));
  if (!layer.tactic) layer.tactic = some(text_at(json, "TacticValue"));
  for (const Json& tensor : json.value("Inputs", Json::array())) {
    layer.inputs.push_back(tensor_text(tensor));
  }
  for (const Json& tensor : json.value("Outputs", Json::array())) {
    layer.outputs.push_back(tensor_text(tensor));
    if (!layer.precision && tensor.is_object()) {
      layer.precision = precision_of_format(text_at(tensor, "Format/Datatype"));
    }
  }
  layer.onnx = onnx_nodes(layer.name, text_at(json, "Metadata"));
  return layer;
}

void add_words(std::vector<std::string>& words, std::string_view text, std::string_view between) {
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(between), text.size());
    std::string_view word = text.substr(0, at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(at + between.size(), text.size()));
  }
}

}  // namespace

std::optional<std::string> precision_of_format(std::string_view format) {
  for (const TypeRow& row : kTypes) {
    if (format.find(row.word) != std::string_view::npos) return row.name;
  }
  return std::nullopt;
}

std::vector<std::string> onnx_nodes(std::string_view name, std::string_view metadata) {
  std::vector<std::string> nodes;
  constexpr std::string_view kOpen = "[ONNX Layer: ";
  for (std::size_t at = metadata.find(kOpen); at != std::string_view::npos;
       at = metadata.find(kOpen, at + 1)) {
    const std::size_t begin = at + kOpen.size();
    nodes.emplace_back(metadata.substr(begin, metadata.find(']', begin) - begin));
  }
  if (!nodes.empty()) return nodes;
  // Copies that TensorRT adds are no node of the model.
  if (name.starts_with("Reformatting CopyNode") || name.starts_with("reformatted_")) return nodes;
  // Myelin's kernels end in "_myl0_3": the number of the graph and of the kernel in it.
  if (const std::size_t suffix = name.rfind("_myl"); suffix != std::string_view::npos) {
    if (name.find_first_not_of("0123456789_", suffix + 4) == std::string_view::npos) {
      name = name.substr(0, suffix);
    }
  }
  constexpr std::string_view kForeign = "{ForeignNode[";
  if (name.starts_with(kForeign)) {
    const std::size_t end = name.find("]}");
    add_words(nodes, name.substr(kForeign.size(), end - kForeign.size()), "...");
    return nodes;
  }
  add_words(nodes, name, " + ");
  return nodes;
}

LayerInformation parse_layer_information(std::string_view json, const std::string& where) {
  const auto bad = [&](const std::string& what) {
    return Error(ErrorKind::bad_input, what, where,
                 "give the file of trtexec --exportLayerInfo=F --profilingVerbosity=detailed");
  };
  if (nests_deeper(json)) throw bad("is nested too deeply");
  const Json all = Json::parse(json, nullptr, false);
  if (all.is_discarded()) throw bad("is not JSON");
  const Json& list = all.is_object() && all.contains("Layers") ? all["Layers"] : all;
  if (!list.is_array()) throw bad("has no list of layers");
  LayerInformation information;
  for (const Json& layer : list) {
    if (!layer.is_string() && !layer.is_object()) throw bad("has a layer that is not one");
    information.detailed |= layer.is_object();
    information.layers.push_back(layer_of(layer));
  }
  return information;
}

std::vector<std::optional<std::size_t>> match_layers(const std::vector<LayerInfo>& layers,
                                                     const LayerInformation& information) {
  std::map<std::string_view, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < information.layers.size(); ++i) {
    by_name[information.layers[i].name].push_back(i);
  }
  std::map<std::string_view, std::size_t> used;
  std::vector<std::optional<std::size_t>> matches;
  for (const LayerInfo& layer : layers) {
    const auto found = by_name.find(layer.name);
    std::size_t& next = used[layer.name];
    matches.push_back(found != by_name.end() && next < found->second.size()
                          ? std::optional<std::size_t>(found->second[next])
                          : std::nullopt);
    ++next;
  }
  return matches;
}

void join_layer_information(std::vector<LayerInfo>& layers, const LayerInformation& information) {
  const auto matches = match_layers(layers, information);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!matches[i]) continue;
    const InspectedLayer& found = information.layers[*matches[i]];
    if (!layers[i].type) layers[i].type = found.type;
    if (!layers[i].precision) layers[i].precision = found.precision;
  }
}

std::string layer_information_json(const std::vector<LayerInfo>& layers,
                                   const LayerInformation& information) {
  const auto or_null = [](const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
  };
  Json list = Json::array();
  const auto matches = match_layers(layers, information);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!matches[i]) {
      list.push_back(nullptr);
      continue;
    }
    const InspectedLayer& found = information.layers[*matches[i]];
    list.push_back({{"tactic", or_null(found.tactic)},
                    {"inputs", found.inputs},
                    {"outputs", found.outputs},
                    {"onnx", found.onnx}});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace layerwatt
