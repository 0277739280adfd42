// What TensorRT says, for people. Pure text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/error.hpp"
#include "layerwatt/result.hpp"

namespace layerwatt {

// TensorRT reports by its log alone: `log` holds its errors (and warnings), oldest first, of the
// call that failed. The error says what to do where that is known; else it has TensorRT's own
// words. `doing` is what was tried ("loading the plan"), `where` the file, `cuda` what CUDA itself
// says went wrong; "" = nothing.
Error explain_tensorrt(const std::vector<std::string>& log, const std::string& doing,
                       const std::string& where, const std::string& cuda = {});

// What TensorRT warned of while it loaded a plan, as far as it says something of the figures or of
// what to do.
std::vector<Warning> loading_warnings(const std::vector<std::string>& log);

// Whether the start of a file can be a serialized engine; else what it is instead.
// "" = can be.
std::string not_a_plan(std::string_view start, std::uint64_t size);

// The same for an ONNX model.
std::string not_an_onnx_model(std::string_view start, std::uint64_t size);

// What to do about a model that the ONNX parser refused with these words.
std::string onnx_hint(std::string_view said);

// What IProfiler's name says of where a layer runs. TensorRT starts the DLA in one row and waits
// for it in another, "… from nvm", in which all of the DLA's time then is.
enum class DlaPart { none, copy_in, wait };
DlaPart dla_part(std::string_view name);

// Whether the names are only numbers, as TensorRT gives them with ProfilingVerbosity::kNONE.
bool names_are_numbers(const std::vector<std::string>& names);

// 10.3.0, from getInferLibVersion(): 8503 is 8.5.3, 100300 is 10.3.0.
std::string tensorrt_version(int number);

}  // namespace layerwatt
