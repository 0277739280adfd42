// From --shape and --input to the tensors of an OpenVINO model.
#pragma once

#include <string>

#include "layerwatt/engine.hpp"
#include "openvino/openvino.hpp"

namespace layerwatt {

// "data f32 [?,3,224,224]; …" for hints.
std::string list_inputs(const ov::Model& model);

// Makes every input's shape static: from --shape, or the file of --input where the model leaves it
// open. Throws Error(usage) for names that the model does not have, Error(bad_input) for shapes
// that do not fit and for a dynamic dimension that nobody gave: taking its bound, or 1, would
// measure another network than the user has.
void fix_shapes(ov::Model& model, const EngineOptions& options);

// Sets every input of a request on `model`, whose shapes are static: from the file of --input, else
// random. Throws Error(bad_input) when a file's type or shape is not the input's.
void fill_inputs(const ov::Model& model, const EngineOptions& options, ov::InferRequest& request);

}  // namespace layerwatt
