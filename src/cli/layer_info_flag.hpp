// --layer-info F: what TensorRT's engine inspector tells of the layers, put into a result.
#pragma once

#include <filesystem>

#include "layerwatt/result.hpp"

namespace layerwatt::cli {

// Fills in type and precision where they are missing, and the result's engine's "layers" (tactic,
// tensors, nodes of the ONNX model). Throws Error(bad_input), or Error(io).
void join_layer_info_file(const std::filesystem::path& file, Result& result);

}  // namespace layerwatt::cli
