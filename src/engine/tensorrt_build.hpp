// ONNX to plan, by TensorRT's builder.
#pragma once

#include "layerwatt/build.hpp"

namespace layerwatt::trt {

// What build_engine() calls in this module.
BuildReport build_plan(const Host& host, const BuildOptions& options);

}  // namespace layerwatt::trt
