// What TensorRT's engine inspector tells of the layers, as JSON: IEngineInspector's, and the same
// in trtexec's --exportLayerInfo file. Pure text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/recording.hpp"

namespace layerwatt {

struct InspectedLayer {
  std::string name;
  std::optional<std::string> type;       // "CaskConvolution"
  std::optional<std::string> precision;  // "f16", of what it writes
  std::optional<std::string> tactic;     // the kernel's name, or the tactic's number
  std::vector<std::string> inputs;       // "f16 32x3x224x224", with the layout in brackets
  std::vector<std::string> outputs;
  std::vector<std::string> onnx;  // the nodes of the model that it does
};

struct LayerInformation {
  std::vector<InspectedLayer> layers;
  bool detailed = false;  // else the engine was built without it, and there are names alone
};

// Throws Error(bad_input), with `where`, for what is not such JSON.
LayerInformation parse_layer_information(std::string_view json, const std::string& where);

// For each of `layers`, which of the inspected ones it is: the k-th layer of a name is the k-th
// inspected one of that name. Empty where there is none: a layer that is only run, or only listed.
std::vector<std::optional<std::size_t>> match_layers(const std::vector<LayerInfo>& layers,
                                                     const LayerInformation& information);

// Fills in type and precision where they are missing.
void join_layer_information(std::vector<LayerInfo>& layers, const LayerInformation& information);

// A JSON array, one element a layer, null where nothing is known: what the result's engine carries
// as "layers".
std::string layer_information_json(const std::vector<LayerInfo>& layers,
                                   const LayerInformation& information);

// "f16" of "Channel major FP16 format where channel % 8 == 0"; empty where it names no type.
std::optional<std::string> precision_of_format(std::string_view format);

// The nodes in a layer's name or in its metadata: "Conv_0 + Relu_1", "{ForeignNode[a...b]}",
// "[ONNX Layer: a]…".
std::vector<std::string> onnx_nodes(std::string_view name, std::string_view metadata);

}  // namespace layerwatt
