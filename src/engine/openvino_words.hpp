// OpenVINO's texts, made readable.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace layerwatt {

// What an OpenVINO exception says, on one line, without its source files, failed conditions and
// blank lines:
//   "Exception from src/inference/…cpp:84:\nCheck 'm_weights_provider' failed at …:887:\n
//    Empty weights data in bin file or bin file cannot be found!\n\n"
// is "Empty weights data in bin file or bin file cannot be found!".
std::string useful_part(std::string_view exception_text);

// The precision a node runs in, which ends the name of its implementation: "brgconv_avx2_f32" →
// "f32". Empty when the name ends in no type.
std::optional<std::string> precision_of(std::string_view exec_type);

// The name of a layer, in the model's words: the operations that its node does, joined as TensorRT
// joins them ("/conv1/Conv + /relu/Relu"). `originals`: the runtime model's comma-separated
// originalLayersNames, in which a name may itself hold commas; `known`: the names of the model's
// operations. Names that OpenVINO made up ("Multiply_5133", "…/Conv/WithoutBiases") are left out,
// unless there is no other; a node that OpenVINO put in keeps its own name.
std::string layer_name(const std::string& node, std::string_view originals,
                       const std::set<std::string, std::less<>>& known);

}  // namespace layerwatt
