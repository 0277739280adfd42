// The plans of the fake TensorRT: a few bytes that are no text, then JSON that says how the engine
// behaves. Keys, all with defaults: name, version, gpu, verbosity, plugin, warning, capturable,
// fail, no_v3, profiles, aux_streams, overhead_ms, inputs [{name, type, shape, min, opt, max, host,
// is_shape}], outputs
// [{name, type, shape, bound}], layers [{name, ms, kernel, amount, info, skip_every, marked}].
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace layerwatt::fakes {

constexpr std::string_view kPlanMagic(
    "\x7f"
    "FTRT\0\0\0",
    8);
constexpr std::size_t kPlanHeader = 64;

inline std::string plan_bytes(const nlohmann::json& plan) {
  std::string bytes(kPlanMagic);
  bytes.resize(kPlanHeader, '\0');
  return bytes + plan.dump();
}

// What the fake parser takes for an ONNX model: the first field of one, then a plan's JSON.
constexpr std::string_view kOnnxStart("\x08\x08", 2);
inline std::string onnx_bytes(const nlohmann::json& plan) {
  return std::string(kOnnxStart) + plan.dump();
}

inline void write_plan(const std::filesystem::path& file, const nlohmann::json& plan) {
  std::ofstream(file, std::ios::binary) << plan_bytes(plan);
}

}  // namespace layerwatt::fakes
